namespace BackupCopy.Reporting;

/// <summary>Whether a repository can be used now.</summary>
public enum RepositoryState
{
    Available,
    ReadOnly,

    /// <summary>Its folder is missing, or another repository is attached there.</summary>
    Unavailable,
}

/// <summary>What lies in a repository.</summary>
public enum RepositoryKind
{
    /// <summary>Restore points in the format of the product.</summary>
    RestorePoints,

    /// <summary>Images that other programs write: a source, never written.</summary>
    Images,
}

/// <summary>A repository as the prompt shows it.</summary>
public sealed record RepositoryInfo
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Path { get; init; }
    public required RepositoryState State { get; init; }
    public RepositoryKind Kind { get; init; }

    /// <summary>The names that count as images; empty for the usual ones, and without images.</summary>
    public IReadOnlyList<string> Pattern { get; init => field = value.ForPrompt(); } = [];

    /// <summary>Whether the bytes of image files are the disks, whatever they look like.</summary>
    public bool Raw { get; init; }

    /// <summary>How long an image must have stood still; zero without images.</summary>
    public TimeSpan SettleTime { get; init; }

    /// <summary>
    /// Why it is not available, or what in a folder of images cannot be used; empty otherwise.
    /// </summary>
    public string Reason { get; init; } = "";
    public long BlockSizeBytes { get; init; }
    public Blocks.Compression Compression { get; init; }

    /// <summary>How the space of removed restore points returns; null while it is not available.</summary>
    public Format.ReleaseMode? ReleaseMode { get; init; }
    public int BackupCount { get; init; }
    public int MachineCount { get; init; }
    public int RestorePointCount { get; init; }

    /// <summary>The bytes that its block files take, without the holes in them.</summary>
    public long StoredBytes { get; init; }
    public long FreeBytes { get; init; }
    public required int MaxTasks { get; init; }

    /// <summary>0 is no limit.</summary>
    public required long MaxRateBytesPerSecond { get; init; }
}

/// <summary>What a rescan of a repository found and did.</summary>
public sealed record RescanResult
{
    public required string Repository { get; init; }
    public required int BackupCount { get; init; }
    public required int MachineCount { get; init; }
    public required int RestorePointCount { get; init; }

    /// <summary>Points in the making or left behind.</summary>
    public required int IncompleteCount { get; init; }

    /// <summary>One sentence for each thing that does not verify.</summary>
    public required IReadOnlyList<string> Damage { get; init => field = value.ForPrompt(); }

    /// <summary>
    /// One sentence for each machine that was left out because it is being written.
    /// </summary>
    public required IReadOnlyList<string> Skipped { get; init => field = value.ForPrompt(); }

    /// <summary>Indexes rebuilt from their block files.</summary>
    public required int RebuiltIndexCount { get; init; }
    public required long StoredBytes { get; init; }

    /// <summary>Bytes that no restore point uses, as a deep rescan found them; else 0.</summary>
    public required long LeakedBytes { get; init; }

    /// <summary>
    /// What a deep rescan gave back: of these bytes, and of holes that a copying tool had filled; else 0.
    /// </summary>
    public required long ReclaimedBytes { get; init; }
}
