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

    /// <summary>Why it was begun.</summary>
    public SessionTrigger Trigger { get; init; }

    /// <summary>When the interval began that it belongs to; null in a history of versions without.</summary>
    public DateTime? IntervalStart { get; init; }

    /// <summary>Null for a job without intervals.</summary>
    public DateTime? IntervalEnd { get; init; }
    public required DateTime StartTime { get; init; }

    /// <summary>Null while it runs.</summary>
    public DateTime? EndTime { get; init; }
    public required TimeSpan Duration { get; init; }
    public required int MachineCount { get; init; }
    public int SuccessCount { get; init; }
    public int WarningCount { get; init; }
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

    /// <summary>Stored bytes that its health check read and verified.</summary>
    public long CheckedBytes { get; init; }

    /// <summary>The restore points whose blocks were all verified.</summary>
    public int CheckedPointCount { get; init; }

    /// <summary>How much damage was found, that known from before included.</summary>
    public int FoundCount { get; init; }

    /// <summary>How much of it was healed.</summary>
    public int HealedCount { get; init; }

    /// <summary>How much of it stays.</summary>
    public int LeftCount { get; init; }

    /// <summary>Bytes that were written anew in disk order.</summary>
    public long CompactedBytes { get; init; }
    public required string Reason { get; init; }

    /// <summary>What it waits for, while it waits.</summary>
    public string WaitsFor { get; init; } = "";

    /// <summary>What became of its report; empty for none.</summary>
    public string Delivery { get; init; } = "";
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
        State = session.WaitState() ?? session.State,
        Phase = session.Phase,
        Result = session.Result,
        Trigger = session.Trigger,
        IntervalStart = session.Interval?.StartUtc.ToLocalTime(),
        IntervalEnd = session.Interval?.EndUtc?.ToLocalTime(),
        StartTime = session.StartUtc.ToLocalTime(),
        EndTime = session.EndUtc?.ToLocalTime(),
        Duration = (session.EndUtc ?? nowUtc) - session.StartUtc,
        MachineCount = session.Tasks.Select(t => t.MachineId).Distinct().Count(),
        SuccessCount = session.Tasks.Count(t => t.Result == SessionResult.Success),
        WarningCount = session.Tasks.Count(t => t.Result == SessionResult.Warning),
        FailedCount = session.Tasks.Count(t => t.Result == SessionResult.Failed),
        ReadBytes = session.Tasks.Sum(t => t.ReadBytes),
        TransferredBytes = session.Tasks.Sum(t => t.TransferredBytes),
        ClonedBytes = session.Tasks.Sum(t => t.ClonedBytes),
        ReusedBytes = session.Tasks.Sum(t => t.ReusedBytes),
        RemovedPointCount = session.RemovedPointCount,
        FreedBytes = session.FreedBytes,
        RetentionDebt = session.RetentionDebt,
        CheckedBytes = session.Health.CheckedBytes,
        CheckedPointCount = session.Health.CheckedPointCount,
        FoundCount = session.Health.Found,
        HealedCount = session.Health.Healed,
        LeftCount = session.Health.Left,
        CompactedBytes = session.CompactedBytes,
        Reason = session.Reason,
        WaitsFor = session.WaitsFor.Length > 0 ? session.WaitsFor
            : session.Tasks.FirstOrDefault(t => t.EndUtc is null && t.State == session.WaitState())?.Reason
                ?? "",
        Delivery = session.Delivery,
        Machines = [.. session.Tasks.Select(t => MachineTaskInfo.From(session, t, nowUtc))],
        Events = [.. session.Events.Select(e => SessionEventInfo.From(session, e))],
        DroppedEventCount = session.DroppedEventCount,
    };
}

/// <summary>One sentence of what happened in a session. The time is local.</summary>
public sealed record SessionEventInfo
{
    /// <summary>What it tells, by a number that stays.</summary>
    public required int Id { get; init; }

    /// <summary>What the number is called.</summary>
    public required string Name { get; init; }
    public required DateTime Time { get; init; }
    public required EventLevel Level { get; init; }
    public required SyncPhase Phase { get; init; }

    /// <summary>The machine that it is about; empty when it is about the session.</summary>
    public required string Machine { get; init; }
    public required string Text { get; init; }
    public required string Job { get; init; }
    public required Guid SessionId { get; init; }

    internal static SessionEventInfo From(SessionRecord session, SessionEvent happened) => new()
    {
        Id = (int)happened.Id,
        Name = happened.Id.ToString(),
        Time = happened.TimeUtc.ToLocalTime(),
        Level = happened.Level,
        Phase = happened.Phase,
        Machine = happened.Machine ?? "",
        Text = happened.Text,
        Job = session.JobName,
        SessionId = session.Id,
    };
}
