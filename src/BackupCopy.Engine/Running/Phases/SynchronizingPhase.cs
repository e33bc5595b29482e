using BackupCopy.Catalog;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Running.Monitoring;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running.Phases;

/// <summary>
/// Copies what is newer. Machines are independent: they run side by side up to the job's limit, one that
/// fails stops no other, and one whose newest point is being written is waited for. The phase ends when every
/// machine is done, or with the interval; in a session of a whole interval it waits for points that nobody
/// has begun yet, and a machine that failed is tried again with its next one.
/// </summary>
internal sealed partial class SynchronizingPhase
{
    private readonly PhaseContext _context;
    private readonly Engine _engine;
    private readonly JobDefinition _job;
    private readonly SessionLog _session;
    private readonly SyncOptions _options;
    private readonly TargetBackup _target;
    private readonly RpoMonitor _rpo;
    private readonly CatalogChanges _catalog;
    private readonly Dictionary<Guid, MachineTask> _tasks = [];
    private readonly List<MachineTask> _running = [];
    private readonly HashSet<Guid> _done = [];
    private readonly HashSet<(string Machine, string Error)> _told = [];
    private readonly Lock _gate = new();
    private readonly Signal _wake = new();
    private JobRun _run;
    private CopyInterval _interval;
    private PointScope _scope;
    private bool _isWhole;
    private ProgressPump? _pump;
    private IReadOnlyList<MachineProgress> _waiting = [];

    private SynchronizingPhase(PhaseContext context)
    {
        _context = context;
        _engine = context.Engine;
        _job = context.Job;
        _session = context.Session;
        _options = context.Options;
        _target = context.Target;
        _rpo = new RpoMonitor(_engine, _job.Id);
        _catalog = new CatalogChanges(_engine.Catalog);
        _run = _engine.Catalog.Run(_job.Id);
        _interval = _session.Interval;
        _scope = Scope();
        _isWhole = (_options.WholeInterval || _scope.LooksForward)
            && _job.Schedule.Mode != JobMode.Immediate
            && (_interval.EndUtc is not null || _options.Wait is not null);
    }

    public static async Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation)
    {
        context.Session.Say("Looking for newer restore points.");
        if (!await TargetWait.UntilThereAsync(context, cancellation))
        {
            return new PhaseEvent.IntervalExpired();
        }

        WentBack.ThrowIfAny(context);
        return await new SynchronizingPhase(context).RunAsync(cancellation);
    }

    private async Task<PhaseEvent> RunAsync(CancellationToken cancellation)
    {
        await using var pump = new ProgressPump(_context.Progress, Progress, _engine.Time);
        _pump = pump;
        try
        {
            var happened = await CopyAllAsync(cancellation);
            if (happened is not PhaseEvent.StopAsked)
            {
                _rpo.Look(_session, _target, _options.Warn, isEnd: true);
                LeftInSession.Settle(_context);
                ScheduledCheck.EndWithFulls(_context);
            }

            _session.SayHowManyAreDone();
            return happened;
        }
        finally
        {
            BackupSummaries.Refresh(_target.Folder);
        }
    }

    private async Task<PhaseEvent> CopyAllAsync(CancellationToken cancellation)
    {
        using var expired = new CancellationTokenSource();
        using var slots = new SemaphoreSlim(_job.Parallel);
        using var watch = new SourceWatch(_engine, _job, _wake.Set);
        await using var noMore = _context.NoMoreMachines.Register(_wake.Set);
        var all = new List<Task>();
        var started = _engine.Time.GetTimestamp();
        var sights = new Sights();
        try
        {
            for (var (round, isLast) = (0, false); ; round++)
            {
                if (_context.NoMoreMachines.IsCancellationRequested)
                {
                    await Task.WhenAll(all);
                    return new PhaseEvent.StopAsked();
                }

                FollowInterval();
                if (_interval.EndUtc <= _engine.NowUtc
                    || JobIntervals.IsFarAhead(_job, _interval, _engine.NowUtc))
                {
                    await expired.CancelAsync();
                    await Task.WhenAll(all);
                    GiveUp(sights, isInterval: true);
                    return new PhaseEvent.IntervalExpired();
                }

                var scanned = _engine.Time.GetTimestamp();
                var before = sights;
                sights = Look(
                    round == 0, slots,
                    (task, slot) => all.Add(Task.Run(
                        () => RunAsync(task, slot, expired.Token, cancellation), CancellationToken.None)),
                    (repair, slot) => all.Add(Task.Run(
                        () => RepairAsync(repair, slot, expired.Token, cancellation),
                        CancellationToken.None)));
                if (!sights.IsSourceAway)
                {
                    TellLost(before, sights);
                }

                ShowWaiting(sights);
                var isIdle = sights.IsEmpty(_isWhole);
                if (isIdle && !IsAnyRunning)
                {
                    return new PhaseEvent.AllMachinesDone();
                }

                if (isLast && !isIdle)
                {
                    await Task.WhenAll(all);
                    GiveUp(sights, isInterval: false);
                    return new PhaseEvent.IntervalExpired();
                }

                // When the time is up one more look decides: the point may have been finished just now.
                var elapsed = _engine.Time.GetElapsedTime(started);
                isLast = !isIdle && elapsed >= _options.Wait;
                if (!isLast)
                {
                    _rpo.Look(_session, _target, _options.Warn);
                    var pause = Pause(
                        sights, isIdle, watch.IsComplete, _engine.Time.GetElapsedTime(scanned));
                    await WaitAsync(pause, sights, cancellation);
                }
            }
        }
        finally
        {
            await Task.WhenAll(all);
        }
    }

    /// <summary>Starts what can be copied now and returns what has to be waited for.</summary>
    private Sights Look(
        bool isFirst, SemaphoreSlim slots, Action<MachineTask, TaskSlot> start,
        Action<MachineRepair, TaskSlot> repair)
    {
        var sights = new Sights { Window = _context.Window.At(_engine.NowUtc) };
        var isOpen = sights.Window.IsOpen;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var machine in new MachineLook(_engine, _job).Run(
            _target, _scope, error => SourceAway(error, sights, isFirst), Unreadable,
            mayAllBeAway: !isFirst || _options.Trigger != SessionTrigger.Manual))
        {
            if (!Wildcard.MatchesAny(_options.Machines, machine.Machine))
            {
                continue;
            }

            seen.Add(machine.Chain.Path);
            if (!IsBusy(machine.MachineId) && !IsDone(machine.MachineId) && !IsRepaired(
                machine.Chain, machine.ChainMachineId, machine.Machine, isOpen, slots, repair))
            {
                Sort(machine, sights, point => Begin(machine, point, slots, start));
            }
        }

        RefuseNoMatch(seen.Count, isFirst);
        sights.IsNobodyThere = seen.Count == 0;
        if (isFirst)
        {
            RepairUnseen(seen, isOpen, slots, repair);
        }

        return sights;
    }

    private void Sort(MachineSight machine, Sights sights, Action<CandidatePoint> begin)
    {
        if (_interval.EndUtc is not null
            && _run.Machine(machine.MachineId, machine.Machine).DoneInIntervalUtc == _interval.StartUtc)
        {
            SetDone(machine.MachineId);
            return;
        }

        switch (machine.Decision)
        {
            case PointDecision.Wait when _options.Trigger == SessionTrigger.NewPoint:
                // The next session of an immediate job copies it; nobody's retention waits for its writer.
                SetDone(machine.MachineId);
                break;
            case PointDecision.Wait wait:
                sights.Locked.Add(wait);
                break;
            case PointDecision.Copy copy when Failed(machine.MachineId) is { } failed:
                if (IsSame(failed.Point, copy.Point))
                {
                    sights.Failed.Add(machine);
                }
                else
                {
                    begin(copy.Point);
                }

                break;
            case PointDecision.Copy copy when !sights.Window.IsOpen:
                sights.BehindWindow.Add((machine, copy.Point));
                break;
            case PointDecision.Copy copy:
                begin(copy.Point);
                break;
            default:
                TellNothingNew(machine, sights);
                break;
        }
    }

    private void TellNothingNew(MachineSight machine, Sights sights)
    {
        if (_isWhole)
        {
            sights.Unbegun.Add(machine);
            return;
        }

        SetDone(machine.MachineId);
        TellNothing(machine);
    }

    private void Begin(
        MachineSight machine, CandidatePoint point, SemaphoreSlim slots, Action<MachineTask, TaskSlot> start)
    {
        var slot = new TaskSlot(slots, _options.TaskSlots);
        var task = new MachineTask(_context, machine.Chain, machine.ChainMachineId, point) { Slot = slot };
        lock (_gate)
        {
            _tasks[machine.MachineId] = task;
        }

        start(task, slot);
    }

    private async Task RunAsync(
        MachineTask task, TaskSlot slot, CancellationToken expired, CancellationToken cancellation)
    {
        try
        {
            await TakeAsync(slot, expired, cancellation);
            if (_context.NoMoreMachines.IsCancellationRequested)
            {
                return;
            }

            lock (_gate)
            {
                _running.Add(task);
            }

            _pump?.Report();
            await task.RunAsync(expired, cancellation);
        }
        finally
        {
            slot.Release();
            Ended(task);
        }
    }

    // A task that did not get its turn says itself that the interval is over.
    private async Task TakeAsync(TaskSlot slot, CancellationToken expired, CancellationToken cancellation)
    {
        using var any = CancellationTokenSource.CreateLinkedTokenSource(
            expired, cancellation, _context.NoMoreMachines);
        try
        {
            await slot.TakeAsync(any.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Told by the tokens.
        }
    }

    private void Ended(MachineTask task)
    {
        var id = task.Point.MachineId;
        var isCopied = task.Record.Result == SessionResult.Success;
        var isTold = task.Record is { EndUtc: not null, Result: not SessionResult.Stopped };
        try
        {
            if (isCopied)
            {
                RememberChain(task.Chain);
            }

            if (_interval.EndUtc is not null && isTold)
            {
                Remember(task, isCopied);
            }
        }
        finally
        {
            Finish(id, task, isCopied);
        }
    }

    private void Finish(Guid id, MachineTask task, bool isCopied)
    {
        lock (_gate)
        {
            _running.Remove(task);

            // Where every point is copied the next one follows; one that failed waits for its next point.
            if (isCopied ? !_scope.EveryPoint : !_isWhole)
            {
                _done.Add(id);
            }

            if (isCopied || _done.Contains(id))
            {
                _tasks.Remove(id);
            }
        }

        _wake.Set();
    }

    private void Remember(MachineTask task, bool isCopied)
    {
        var (id, name) = (task.Point.MachineId, task.Point.Machine);
        var run = _run = _engine.Catalog.UpdateRun(_job.Id, known =>
        {
            var machine = known.Machine(id, name);
            return known.With(machine with
            {
                DoneInIntervalUtc = isCopied ? _interval.StartUtc : machine.DoneInIntervalUtc,
                ConsecutiveFailures = isCopied ? 0 : machine.ConsecutiveFailures + 1,
            });
        });
        if (task.Record.Error == nameof(ErrorCode.IntervalExpired)
            && run.Machine(id, name).ConsecutiveFailures >= 2)
        {
            _session.Say(
                "This is not the first interval that is too short for it: lengthen it with Set-BackupCopyJob "
                + "-Every, or bring the first copy on a drive and take it over with -MapBackup.", name,
                SessionEventId.MachineNotCopied);
        }
    }
}
