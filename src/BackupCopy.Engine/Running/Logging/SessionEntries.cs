using BackupCopy.Jobs;
using Microsoft.Extensions.Logging;

namespace BackupCopy.Running.Logging;

/// <summary>Tells the log what a change of a session's record says that was not said before.</summary>
internal static class SessionEntries
{
    public static void LogChange(this ILogger log, SessionRecord before, SessionRecord after)
    {
        var more = after.Events.Count + after.DroppedEventCount
            - before.Events.Count - before.DroppedEventCount;
        foreach (var happened in after.Events.TakeLast(more))
        {
            var level = Log.LevelOf(happened.Level);
            if (log.IsEnabled(level))
            {
                var session = new SessionLogger(log, after, happened.Phase, happened.Machine);
                if (TaskOf(happened, after) is { } task)
                {
                    LogEnd(session, level, happened, task);
                }
                else
                {
                    session.Event(happened);
                }
            }
        }
    }

    public static void LogStart(this ILogger log, SessionRecord session) =>
        new SessionLogger(log, session).SessionStarted(
            session.Trigger, session.Interval?.StartUtc, session.Interval?.EndUtc);

    public static void LogEnd(this ILogger log, SessionRecord session)
    {
        var level = session.Result switch
        {
            SessionResult.Failed => LogLevel.Error,
            SessionResult.Warning => LogLevel.Warning,
            _ => LogLevel.Information,
        };
        var logger = new SessionLogger(log, session);
        if (logger.IsEnabled(level))
        {
            logger.SessionEnded(
                level, session.Result, session.Reason, session.Tasks.Count,
                session.Tasks.Count(t => t.Result == SessionResult.Failed),
                session.Tasks.Sum(t => t.ReadBytes), session.Tasks.Sum(t => t.TransferredBytes),
                session.Tasks.Sum(t => t.ClonedBytes), session.Tasks.Sum(t => t.ReusedBytes),
                session.RemovedPointCount, session.FreedBytes, session.RetentionDebt,
                session.Health.CheckedBytes, session.Health.Found, session.Health.Healed, session.Health.Left,
                session.CompactedBytes,
                Seconds(session.StartUtc, session.EndUtc));
        }
    }

    private static MachineTaskRecord? TaskOf(SessionEvent happened, SessionRecord session) =>
        happened.Id is SessionEventId.MachineCopied or SessionEventId.MachineUpToDate
            or SessionEventId.MachineFailed or SessionEventId.MachineNotCopied
            or SessionEventId.MachineStopped
            ? session.Tasks.LastOrDefault(t => t.Machine == happened.Machine && t.EndUtc is not null) : null;

    private static void LogEnd(ILogger log, LogLevel level, SessionEvent happened, MachineTaskRecord task)
    {
        var seconds = Seconds(task.StartUtc, task.EndUtc);
        switch (happened.Id)
        {
            case SessionEventId.MachineCopied:
                log.MachineCopied(
                    level, happened.Text, task.Result, task.MachineId, task.SourceRepository,
                    task.SourceBackup, task.PointTimeUtc, task.TargetSequence, task.SizeBytes, task.ReadBytes,
                    task.TransferredBytes, task.ClonedBytes, task.ReusedBytes, task.Attempts, task.Bottleneck,
                    seconds);
                break;
            case SessionEventId.MachineUpToDate:
                log.MachineUpToDate(level, happened.Text, task.Result, task.MachineId);
                break;
            case SessionEventId.MachineFailed:
                log.MachineFailed(
                    level, happened.Text, task.Result, task.MachineId, task.Error, task.SourceRepository,
                    task.PointTimeUtc, task.ReadBytes, task.TransferredBytes, task.Attempts, seconds);
                break;
            case SessionEventId.MachineNotCopied:
                log.MachineNotCopied(
                    level, happened.Text, task.Result, task.MachineId, task.Error, task.SourceRepository,
                    task.PointTimeUtc);
                break;
            default:
                log.MachineStopped(
                    level, happened.Text, task.Result, task.MachineId, task.SourceRepository,
                    task.PointTimeUtc, task.ReadBytes, task.TransferredBytes, seconds);
                break;
        }
    }

    // A clock that was set back makes no negative time.
    private static double Seconds(DateTime startUtc, DateTime? endUtc) =>
        Math.Max(0, ((endUtc ?? startUtc) - startUtc).TotalSeconds);
}
