namespace BackupCopy.Health;

/// <summary>What a health check did for one machine of a backup.</summary>
public sealed record ChainHealth
{
    /// <summary>The job that keeps the backup; empty without one in the catalog.</summary>
    public required string Job { get; init; }
    public required string Repository { get; init; }

    /// <summary>The folder of the backup.</summary>
    public required string Backup { get; init; }
    public required string Machine { get; init; }
    public required CheckDepth Depth { get; init; }

    /// <summary>The sequences of the restore points whose blocks were all verified, oldest first.</summary>
    public IReadOnlyList<long> Points { get; init; } = [];

    /// <summary>Stored bytes that were verified, of <see cref="TotalBytes"/>.</summary>
    public long CheckedBytes { get; init; }

    /// <summary>Stored bytes that the check of everything that was asked for reads.</summary>
    public long TotalBytes { get; init; }

    /// <summary>How many findings there are beside the harmless ones, the healed ones included.</summary>
    public int Found { get; init; }
    public int Healed { get; init; }

    /// <summary>How many of them are as damaged as before.</summary>
    public int Left { get; init; }

    /// <summary>How many findings harm no restore point and are as they were.</summary>
    public int Harmless { get; init; }

    /// <summary>Whether there is more damage than anybody lists.</summary>
    public bool HasMoreDamage { get; init; }

    /// <summary>The sequences of restore points that the repair set aside.</summary>
    public IReadOnlyList<long> SetAside { get; init; } = [];
    public TimeSpan Duration { get; init; }

    /// <summary>False when a later check goes on where this one ended.</summary>
    public bool IsComplete { get; init; }

    /// <summary>When the newest restore point was verified last, local; null for never.</summary>
    public DateTime? LastVerified { get; init; }

    /// <summary>False in a repository that is read-only: nobody keeps what was found.</summary>
    public bool IsRemembered { get; init; }
}
