using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Delivery;
using BackupCopy.Running.Logging;

namespace BackupCopy.Running;

/// <summary>The history of sessions.</summary>
public sealed partial class Sessions
{
    private readonly Engine _engine;

    internal Sessions(Engine engine) => _engine = engine;

    /// <summary>Sessions, newest first.</summary>
    /// <param name="job">Only this job's; null for all.</param>
    /// <param name="newest">So many at most; null for all.</param>
    /// <param name="after">Only those that began after this time.</param>
    /// <param name="result">Only those that ended so.</param>
    /// <param name="running">Only those that run.</param>
    public IEnumerable<SessionInfo> List(
        string? job = null, int? newest = null, DateTime? after = null, SessionResult? result = null,
        bool running = false)
    {
        var jobId = job is null ? (Guid?)null : _engine.Job(job).Id;
        CloseDead(jobId);
        return _engine.Catalog.Sessions(new SessionQuery
        {
            JobId = jobId,
            Newest = newest,
            AfterUtc = after?.ToUniversalTime(),
            Result = result,
            IsRunning = running ? true : null,
        }).Select(s => SessionInfo.From(s, _engine.NowUtc));
    }

    public SessionInfo Get(Guid id)
    {
        if (_engine.Catalog.FindSession(id) is { EndUtc: null } open)
        {
            CloseDead(open.JobId);
        }

        return SessionInfo.From(
            _engine.Catalog.FindSession(id) ?? throw new BackupCopyException(
                ErrorCode.SessionNotFound, $"There is no session {id}.",
                "List them with Get-BackupCopySession."),
            _engine.NowUtc);
    }

    /// <summary>
    /// The job's last session if it was cut off, whether it is closed already or not; for the holder of the
    /// job's lock.
    /// </summary>
    internal SessionRecord? CutOff(Guid jobId)
    {
        SessionQuery[] queries =
            [new() { JobId = jobId, IsRunning = true }, new() { JobId = jobId, Newest = 1 }];
        var last = queries.SelectMany(_engine.Catalog.Sessions).FirstOrDefault();
        return last?.Phase == SyncPhase.Idle ? null : last;
    }

    /// <summary>Ends, truthfully, the sessions whose process is gone.</summary>
    internal void CloseDead(Guid? jobId)
    {
        var open = _engine.Catalog.Sessions(new SessionQuery { JobId = jobId, IsRunning = true });
        foreach (var session in open.Where(s => !JobLock.IsHeld(_engine, s.JobId)))
        {
            // Read again: a session that ended meanwhile saved its end before it gave the lock back.
            if (_engine.Catalog.FindSession(session.Id) is { EndUtc: null } dead)
            {
                Close(dead);
            }
        }
    }

    internal void Close(SessionRecord dead)
    {
        var interrupted = $"Interrupted in {dead.Phase}: its process ended without finishing it.";
        var told = dead.With(
            _engine.NowUtc, EventLevel.Error, interrupted, id: SessionEventId.SessionInterrupted);
        var closed = told with
        {
            State = SessionState.Completed,
            Result = SessionResult.Failed,
            Reason = interrupted,
            WaitsFor = "",
            EndUtc = _engine.NowUtc,
            Tasks = [.. dead.Tasks.Select(t => t.EndUtc is not null ? t : t with
            {
                State = SessionState.Completed,
                Result = SessionResult.Failed,
                Reason = interrupted,
                EndUtc = _engine.NowUtc,
            })],
        };
        _engine.Catalog.SaveSession(closed);
        _engine.Log.LogChange(dead, told);
        ReportDelivery.Queue(_engine, null, closed);
    }
}
