using BackupCopy.Reporting;

namespace BackupCopy.Running.Upkeep;

/// <summary>Whose chains are put in order.</summary>
public abstract record CompactionScope
{
    private CompactionScope()
    {
    }

    /// <summary>The copies that a job keeps in its target.</summary>
    public sealed record OfJob(string Name) : CompactionScope;

    /// <summary>A backup by folder or job name; that of a job of the catalog is as good as the job.</summary>
    public sealed record OfBackup(string Repository, string Name) : CompactionScope;
}

/// <summary>How compacting is run.</summary>
public sealed record CompactionOptions
{
    /// <summary>Machine names, with wildcards; empty for all of the backup.</summary>
    public IReadOnlyList<string> Machines { get; init; } = [];

    /// <summary>How much is read and written in a second.</summary>
    /// <value>0 for no limit beside that of the repository.</value>
    public long MaxRateBytesPerSecond { get; init; }

    public IProgress<IReadOnlyList<MachineProgress>>? Progress { get; init; }

    /// <summary>Told of each machine once it is through.</summary>
    public Func<CompactionResult, ValueTask>? Compacted { get; init; }

    /// <summary>Told of each machine that could not be put in order.</summary>
    public Action<string, BackupCopyException>? Fail { get; init; }
}
