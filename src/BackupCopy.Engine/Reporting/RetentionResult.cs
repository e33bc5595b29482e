using System.Globalization;

namespace BackupCopy.Reporting;

/// <summary>What retention did with one machine of a backup, or would do.</summary>
public sealed record RetentionResult
{
    /// <summary>The job whose policy decided; empty for an orphaned backup.</summary>
    public required string Job { get; init; }
    public required string Repository { get; init; }

    /// <summary>The folder of the backup.</summary>
    public required string Backup { get; init; }
    public required string Machine { get; init; }

    /// <summary>The policy in words.</summary>
    public required string Policy { get; init; }

    /// <summary>The points that went, oldest first.</summary>
    public required IReadOnlyList<RemovedPoint> Removed { get; init => field = value.ForPrompt(); }

    /// <summary>How many points are left.</summary>
    public required int KeptCount { get; init; }

    /// <summary>Bytes that came back.</summary>
    public required long FreedBytes { get; init; }

    /// <summary>Points that should be gone and are not: read, or beside damage.</summary>
    public required int Debt { get; init; }

    /// <summary>What else an admin should know, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init => field = value.ForPrompt(); } = [];
}

/// <summary>A restore point that retention removed.</summary>
/// <param name="Time">Its time, local.</param>
/// <param name="Why">Why nothing kept it.</param>
public sealed record RemovedPoint(DateTime Time, long Sequence, string Why)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Time:yyyy-MM-dd HH:mm:ss}: {Why}");
}
