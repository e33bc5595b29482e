using BackupCopy.Jobs;

namespace BackupCopy.Running;

internal sealed partial class SessionLog
{
    /// <summary>Somebody wants the session to end; it does once what must be finished is.</summary>
    // A session that has ended meanwhile stays as it ended.
    public void StopAsked(string text) => Change(r => r.EndUtc is not null ? r : r.With(
        _engine.NowUtc, EventLevel.Info, text, machine: null, SessionEventId.StopAsked) with
    {
        State = SessionState.Stopping,
    });
}
