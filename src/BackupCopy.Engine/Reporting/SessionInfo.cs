using BackupCopy.Jobs;

namespace BackupCopy.Reporting;

/// <summary>A session as the prompt shows it. Times are local.</summary>
public sealed record SessionInfo
{
    public required Guid Id { get; init; }
    public required string Job { get; init; }
    public required Guid JobId { get; init; }
    public required SessionState State { get; init; }

    /// <summary>
    /// The phase that it is in. An ended session is Idle, unless it was cut off by its user or with its
    /// process: then this is where.
    /// </summary>
    public required SyncPhase Phase { get; init; }
    public required SessionResult Result { get; init; }
    public required DateTime StartTime { get; init; }

    /// <summary>Null while it runs.</summary>
    public DateTime? EndTime { get; init; }
    public required TimeSpan Duration { get; init; }
    public required int MachineCount { get; init; }
    public required int FailedCount { get; init; }
    public required long ReadBytes { get; init; }
    public required long TransferredBytes { get; init; }
    public required long ClonedBytes { get; init; }
    public required long ReusedBytes { get; init; }

    /// <summary>Restore points that retention removed.</summary>
    public required int RemovedPointCount { get; init; }

    /// <summary>Bytes that came back with them.</summary>
    public required long FreedBytes { get; init; }

    /// <summary>Restore points that should be gone and are not: read, or beside damage.</summary>
    public required int RetentionDebt { get; init; }
    public required string Reason { get; init; }
    public required IReadOnlyList<MachineTaskInfo> Machines { get; init => field = value.ForPrompt(); }

    /// <summary>What happened, oldest first.</summary>
    public required IReadOnlyList<SessionEventInfo> Events { get; init => field = value.ForPrompt(); }

    /// <summary>How many older events are not kept any more.</summary>
    public required int DroppedEventCount { get; init; }

    public static SessionInfo From(SessionRecord session, DateTime nowUtc) => new()
    {
        Id = session.Id,
        Job = session.JobName,
        JobId = session.JobId,
        State = session.State,
        Phase = session.Phase,
        Result = session.Result,
        StartTime = session.StartUtc.ToLocalTime(),
        EndTime = session.EndUtc?.ToLocalTime(),
        Duration = (session.EndUtc ?? nowUtc) - session.StartUtc,
        MachineCount = session.Tasks.Count,
        FailedCount = session.Tasks.Count(t => t.Result == SessionResult.Failed),
        ReadBytes = session.Tasks.Sum(t => t.ReadBytes),
        TransferredBytes = session.Tasks.Sum(t => t.TransferredBytes),
        ClonedBytes = session.Tasks.Sum(t => t.ClonedBytes),
        ReusedBytes = session.Tasks.Sum(t => t.ReusedBytes),
        RemovedPointCount = session.RemovedPointCount,
        FreedBytes = session.FreedBytes,
        RetentionDebt = session.RetentionDebt,
        Reason = session.Reason,
        Machines = [.. session.Tasks.Select(t => MachineTaskInfo.From(session, t, nowUtc))],
        Events = [.. session.Events.Select(SessionEventInfo.From)],
        DroppedEventCount = session.DroppedEventCount,
    };
}

/// <summary>One sentence of what happened in a session. The time is local.</summary>
public sealed record SessionEventInfo
{
    public required DateTime Time { get; init; }
    public required EventLevel Level { get; init; }
    public required SyncPhase Phase { get; init; }

    /// <summary>The machine that it is about; empty when it is about the session.</summary>
    public required string Machine { get; init; }
    public required string Text { get; init; }

    internal static SessionEventInfo From(SessionEvent happened) => new()
    {
        Time = happened.TimeUtc.ToLocalTime(),
        Level = happened.Level,
        Phase = happened.Phase,
        Machine = happened.Machine ?? "",
        Text = happened.Text,
    };
}

/// <summary>One machine in one session as the prompt shows it. Times are local.</summary>
public sealed record MachineTaskInfo
{
    public required Guid SessionId { get; init; }
    public required string Job { get; init; }
    public required string Machine { get; init; }
    public required Guid MachineId { get; init; }
    public required SessionState State { get; init; }
    public required SessionResult Result { get; init; }

    /// <summary>The time of the point that was copied; null when none was.</summary>
    public DateTime? PointTime { get; init; }
    public required string SourceRepository { get; init; }
    public required string SourceBackup { get; init; }

    /// <summary>The point's sequence in the target; 0 when none was made.</summary>
    public required long TargetSequence { get; init; }
    public required long SizeBytes { get; init; }
    public required long ReadBytes { get; init; }
    public required long TransferredBytes { get; init; }
    public required long ClonedBytes { get; init; }
    public required long ReusedBytes { get; init; }
    public required DateTime StartTime { get; init; }
    public DateTime? EndTime { get; init; }
    public required TimeSpan Duration { get; init; }
    public required string Reason { get; init; }

    /// <summary>The error code of a failed task; empty otherwise.</summary>
    public required string Error { get; init; }

    public static MachineTaskInfo From(
        SessionRecord session, MachineTaskRecord task, DateTime nowUtc) => new()
    {
        SessionId = session.Id,
        Job = session.JobName,
        Machine = task.Machine,
        MachineId = task.MachineId,
        State = task.State,
        Result = task.Result,
        PointTime = task.PointTimeUtc?.ToLocalTime(),
        SourceRepository = task.SourceRepository,
        SourceBackup = task.SourceBackup,
        TargetSequence = task.TargetSequence,
        SizeBytes = task.SizeBytes,
        ReadBytes = task.ReadBytes,
        TransferredBytes = task.TransferredBytes,
        ClonedBytes = task.ClonedBytes,
        ReusedBytes = task.ReusedBytes,
        StartTime = task.StartUtc.ToLocalTime(),
        EndTime = task.EndUtc?.ToLocalTime(),
        Duration = (task.EndUtc ?? nowUtc) - task.StartUtc,
        Reason = task.Reason,
        Error = task.Error,
    };
}
