using BackupCopy.Jobs;
using BackupCopy.Running.Transferring;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running;

/// <summary>How a sync is run.</summary>
public sealed record SyncOptions
{
    /// <summary>Machine names, with wildcards; empty for all of the job.</summary>
    public IReadOnlyList<string> Machines { get; init; } = [];

    /// <summary>
    /// Copy the newest point whole, sharing nothing with older ones, also when it was copied already.
    /// </summary>
    public bool Full { get; init; }

    /// <summary>How long to wait for points that are being written.</summary>
    /// <value>Null waits until they are done.</value>
    public TimeSpan? Wait { get; init; }

    /// <summary>How often a locked point is looked at.</summary>
    /// <value>2 seconds.</value>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether to wait also for points that nobody has begun yet, until the interval ends.
    /// </summary>
    public bool WholeInterval { get; init; }

    /// <summary>How often a source that cannot be watched is looked at.</summary>
    /// <value>10 seconds; at least so long for a source that is slow to look at.</value>
    public TimeSpan SourcePoll { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Why the session begins.</summary>
    public SessionTrigger Trigger { get; init; }

    /// <summary>Nobody was there when the interval should have begun.</summary>
    internal bool RestartGrid { get; init; }

    /// <summary>How long to wait before each further attempt at a machine that failed.</summary>
    /// <value>0, 5, 15, 60, 120 s.</value>
    public IReadOnlyList<TimeSpan> Retries { get; init; } =
    [
        TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(60),
        TimeSpan.FromSeconds(120),
    ];

    /// <summary>How often the images of a machine may change while they are read; then it fails.</summary>
    internal const int MostChanges = 5;

    internal TransferOptions Transfer { get; init; } = new();

    internal UpkeepWork Upkeep { get; init; } = new();

    /// <summary>Told of what the session should warn of, as it happens.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>
    /// Told of each machine that failed, and with null for a machine of what ended the session.
    /// </summary>
    public Action<string?, BackupCopyException>? Fail { get; init; }

    /// <summary>Shared by all sessions of a service: each machine task takes one while it works.</summary>
    /// <value>Null for no limit beside the job's and the repositories'.</value>
    internal SemaphoreSlim? TaskSlots { get; init; }

    /// <summary>How often a session looks whether it is to stop.</summary>
    /// <value>2 seconds.</value>
    internal TimeSpan StopPoll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Called when a phase begins and its checkpoint is stored; tests stand still here.</summary>
    internal Action<SyncPhase>? EnteringPhase { get; init; }
}
