namespace BackupCopy.Jobs;

/// <summary>Where a session or a machine task stands.</summary>
public enum SessionState
{
    Starting,
    WaitingForLock,
    WaitingForRestorePoint,

    /// <summary>Nothing may be transferred now.</summary>
    WaitingForWindow,

    /// <summary>The connection to a repository is lost.</summary>
    WaitingForRepository,

    /// <summary>A machine task failed and is tried again in a moment.</summary>
    WaitingForRetry,
    Working,
    Stopping,
    Completed,
}

/// <summary>How a session or machine task ended, best to worst; <see cref="None"/> until it ends.</summary>
public enum SessionResult
{
    None,
    Success,
    Warning,

    /// <summary>Ended by its user; the next session goes on from there.</summary>
    Stopped,
    Failed,
}

/// <summary>The stage of a copy that took the most time.</summary>
public enum Bottleneck
{
    /// <summary>Nothing was copied, or nothing took time.</summary>
    None,
    Source,
    Cpu,
    Target,

    /// <summary>A rate that was set.</summary>
    Limit,
}

/// <summary>One run of a job as the catalog keeps it.</summary>
public sealed record SessionRecord
{
    public required Guid Id { get; init; }
    public required Guid JobId { get; init; }
    public required string JobName { get; init; }
    public required SessionState State { get; init; }
    public required SessionResult Result { get; init; }

    /// <summary>
    /// One sentence: why it ended as it did, or what it waits for. Empty when there is nothing to say.
    /// </summary>
    public string Reason { get; init; } = "";

    /// <summary>What it waits for, while it waits.</summary>
    public string WaitsFor { get; init; } = "";
    public SessionTrigger Trigger { get; init; }

    /// <summary>The interval that it belongs to; null in catalogs of versions without.</summary>
    public CopyInterval? Interval { get; init; }
    public required DateTime StartUtc { get; init; }

    /// <summary>Null while the session runs.</summary>
    public DateTime? EndUtc { get; init; }

    /// <summary>The host, boot and process that run it, so that a dead runner is recognised.</summary>
    public required string Runner { get; init; }

    /// <summary>
    /// How far it is. An ended session is Idle unless it was cut off, by its user or with its process; then
    /// this says where, for the next session to go on from.
    /// </summary>
    public PhaseCheckpoint Checkpoint { get; init; } = new PhaseCheckpoint.PreJob();
    public IReadOnlyList<MachineTaskRecord> Tasks { get; init; } = [];

    /// <summary>What happened, oldest first; the newest <see cref="MostEvents"/> are kept.</summary>
    public IReadOnlyList<SessionEvent> Events { get; init; } = [];

    /// <summary>How many older events were given up.</summary>
    public int DroppedEventCount { get; init; }

    /// <summary>Restore points that retention removed.</summary>
    public int RemovedPointCount { get; init; }

    /// <summary>Bytes that came back with them.</summary>
    public long FreedBytes { get; init; }

    /// <summary>Restore points that should be gone and are not: read, or beside damage.</summary>
    public int RetentionDebt { get; init; }

    /// <summary>What was checked, found, healed and left.</summary>
    public HealthTally Health { get; init; } = new();

    /// <summary>Bytes that compacting wrote in disk order.</summary>
    public long CompactedBytes { get; init; }

    /// <summary>What became of its report: sent, queued and why, or empty for none.</summary>
    public string Delivery { get; init; } = "";

    public SyncPhase Phase => Checkpoint.Phase;

    /// <summary>How many events a session keeps.</summary>
    public const int MostEvents = 1000;

    /// <summary>
    /// What a session waits for of which every machine at work waits; null while one of them does something.
    /// </summary>
    public SessionState? WaitState()
    {
        var open = State == SessionState.Working ? Tasks.Where(t => t.EndUtc is null).ToList() : [];
        return open.Count > 0 && open.All(t => IsWait(t.State)) ? open[0].State : null;
    }

    private static bool IsWait(SessionState state) => state is SessionState.WaitingForLock
        or SessionState.WaitingForRestorePoint or SessionState.WaitingForWindow
        or SessionState.WaitingForRepository or SessionState.WaitingForRetry;

    /// <summary>The session with one more event, in the phase that it is in.</summary>
    public SessionRecord With(
        DateTime nowUtc, EventLevel level, string text, string? machine = null,
        SessionEventId id = SessionEventId.Note)
    {
        var surplus = Math.Max(0, Events.Count + 1 - MostEvents);
        return this with
        {
            Events = [.. Events.Skip(surplus), new SessionEvent(nowUtc, Phase, level, text, machine, id)],
            DroppedEventCount = DroppedEventCount + surplus,
        };
    }
}

/// <summary>One machine in one session.</summary>
public sealed record MachineTaskRecord
{
    public required Guid MachineId { get; init; }
    public required string Machine { get; init; }
    public required SessionState State { get; init; }
    public required SessionResult Result { get; init; }
    public string Reason { get; init; } = "";

    /// <summary>The <see cref="ErrorCode"/>'s name when the task failed, else empty.</summary>
    public string Error { get; init; } = "";
    public string SourceRepository { get; init; } = "";
    public string SourceBackup { get; init; } = "";

    /// <summary>The time of the source point, null while none was chosen.</summary>
    public DateTime? PointTimeUtc { get; init; }

    /// <summary>The sequence of the point in the target's chain, 0 while none was made.</summary>
    public long TargetSequence { get; init; }

    /// <summary>The size of the machine's disks.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Plain bytes of the blocks that had to be moved.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Stored bytes that were written to the target.</summary>
    public long TransferredBytes { get; init; }

    /// <summary>Stored bytes that the target shares with the source on a file system that clones.</summary>
    public long ClonedBytes { get; init; }

    /// <summary>Bytes already there from an unfinished point.</summary>
    public long ReusedBytes { get; init; }

    /// <summary>Plain bytes looked at so far, of <see cref="TotalBytes"/>; 0 where it is not known.</summary>
    public long DoneBytes { get; init; }
    public long TotalBytes { get; init; }

    /// <summary>How often it was begun: 1 for a task that went well at once.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>What the copy waited for most.</summary>
    public Bottleneck Bottleneck { get; init; }
    public required DateTime StartUtc { get; init; }
    public DateTime? EndUtc { get; init; }
}
