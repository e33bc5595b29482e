using BackupCopy.Retention;

namespace BackupCopy.Reporting;

/// <summary>What kind of point it is to its readers; derived, never stored.</summary>
public enum RestorePointType
{
    Full,
    Increment,
}

/// <summary>Whether a point can be restored from.</summary>
public enum RestorePointState
{
    Complete,

    /// <summary>Its writer is at work.</summary>
    Locked,

    /// <summary>Its writer is gone; the next copy continues it.</summary>
    Incomplete,
    SetAside,
    Damaged,
}

/// <summary>A disk of a restore point.</summary>
public sealed record DiskInfo(Guid Id, string Name, long SizeBytes, long UsedBytes);

/// <summary>A restore point as the prompt shows it. Times are local.</summary>
public sealed record RestorePointInfo
{
    public required string Machine { get; init; }
    public required Guid MachineId { get; init; }

    /// <summary>The time of the machine's state.</summary>
    public required DateTime Time { get; init; }
    public required RestorePointType Type { get; init; }
    public required RestorePointState State { get; init; }
    public required string Repository { get; init; }
    public required Guid RepositoryId { get; init; }

    /// <summary>The name of the job that made the backup.</summary>
    public required string Backup { get; init; }
    public required Guid JobId { get; init; }

    /// <summary>The folder of the backup in the repository.</summary>
    public required string BackupFolder { get; init; }

    /// <summary>The order of the points of a chain.</summary>
    public required long Sequence { get; init; }

    /// <summary>The sum of the disks; in a folder of images that of its files.</summary>
    public long SizeBytes { get; init; }

    /// <summary>The bytes that the point added to the repository.</summary>
    public long AddedBytes { get; init; }
    public int BlockSizeBytes { get; init; }
    public IReadOnlyList<DiskInfo> Disks { get; init => field = value.ForPrompt(); } = [];

    /// <summary>The names of the small files that travel with it.</summary>
    public IReadOnlyList<string> Attachments { get; init => field = value.ForPrompt(); } = [];

    /// <summary>The tiers of long retention whose flag it has and that still count.</summary>
    public IReadOnlyList<GfsTier> Gfs { get; init => field = value.ForPrompt(); } = [];

    /// <summary>Which scheduled day each flag stands for; empty without one.</summary>
    public string GfsReason { get; init; } = "";

    /// <summary>Whether retention and removal pass it by.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Who holds it and why; empty otherwise.</summary>
    public string HoldReason { get; init; } = "";

    /// <summary>Why retention keeps it or lets it go; empty for one that is not finished.</summary>
    public string Why { get; init; } = "";

    /// <summary>Whether the next retention run removes it.</summary>
    public bool GoesNow { get; init; }

    /// <summary>
    /// When retention is expected to remove it; null when it goes now, when that is not known, or when it
    /// does not go by itself.
    /// </summary>
    public DateTime? ExpectedRemoval { get; init; }

    /// <summary>When it was written.</summary>
    public DateTime WrittenTime { get; init; }

    /// <summary>When all of its blocks were verified last; null for never.</summary>
    public DateTime? VerifiedTime { get; init; }

    /// <summary>How deep that looked: Full or Quick; empty for never.</summary>
    public string VerifiedDepth { get; init; } = "";

    /// <summary>How many of its blocks are known to be damaged; the others restore.</summary>
    public int DamagedBlockCount { get; init; }

    /// <summary>
    /// Why it is damaged, set aside or locked, or what of it is known to be damaged; empty otherwise.
    /// </summary>
    public string Reason { get; init; } = "";

    /// <summary>The point file; the first of its images in a folder of images.</summary>
    public required string Path { get; init; }
}
