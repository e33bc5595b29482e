using BackupCopy.Chains.Removal;

namespace BackupCopy.Health;

/// <summary>How deep a health check looks.</summary>
public enum CheckDepth
{
    /// <summary>Blocks are expanded and their digests computed.</summary>
    Full,

    /// <summary>The checksums of stored bytes, and the digests that their headers name.</summary>
    Quick,
}

/// <summary>Which blocks a health check of a chain reads.</summary>
internal enum CheckScope
{
    /// <summary>Those of the newest complete point.</summary>
    Newest,

    /// <summary>Those of all points.</summary>
    All,

    /// <summary>The next part of those of all points.</summary>
    Percent,

    /// <summary>Those of chosen points.</summary>
    Points,
}

/// <summary>What a health check of one chain is to do.</summary>
internal sealed record CheckRequest
{
    public CheckDepth Depth { get; init; }
    public CheckScope Scope { get; init; }

    /// <summary>How much of the blocks a check by parts reads, 0 to 100.</summary>
    public double Percent { get; init; } = 100;

    /// <summary>The sequences of chosen points.</summary>
    public IReadOnlyList<long> Sequences { get; init; } = [];
    public required DateTime NowUtc { get; init; }

    /// <value>One per core: reading and computing overlap in each.</value>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 2, 8);

    /// <summary>Waits until so many bytes may be read.</summary>
    public Action<long, CancellationToken> Take { get; init; } = (_, _) => { };

    /// <summary>Told of stored bytes read so far, and of all that will be.</summary>
    public Action<long, long>? Progress { get; init; }
}

/// <summary>What a health check of one chain found.</summary>
internal sealed record CheckOutcome
{
    public required IReadOnlyList<ChainDamage> Damage { get; init; }

    /// <summary>Whether there was more than <see cref="Format.HealthFile.MostDamage"/>.</summary>
    public bool HasMoreDamage { get; init; }

    /// <summary>The points whose blocks were read to the end.</summary>
    public required IReadOnlyList<long> Points { get; init; }
    public required long CheckedBytes { get; init; }
    public required long CheckedBlocks { get; init; }
    public required long TotalBytes { get; init; }

    /// <summary>The proof of the chain's own promises; null where a damaged map leaves none.</summary>
    public MarkFindings? Mark { get; init; }

    /// <summary>
    /// Whether it ended early because somebody waits to remove a point; the next one goes on there.
    /// </summary>
    public bool GaveWay { get; init; }
    public bool IsComplete { get; init; } = true;
}
