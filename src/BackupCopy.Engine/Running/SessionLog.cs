using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Keeping;
using BackupCopy.Running.Logging;

namespace BackupCopy.Running;

/// <summary>
/// The record of one running session, kept true in the catalog as its machines begin and end. Every event
/// that is added to it goes to the engine's log too, so nobody else logs what is an event.
/// </summary>
internal sealed partial class SessionLog
{
    private readonly Engine _engine;
    private readonly Lock _gate = new();
    private SessionRecord _record;
    private IDisposable? _lock;
    private (SyncPhase Phase, long Start)? _phase;

    public SessionLog(Engine engine, JobDefinition job, SessionTrigger trigger = SessionTrigger.Manual)
    {
        _engine = engine;
        _record = new SessionRecord
        {
            Id = Guid.NewGuid(),
            JobId = job.Id,
            JobName = job.Name,
            State = SessionState.Working,
            Result = SessionResult.None,
            Trigger = trigger,
            StartUtc = engine.NowUtc,
            Runner = Runner.Me,
        };
    }

    /// <summary>The session as it is now.</summary>
    public SessionRecord Record
    {
        get
        {
            lock (_gate)
            {
                return _record;
            }
        }
    }

    public CopyInterval Interval => Record.Interval!;

    /// <summary>
    /// Stores the session unless the job runs already, ends those whose process died, and says what it goes
    /// on with.
    /// </summary>
    /// <param name="interval">Begins or continues the interval; called once the job's lock is held.</param>
    public void Begin(Func<CopyInterval?> interval)
    {
        _lock = JobLock.Take(_engine, _record.JobId, _record.JobName);
        try
        {
            if (_engine.Sessions.CutOff(_record.JobId) is { } left)
            {
                _record = _record.With(
                    _engine.NowUtc, EventLevel.Info, Continues(left), id: SessionEventId.SessionContinues);
            }

            _record = _record with { Interval = interval() };

            // The lock is ours, so whoever left a session open is gone.
            foreach (var dead in _engine.Catalog.BeginSessionIfIdle(_record, _ => false))
            {
                _engine.Sessions.Close(dead);
            }

            _engine.Log.LogStart(_record);
            _engine.Log.LogChange(_record with { Events = [] }, _record);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Shows that the session waits for a lock, and for whose, until it is disposed. The reason that the
    /// session had comes back then.
    /// </summary>
    public IDisposable WaitingForLock(string reason)
    {
        var before = "";
        Change(r =>
        {
            before = r.Reason;
            var told = r.Events.Any(e => e.Text == reason)
                ? r : r.With(_engine.NowUtc, EventLevel.Info, reason, id: SessionEventId.LockAwaited);
            return told with
            {
                State = SessionState.WaitingForLock,
                Reason = reason,
            };
        });
        return new Waiting(() => Change(r => r with { State = SessionState.Working, Reason = before }));
    }

    /// <summary>
    /// The session is in this phase from now on; entering it again keeps what is done in it.
    /// </summary>
    public void Enter(SyncPhase phase)
    {
        Change(r => r with
        {
            State = SessionState.Working,
            WaitsFor = "",
            Checkpoint = r.Phase == phase ? r.Checkpoint : PhaseCheckpoint.At(phase),
        });
        lock (_gate)
        {
            if (_phase?.Phase != phase)
            {
                Leave();
                _phase = (phase, _engine.Time.GetTimestamp());
                new SessionLogger(_engine.Log, _record).PhaseEntered(phase);
            }
        }
    }

    /// <summary>Adds an event that is about the session.</summary>
    public void Say(string text, SessionEventId id = SessionEventId.Note) =>
        Say(text, null, id);

    /// <summary>Adds an event that is about a machine.</summary>
    public void Say(string text, string? machine, SessionEventId id) =>
        Change(r => r.With(_engine.NowUtc, EventLevel.Info, text, machine, id), isStored: false);

    public void SayHowManyAreDone() => Change(r => r.With(
        _engine.NowUtc, EventLevel.Info,
        $"{r.Tasks.Count(t => t.Result == SessionResult.Success)} of {r.Tasks.Count} machines have their "
        + "newest restore point."));

    /// <summary>A session that would be a success is one with a warning from now on.</summary>
    public void Warn(
        string reason, string? machine = null, SessionEventId id = SessionEventId.Note) => Change(
        r => r.With(_engine.NowUtc, EventLevel.Warning, reason, machine, id) with
        {
            Result = r.Result < SessionResult.Warning ? SessionResult.Warning : r.Result,
            Reason = r.Reason.Length == 0 ? reason : $"{r.Reason} {reason}",
        });

    /// <summary>A machine's copy is late; a session that would be a success is one with a warning.</summary>
    public void Late(string machine, string text, SessionEventId id) => Change(
        r => r.With(_engine.NowUtc, EventLevel.Warning, text, machine, id) with
        {
            Result = r.Result < SessionResult.Warning ? SessionResult.Warning : r.Result,
            Reason = r.Reason.Length == 0 ? $"{machine}: {text}" : r.Reason,
        });

    /// <summary>A phase failed, and the session with it.</summary>
    public void Fail(BackupCopyException error) => Change(
        r => r.With(
            _engine.NowUtc, EventLevel.Error, $"{error.Message} {error.Remedy}",
            id: SessionEventId.PhaseFailed) with
        {
            Result = SessionResult.Failed,
            Reason = $"{r.Reason} {error.Code}: {error.Message}".TrimStart(),
        });

    /// <summary>Adds or replaces a machine's task; its end is an event and a step of the phase.</summary>
    public void Put(MachineTaskRecord task) => Change(r => Noted(task, r with
    {
        State = SessionState.Working,
        WaitsFor = "",
        Tasks = [.. r.Tasks.Where(t => !IsReplaced(t, task)), task],
    }));

    // A machine of which every point is copied has a task for each; an attempt that failed is replaced.
    private static bool IsReplaced(MachineTaskRecord known, MachineTaskRecord task) =>
        known.MachineId == task.MachineId
        && !(known is { Result: SessionResult.Success, TargetSequence: > 0 }
            && known.PointTimeUtc != task.PointTimeUtc);

    /// <summary>A chain of the source that cannot be read is that machine's failure.</summary>
    public void Unreadable(string machine, BackupCopyException error) =>
        Put(Ended(Inventory.Identity.OfMachine(machine), machine) with
        {
            Result = SessionResult.Failed,
            Reason = $"{error.Message} {error.Remedy}",
            Error = error.Code.ToString(),
        });

    /// <summary>Nothing was to be copied; what was copied in this session stays as it is told.</summary>
    public void UpToDate(
        Guid machineId, string machine, string reason = "Nothing is newer than what was copied last.")
    {
        if (!Record.Tasks.Any(t => t.MachineId == machineId && t.TargetSequence > 0))
        {
            Put(Ended(machineId, machine) with { Result = SessionResult.Success, Reason = reason });
        }
    }

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

    /// <summary>What retention did with one machine's chain, and that it is done with it for now.</summary>
    public void Transformed(string machine, TransformOutcome outcome) => Change(r =>
    {
        var now = _engine.NowUtc;
        foreach (var gone in outcome.Removed)
        {
            r = r.With(
                now, EventLevel.Info,
                $"Removed the restore point of {gone.Point.TimeUtc.ToLocalText()}: {gone.Why}.", machine,
                SessionEventId.PointRemoved);
        }

        if (outcome.FreedBytes > 0)
        {
            r = r.With(
                now, EventLevel.Info, $"{outcome.FreedBytes:N0} bytes came back.", machine,
                SessionEventId.SpaceFreed);
        }

        // A chain that is tried again for a reader's sake has the same to say again.
        foreach (var text in outcome.Warnings.Select(w => w.Sentence)
            .Concat(outcome.Blocked.Select(b => b.Reason.Message)).Concat(outcome.Notes)
            .Where(text => !r.Events.Any(e => e.Text == text && e.Machine == machine)))
        {
            r = r.With(now, EventLevel.Warning, text, machine, SessionEventId.RetentionWarning);
        }

        var isWarning = outcome.Blocked.Count + outcome.Warnings.Count > 0;
        return r with
        {
            Result = isWarning && r.Result < SessionResult.Warning ? SessionResult.Warning : r.Result,
            RemovedPointCount = r.RemovedPointCount + outcome.Removed.Count,
            FreedBytes = r.FreedBytes + outcome.FreedBytes,
        };
    });

    /// <summary>The session fails with this, what was copied stays.</summary>
    public void FailRetention(string machine, BackupCopyException error) => Change(r => r.With(
        _engine.NowUtc, EventLevel.Error, $"{error.Message} {error.Remedy}",
        machine.Length == 0 ? null : machine,
        error.Code == ErrorCode.RetentionDebt
            ? SessionEventId.RetentionDebt : SessionEventId.RetentionFailed) with
    {
        Result = SessionResult.Failed,
        Reason = $"{r.Reason} {error.Code}: {error.Message}".TrimStart(),
    });

    public void Debt(int points) => Change(r => r with { RetentionDebt = points });

    /// <summary>
    /// Ends the session with the worst result of its machines, or with the one given if that is worse.
    /// </summary>
    public SessionInfo End(
        SessionResult result = SessionResult.Success, string reason = "", ErrorCode? code = null)
    {
        try
        {
            Change(r => Ended(r, result, reason, code));
            lock (_gate)
            {
                Leave();
            }

            _engine.Log.LogEnd(_record);
        }
        finally
        {
            _lock?.Dispose();
        }

        return SessionInfo.From(_record, _engine.NowUtc);
    }

    private SessionRecord Ended(SessionRecord session, SessionResult result, string reason, ErrorCode? code)
    {
        var failed = session.Tasks.Count(t => t.Result == SessionResult.Failed);
        var said = reason.Length > 0 ? (code is null ? reason : $"{code}: {reason}")
            : failed > 0 ? $"{failed} of {session.Tasks.Count} machines failed. {session.Reason}".TrimEnd()
            : session.Reason;
        var told = reason.Length == 0 ? session : session.With(
            _engine.NowUtc, result == SessionResult.Failed ? EventLevel.Error : EventLevel.Info, said,
            id: result switch
            {
                SessionResult.Failed => SessionEventId.SessionFailed,
                SessionResult.Stopped => SessionEventId.StopAsked,
                _ => SessionEventId.Note,
            });
        return told with
        {
            State = SessionState.Completed,
            WaitsFor = "",
            Checkpoint = result == SessionResult.Stopped ? session.Checkpoint : new PhaseCheckpoint.Idle(),
            Result = session.Tasks.Select(t => t.Result).Append(result).Append(session.Result).Max(),
            Reason = said,
            EndUtc = _engine.NowUtc,
        };
    }

    private SessionRecord Noted(MachineTaskRecord task, SessionRecord session)
    {
        if (task.EndUtc is null)
        {
            return session;
        }

        var (id, level, text) = task.Result switch
        {
            SessionResult.Success when task.TargetSequence > 0 =>
                (SessionEventId.MachineCopied, EventLevel.Info,
                    $"Copied the restore point of {task.PointTimeUtc?.ToLocalText()}. {task.Reason}"),
            SessionResult.Success => (SessionEventId.MachineUpToDate, EventLevel.Info, task.Reason),
            SessionResult.Stopped => (SessionEventId.MachineStopped, EventLevel.Info, task.Reason),
            SessionResult.Failed => (SessionEventId.MachineFailed, EventLevel.Error, task.Reason),
            _ => (SessionEventId.MachineNotCopied, EventLevel.Warning, task.Reason),
        };
        return session.With(_engine.NowUtc, level, text, task.Machine, id) with
        {
            Checkpoint =
                task.Result == SessionResult.Success && session.Checkpoint is PhaseCheckpoint.PerMachine phase
                    ? phase.With(task.MachineId) : session.Checkpoint,
        };
    }

    private static string Continues(SessionRecord left)
    {
        var how = left.Result == SessionResult.Stopped ? "stopped" : "interrupted";
        var done = left.Checkpoint is PhaseCheckpoint.PerMachine phase ? phase.DoneMachineIds.Count : 0;
        var after = done switch { 0 => "", 1 => " after 1 machine", _ => $" after {done} machines" };
        return $"The session of {left.StartUtc.ToLocalText()} was {how} in {left.Phase}{after}; "
            + "this one continues it.";
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

    /// <param name="isStored">
    /// False for what the next change may store with it: a session says much that changes nothing.
    /// </param>
    private void Change(Func<SessionRecord, SessionRecord> change, bool isStored = true)
    {
        lock (_gate)
        {
            var before = _record;
            _record = change(before);
            if (isStored)
            {
                _engine.Catalog.SaveSession(_record);
            }

            _engine.Log.LogChange(before, _record);
        }
    }

    /// <summary>The phase that was entered, if any, is over.</summary>
    private void Leave()
    {
        if (_phase is { } left)
        {
            var seconds = _engine.Time.GetElapsedTime(left.Start).TotalSeconds;
            new SessionLogger(_engine.Log, _record).PhaseLeft(left.Phase, seconds);
            _phase = null;
        }
    }

    private sealed class Waiting(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
