namespace BackupCopy.Reporting;

/// <summary>What compacting did with one machine of a backup, or would do.</summary>
public sealed record CompactionResult
{
    /// <summary>The job that keeps the backup; empty without one in the catalog.</summary>
    public required string Job { get; init; }
    public required string Repository { get; init; }

    /// <summary>The folder of the backup.</summary>
    public required string Backup { get; init; }
    public required string Machine { get; init; }

    /// <summary>Whether it only says what would be done.</summary>
    public bool IsPlan { get; init; }

    /// <summary>Runs of neighbouring bytes in a GB of the newest restore point, read in disk order.</summary>
    public double ExtentsPerGBBefore { get; init; }

    /// <summary>The same now; null in a plan.</summary>
    public double? ExtentsPerGBAfter { get; init; }

    /// <summary>Bytes that no restore point uses and that were not given back.</summary>
    public long DeadBytesBefore { get; init; }

    /// <summary>The same now; null in a plan.</summary>
    public long? DeadBytesAfter { get; init; }

    /// <summary>Bytes that were written anew; 0 where nothing was worth it.</summary>
    public long MovedBytes { get; init; }

    /// <summary>Free space that it would take meanwhile; null once it is done.</summary>
    public long? NeededBytes { get; init; }

    /// <summary>Bytes that came back already.</summary>
    public long ReturnedBytes { get; init; }

    /// <summary>What else an admin should know, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init => field = value.ForPrompt(); } = [];
}
