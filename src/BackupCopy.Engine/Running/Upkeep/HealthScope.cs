using BackupCopy.Health;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Upkeep;

/// <summary>Whose chains a health check verifies.</summary>
public abstract record HealthScope
{
    private HealthScope()
    {
    }

    /// <summary>The copies that a job keeps in its target.</summary>
    public sealed record OfJob(string Name) : HealthScope;

    /// <summary>Everything in a repository, and its own files.</summary>
    public sealed record OfRepository(string Name) : HealthScope;

    /// <summary>Chosen restore points, of any chains.</summary>
    public sealed record OfPoints(IReadOnlyList<RestorePointInfo> Points) : HealthScope;
}

/// <summary>
/// How a health check is run. Without more it reads the newest complete point of each chain.
/// </summary>
public sealed record HealthCheckOptions
{
    /// <summary>Machine names, with wildcards; empty for all.</summary>
    public IReadOnlyList<string> Machines { get; init; } = [];

    public CheckDepth Depth { get; init; }

    /// <summary>Whether the blocks of all points are read.</summary>
    public bool All { get; init; }

    /// <summary>
    /// The share of the blocks of all points that is read, in percent: the next part of each chain, so that
    /// successive checks come by everything.
    /// </summary>
    /// <value>Above 0, up to 100; null reads the newest point, or all.</value>
    public double? Percent { get; init; }

    /// <summary>Heals what is damaged from wherever its bytes are.</summary>
    public bool Repair { get; init; }

    /// <summary>Only looks: nothing is locked, healed or remembered.</summary>
    public bool LookOnly { get; init; }

    /// <summary>How much is read in a second.</summary>
    /// <value>0 for no limit beside that of the repository.</value>
    public long MaxRateBytesPerSecond { get; init; }

    /// <summary>How often it is looked whether those that a check gave way to are done.</summary>
    /// <value>2 seconds.</value>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(2);

    public IProgress<IReadOnlyList<MachineProgress>>? Progress { get; init; }

    /// <summary>Told of each finding once it is known what became of it.</summary>
    public Func<HealthFinding, ValueTask>? Found { get; init; }

    /// <summary>Told of each chain once it is through.</summary>
    public Func<ChainHealth, ValueTask>? Checked { get; init; }

    /// <summary>
    /// Told of each machine that could not be checked or that has damage left; of a repository's own files by
    /// the repository's name.
    /// </summary>
    public Action<string, BackupCopyException>? Fail { get; init; }
}
