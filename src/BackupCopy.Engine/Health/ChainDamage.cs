using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>One thing in a chain that does not verify, as check and repair hand it on.</summary>
internal sealed record ChainDamage
{
    public required HealthFindingKind Kind { get; init; }

    /// <summary>The file in which it lies.</summary>
    public required string Path { get; init; }
    public long Offset { get; init; }

    /// <summary>The record's logical name; null for a whole file.</summary>
    public RecordName? Record { get; init; }

    /// <summary>Of the block's plain bytes, or the content digest of a map node; empty for a file.</summary>
    public Digest Digest { get; init; }
    public Guid DiskId { get; init; }
    public string Disk { get; init; } = "";

    /// <summary>-1 for a block, else the map node's level.</summary>
    public int Level { get; init; } = -1;

    /// <summary>
    /// The block, or the node's index at its level, where the oldest affected point has it.
    /// </summary>
    public long Block { get; init; } = -1;

    /// <summary>The sequences of all points that use it, ascending.</summary>
    public IReadOnlyList<long> AffectedPoints { get; init; } = [];

    /// <summary>What is wrong, one sentence.</summary>
    public required string Message { get; init; }

    /// <summary>Whether no restore point suffers from it.</summary>
    public bool IsHarmless => IsHarmlessKind(Kind);

    /// <summary>The same of damage that is remembered.</summary>
    public static bool WasHarmless(KnownDamage known) =>
        Enum.TryParse<HealthFindingKind>(known.Kind, out var kind) && IsHarmlessKind(kind);

    private static bool IsHarmlessKind(HealthFindingKind kind) => kind is HealthFindingKind.LeakedSpace
        or HealthFindingKind.UnlistedFile or HealthFindingKind.DamagedSummary
        or HealthFindingKind.DamagedCopy;
}
