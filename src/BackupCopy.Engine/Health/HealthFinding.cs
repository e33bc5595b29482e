namespace BackupCopy.Health;

/// <summary>What a health check can find.</summary>
public enum HealthFindingKind
{
    /// <summary>A block that does not verify, or cannot be read.</summary>
    DamagedBlock,

    /// <summary>A node of a disk's map that does not verify, or cannot be read.</summary>
    DamagedMap,

    /// <summary>An index that is missing or does not verify.</summary>
    DamagedIndex,

    /// <summary>A block file whose front does not verify, or that is another file.</summary>
    DamagedBlockFile,
    MissingBlockFile,
    DamagedPoint,
    DamagedMark,

    /// <summary>backup.json, a cache that is made anew.</summary>
    DamagedSummary,

    /// <summary>repository.json or its copy.</summary>
    DamagedDescription,

    /// <summary>The second copy of a point file or a mark is missing or does not verify.</summary>
    DamagedCopy,

    /// <summary>
    /// A promise of the format that does not hold, such as a record in use that was released.
    /// </summary>
    BrokenPromise,

    /// <summary>Bytes that nothing uses and that were not given back.</summary>
    LeakedSpace,

    /// <summary>A block file that nobody lists.</summary>
    UnlistedFile,

    /// <summary>The repository shows an older state than the job left there.</summary>
    WentBack,
}

/// <summary>What became of a finding.</summary>
public enum HealthFindingState
{
    /// <summary>It is there; the next sync or -Repair tries to heal it.</summary>
    Found,
    Healed,

    /// <summary>It could not be healed; the reason says why.</summary>
    Left,

    /// <summary>No restore point is affected.</summary>
    Harmless,
}

/// <summary>One thing that a health check found.</summary>
public sealed record HealthFinding
{
    public required HealthFindingKind Kind { get; init; }
    public required HealthFindingState State { get; init; }

    /// <summary>The repository's name.</summary>
    public required string Repository { get; init; }

    /// <summary>The folder of the backup; empty for the repository's own files.</summary>
    public string BackupFolder { get; init; } = "";
    public string Machine { get; init; } = "";

    /// <summary>The file in which it lies.</summary>
    public required string Path { get; init; }

    /// <summary>In bytes from the start of that file.</summary>
    public long Offset { get; init; }

    /// <summary>The record's logical name, such as 12/345; empty for a whole file.</summary>
    public string Record { get; init; } = "";
    public string Disk { get; init; } = "";

    /// <summary>The block's number on that disk; null for anything else.</summary>
    public long? Block { get; init; }

    /// <summary>SHA-256 of what should be there, in hex; empty where that is not known.</summary>
    public string Digest { get; init; } = "";

    /// <summary>The sequences of the restore points that use it.</summary>
    public IReadOnlyList<long> AffectedPoints { get; init; } = [];

    /// <summary>Where the bytes can be had from, or were; empty for nowhere.</summary>
    public string RepairableFrom { get; init; } = "";

    /// <summary>One sentence: what is wrong, and why it stays where it does.</summary>
    public required string Message { get; init; }
}
