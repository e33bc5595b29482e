using BackupCopy.Jobs;

namespace BackupCopy.Reporting;

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

    /// <summary>Plain bytes looked at so far, of <see cref="TotalBytes"/>.</summary>
    public long DoneBytes { get; init; }

    /// <summary>0 while it is not known.</summary>
    public long TotalBytes { get; init; }
    public int PercentComplete { get; init; }

    /// <summary>When it will be done at this pace; null unless it runs and that can be told.</summary>
    public DateTime? Eta { get; init; }

    /// <summary>How often it was begun.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>What the copy waited for most.</summary>
    public Bottleneck Bottleneck { get; init; }
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
        DoneBytes = task.DoneBytes,
        TotalBytes = task.TotalBytes,
        PercentComplete = Percent(task),
        Eta = Expected(task, nowUtc),
        Attempts = task.Attempts,
        Bottleneck = task.Bottleneck,
        StartTime = task.StartUtc.ToLocalTime(),
        EndTime = task.EndUtc?.ToLocalTime(),
        Duration = (task.EndUtc ?? nowUtc) - task.StartUtc,
        Reason = task.Reason,
        Error = task.Error,
    };

    private static int Percent(MachineTaskRecord task) => task switch
    {
        { Result: SessionResult.Success } => 100,
        { TotalBytes: > 0 } => (int)Math.Clamp(task.DoneBytes * 100.0 / task.TotalBytes, 0, 100),
        _ => 0,
    };

    private static DateTime? Expected(MachineTaskRecord task, DateTime nowUtc)
    {
        var elapsed = nowUtc - task.StartUtc;
        if (task.EndUtc is not null || task.DoneBytes <= 0 || task.TotalBytes < task.DoneBytes
            || elapsed <= TimeSpan.Zero)
        {
            return null;
        }

        // A pace that would take years says nothing.
        var rest = elapsed.TotalSeconds * ((double)task.TotalBytes / task.DoneBytes - 1);
        return rest < TimeSpan.FromDays(366).TotalSeconds
            ? nowUtc.AddSeconds(rest).ToLocalTime() : null;
    }
}
