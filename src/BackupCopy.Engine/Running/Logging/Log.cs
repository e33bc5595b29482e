using BackupCopy.Jobs;
using Microsoft.Extensions.Logging;

// SYSLIB1015: fields need not be in the message.
#pragma warning disable SYSLIB1015

namespace BackupCopy.Running.Logging;

/// <summary>
/// Every entry that the engine logs, by the number of its event. docs/EVENTS.md lists them with their fields.
/// </summary>
internal static partial class Log
{
    private static readonly Dictionary<SessionEventId, Sentence> s_sentences = new()
    {
        [SessionEventId.Note] = Note,
        [SessionEventId.SessionContinues] = SessionContinues,
        [SessionEventId.PhaseFailed] = PhaseFailed,
        [SessionEventId.ScriptRan] = ScriptRan,
        [SessionEventId.ScriptFailed] = ScriptFailed,
        [SessionEventId.ScriptSaid] = ScriptSaid,
        [SessionEventId.HealthChecked] = HealthChecked,
        [SessionEventId.DamageFound] = DamageFound,
        [SessionEventId.DamageHealed] = DamageHealed,
        [SessionEventId.DamageLeft] = DamageLeft,
        [SessionEventId.PointSetAside] = PointSetAside,
        [SessionEventId.RepositoryWentBack] = RepositoryWentBack,
        [SessionEventId.HealthCheckFailed] = HealthCheckFailed,
        [SessionEventId.ChainCompacted] = ChainCompacted,
        [SessionEventId.CompactingFailed] = CompactingFailed,
        [SessionEventId.MachineWaits] = MachineWaits,
        [SessionEventId.MachineRetries] = MachineRetries,
        [SessionEventId.ConnectionLost] = ConnectionLost,
        [SessionEventId.ConnectionBack] = ConnectionBack,
        [SessionEventId.WindowClosed] = WindowClosed,
        [SessionEventId.WindowOpen] = WindowOpen,
        [SessionEventId.SourceUnavailable] = SourceUnavailable,
        [SessionEventId.NothingSelected] = NothingSelected,
        [SessionEventId.LockAwaited] = LockAwaited,
        [SessionEventId.PointRemoved] = PointRemoved,
        [SessionEventId.SpaceFreed] = SpaceFreed,
        [SessionEventId.RetentionDebt] = RetentionDebt,
        [SessionEventId.DeletedMachine] = DeletedMachine,
        [SessionEventId.RetentionWarning] = RetentionWarning,
        [SessionEventId.RetentionFailed] = RetentionFailed,
        [SessionEventId.RpoMissed] = RpoMissed,
        [SessionEventId.MachineNeverCopied] = MachineNeverCopied,
        [SessionEventId.MachineUnprotected] = MachineUnprotected,
        [SessionEventId.ReportSent] = ReportSent,
        [SessionEventId.ReportQueued] = ReportQueued,
        [SessionEventId.SessionInterrupted] = SessionInterrupted,
        [SessionEventId.StopAsked] = StopAsked,
        [SessionEventId.ClockJumped] = ClockJumped,
        [SessionEventId.SessionFailed] = SessionFailed,
    };

    private delegate void Sentence(ILogger log, LogLevel level, string text);

    /// <summary>An event of a session that is no more than its sentence.</summary>
    public static void Event(this ILogger log, SessionEvent happened) =>
        s_sentences.GetValueOrDefault(happened.Id, Note)(log, LevelOf(happened.Level), happened.Text);

    public static LogLevel LevelOf(EventLevel level) => level switch
    {
        EventLevel.Info => LogLevel.Information,
        EventLevel.Warning => LogLevel.Warning,
        _ => LogLevel.Error,
    };

    [LoggerMessage(
        EventId = (int)SessionEventId.SessionStarted, Level = LogLevel.Information,
        Message = "The session begins: {Trigger}.")]
    public static partial void SessionStarted(
        this ILogger log, SessionTrigger trigger, DateTime? intervalStart, DateTime? intervalEnd);

    [LoggerMessage(
        EventId = (int)SessionEventId.PhaseEntered, Level = LogLevel.Information,
        Message = "{Phase} begins.")]
    public static partial void PhaseEntered(this ILogger log, SyncPhase phase);

    [LoggerMessage(
        EventId = (int)SessionEventId.PhaseLeft, Level = LogLevel.Information,
        Message = "{Phase} is over.")]
    public static partial void PhaseLeft(this ILogger log, SyncPhase phase, double seconds);

    [LoggerMessage(EventId = (int)SessionEventId.MachineCopied, Message = "{Text}")]
    public static partial void MachineCopied(
        this ILogger log, LogLevel level, string text, SessionResult result, Guid machineId,
        string sourceRepository, string sourceBackup, DateTime? pointTime, long targetSequence,
        long sizeBytes, long readBytes, long transferredBytes, long clonedBytes, long reusedBytes,
        int attempts, Bottleneck bottleneck, double seconds);

    [LoggerMessage(EventId = (int)SessionEventId.MachineUpToDate, Message = "{Text}")]
    public static partial void MachineUpToDate(
        this ILogger log, LogLevel level, string text, SessionResult result, Guid machineId);

    [LoggerMessage(EventId = (int)SessionEventId.MachineFailed, Message = "{Text}")]
    public static partial void MachineFailed(
        this ILogger log, LogLevel level, string text, SessionResult result, Guid machineId, string error,
        string sourceRepository, DateTime? pointTime, long readBytes, long transferredBytes, int attempts,
        double seconds);

    [LoggerMessage(EventId = (int)SessionEventId.MachineNotCopied, Message = "{Text}")]
    public static partial void MachineNotCopied(
        this ILogger log, LogLevel level, string text, SessionResult result, Guid machineId, string error,
        string sourceRepository, DateTime? pointTime);

    [LoggerMessage(EventId = (int)SessionEventId.MachineStopped, Message = "{Text}")]
    public static partial void MachineStopped(
        this ILogger log, LogLevel level, string text, SessionResult result, Guid machineId,
        string sourceRepository, DateTime? pointTime, long readBytes, long transferredBytes, double seconds);

    [LoggerMessage(
        EventId = (int)SessionEventId.SessionEnded, Message = "The session ended: {Result}. {Reason}")]
    public static partial void SessionEnded(
        this ILogger log, LogLevel level, SessionResult result, string reason, int machines,
        int failedMachines, long readBytes, long transferredBytes, long clonedBytes, long reusedBytes,
        int removedPoints, long freedBytes, int retentionDebt, long checkedBytes, int damageFound,
        int damageHealed, int damageLeft, long compactedBytes, double seconds);

    [LoggerMessage(
        EventId = (int)SessionEventId.ServiceStarted, Level = LogLevel.Information,
        Message = "The service runs the jobs of {Catalog}.")]
    public static partial void ServiceStarted(this ILogger log, string catalog);

    [LoggerMessage(
        EventId = (int)SessionEventId.ServiceStopped, Level = LogLevel.Information,
        Message = "The service stopped: {Reason}")]
    public static partial void ServiceStopped(this ILogger log, string reason);

    /// <param name="error">The <see cref="ErrorCode"/>'s name, null where there is none.</param>
    [LoggerMessage(
        EventId = (int)SessionEventId.ServiceTrouble, Level = LogLevel.Warning,
        Message = "{Text}")]
    public static partial void ServiceTrouble(this ILogger log, string text, string? error);

    [LoggerMessage(EventId = (int)SessionEventId.Note, Message = "{Text}")]
    private static partial void Note(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.SessionContinues, Message = "{Text}")]
    private static partial void SessionContinues(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.PhaseFailed, Message = "{Text}")]
    private static partial void PhaseFailed(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.ScriptRan, Message = "{Text}")]
    private static partial void ScriptRan(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.ScriptFailed, Message = "{Text}")]
    private static partial void ScriptFailed(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.ScriptSaid, Message = "{Text}")]
    private static partial void ScriptSaid(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.MachineWaits, Message = "{Text}")]
    private static partial void MachineWaits(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.MachineRetries, Message = "{Text}")]
    private static partial void MachineRetries(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.ConnectionLost, Message = "{Text}")]
    private static partial void ConnectionLost(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.ConnectionBack, Message = "{Text}")]
    private static partial void ConnectionBack(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.WindowClosed, Message = "{Text}")]
    private static partial void WindowClosed(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.WindowOpen, Message = "{Text}")]
    private static partial void WindowOpen(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.SourceUnavailable, Message = "{Text}")]
    private static partial void SourceUnavailable(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.NothingSelected, Message = "{Text}")]
    private static partial void NothingSelected(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.LockAwaited, Message = "{Text}")]
    private static partial void LockAwaited(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.PointRemoved, Message = "{Text}")]
    private static partial void PointRemoved(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.SpaceFreed, Message = "{Text}")]
    private static partial void SpaceFreed(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.RetentionDebt, Message = "{Text}")]
    private static partial void RetentionDebt(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.DeletedMachine, Message = "{Text}")]
    private static partial void DeletedMachine(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.RetentionWarning, Message = "{Text}")]
    private static partial void RetentionWarning(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.RetentionFailed, Message = "{Text}")]
    private static partial void RetentionFailed(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.RpoMissed, Message = "{Text}")]
    private static partial void RpoMissed(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.MachineNeverCopied, Message = "{Text}")]
    private static partial void MachineNeverCopied(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.MachineUnprotected, Message = "{Text}")]
    private static partial void MachineUnprotected(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.ReportSent, Message = "{Text}")]
    private static partial void ReportSent(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.ReportQueued, Message = "{Text}")]
    private static partial void ReportQueued(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.SessionInterrupted, Message = "{Text}")]
    private static partial void SessionInterrupted(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.StopAsked, Message = "{Text}")]
    private static partial void StopAsked(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.ClockJumped, Message = "{Text}")]
    private static partial void ClockJumped(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.SessionFailed, Message = "{Text}")]
    private static partial void SessionFailed(ILogger log, LogLevel level, string text);
}
