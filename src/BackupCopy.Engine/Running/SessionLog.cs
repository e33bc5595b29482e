using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running;

/// <summary>The record of one running session, kept true in the catalog as its machines begin and end.</summary>
internal sealed class SessionLog
{
    private readonly Engine _engine;
    private readonly Lock _gate = new();
    private SessionRecord _record;

    public SessionLog(Engine engine, JobDefinition job)
    {
        _engine = engine;
        _record = new SessionRecord
        {
            Id = Guid.NewGuid(),
            JobId = job.Id,
            JobName = job.Name,
            State = SessionState.Working,
            Result = SessionResult.None,
            StartUtc = engine.NowUtc,
            Runner = Runner.Me,
        };
    }

    public Guid Id => _record.Id;

    /// <summary>Stores the session unless the job runs already, and ends those whose process died.</summary>
    public void Begin()
    {
        foreach (var dead in _engine.Catalog.BeginSessionIfIdle(_record, Runner.IsAlive))
        {
            _engine.Sessions.Close(dead);
        }
    }

    public void State(SessionState state) => Change(r => r with { State = state });

    /// <summary>A session that would be a success is one with a warning from now on.</summary>
    public void Warn(string reason) => Change(r => r with
    {
        Result = SessionResult.Warning,
        Reason = r.Reason.Length == 0 ? reason : $"{r.Reason} {reason}",
    });

    /// <summary>Adds or replaces a machine's task.</summary>
    public void Put(MachineTaskRecord task) => Change(r => r with
    {
        State = SessionState.Working,
        Tasks = [.. r.Tasks.Where(t => t.MachineId != task.MachineId), task],
    });

    public void UpToDate(Guid machineId, string machine) => Put(Ended(machineId, machine) with
    {
        Result = SessionResult.Success,
        Reason = "Nothing is newer than what was copied last.",
    });

    public void NotCopied(CandidatePoint point, string reason, ErrorCode code) =>
        Put(Ended(point.MachineId, point.Machine) with
        {
            Result = SessionResult.Warning,
            Reason = reason,
            Error = code.ToString(),
            PointTimeUtc = point.TimeUtc,
            SourceRepository = point.Repository,
            SourceBackup = point.JobName,
        });

    /// <summary>Ends the session with the worst result of its machines, or with the one given if that is worse.</summary>
    public SessionInfo End(SessionResult result = SessionResult.Success, string reason = "", ErrorCode? code = null)
    {
        Change(r =>
        {
            var worst = r.Tasks.Select(t => t.Result).Append(result).Append(r.Result).Max();
            var failed = r.Tasks.Count(t => t.Result == SessionResult.Failed);
            var said = reason.Length > 0 ? (code is null ? reason : $"{code}: {reason}")
                : failed > 0 ? $"{failed} of {r.Tasks.Count} machines failed. {r.Reason}".TrimEnd()
                : r.Reason;
            return r with { State = SessionState.Completed, Result = worst, Reason = said, EndUtc = _engine.NowUtc };
        });
        return SessionInfo.From(_record, _engine.NowUtc);
    }

    private MachineTaskRecord Ended(Guid machineId, string machine) => new()
    {
        MachineId = machineId,
        Machine = machine,
        State = SessionState.Completed,
        Result = SessionResult.None,
        StartUtc = _engine.NowUtc,
        EndUtc = _engine.NowUtc,
    };

    private void Change(Func<SessionRecord, SessionRecord> change)
    {
        lock (_gate)
        {
            _record = change(_record);
            _engine.Catalog.SaveSession(_record);
        }
    }
}
