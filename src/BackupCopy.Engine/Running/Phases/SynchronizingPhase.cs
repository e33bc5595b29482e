using BackupCopy.Inventory;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Phases;

/// <summary>
/// Copies what is newer. Machines are independent: they run side by side up to the job's limit, one that
/// fails stops no other, and one whose newest point is being written is waited for.
/// </summary>
internal sealed class SynchronizingPhase
{
    private readonly PhaseContext _context;
    private readonly Engine _engine;
    private readonly JobDefinition _job;
    private readonly SessionLog _session;
    private readonly SyncOptions _options;
    private readonly TargetBackup _target;
    private readonly IProgress<IReadOnlyList<MachineProgress>>? _progress;
    private readonly List<MachineTask> _running = [];
    private readonly HashSet<(string Machine, string Error)> _unreadable = [];
    private readonly Lock _gate = new();
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
        _progress = context.Progress;
    }

    public static Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation) =>
        new SynchronizingPhase(context).RunAsync(cancellation);

    private async Task<PhaseEvent> RunAsync(CancellationToken cancellation)
    {
        _session.Say("Looking for newer restore points.");
        await using var pump = new ProgressPump(_progress, Progress, _engine.Time);
        _pump = pump;
        try
        {
            var happened = await CopyAllAsync(cancellation);
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
        PhaseEvent happened = new PhaseEvent.AllMachinesDone();
        var started = _engine.Time.GetTimestamp();
        var done = new HashSet<Guid>();
        var tasks = new List<Task>();
        using var slots = new SemaphoreSlim(_job.Parallel);
        try
        {
            List<PointDecision.Wait> waiting = [];
            for (var (round, isLast) = (0, false); ; round++)
            {
                var scanned = _engine.Time.GetTimestamp();
                var before = waiting;
                waiting = Look(done, isFirst: round == 0, task => tasks.Add(
                    Task.Run(() => RunAsync(task, slots, cancellation), CancellationToken.None)));
                TellLost(before, waiting, done);
                ShowWaiting(waiting);
                if (waiting.Count == 0)
                {
                    break;
                }

                if (isLast)
                {
                    GiveUp(waiting);
                    happened = new PhaseEvent.IntervalExpired();
                    break;
                }

                // When the time is up one more look decides: the point may have been finished just now.
                isLast = _engine.Time.GetElapsedTime(started) >= _options.Wait;
                if (!isLast)
                {
                    var scan = _engine.Time.GetElapsedTime(scanned) * 5;
                    await Task.Delay(scan > _options.Poll ? scan : _options.Poll, _engine.Time, cancellation);
                }
            }
        }
        finally
        {
            await Task.WhenAll(tasks);
        }

        cancellation.ThrowIfCancellationRequested();
        return happened;
    }

    /// <summary>Starts what can be copied now and returns what has to be waited for.</summary>
    private List<PointDecision.Wait> Look(HashSet<Guid> done, bool isFirst, Action<MachineTask> start)
    {
        var waiting = new List<PointDecision.Wait>();
        var seen = 0;
        foreach (var machine in new SourceScan(_engine, _job).Run(isFirst ? SourceAway : null, Unreadable))
        {
            var name = machine.First().Machine;
            if (!Wildcard.MatchesAny(_options.Machines, name))
            {
                continue;
            }

            seen++;
            if (done.Contains(machine.Key))
            {
                continue;
            }

            var (chain, chainMachine) = _target.ChainFor(name, machine.Key);
            switch (PointChoice.Choose([.. machine], TargetBackup.Last(chain), _options.Full))
            {
                case PointDecision.Wait wait:
                    waiting.Add(wait);
                    break;
                case PointDecision.Copy copy:
                    done.Add(machine.Key);
                    start(new MachineTask(_context, chain, chainMachine, copy.Point));
                    break;
                default:
                    done.Add(machine.Key);
                    _session.UpToDate(machine.Key, name);
                    break;
            }
        }

        RefuseNoMatch(seen, isFirst);
        return waiting;
    }

    private async Task RunAsync(MachineTask task, SemaphoreSlim slots, CancellationToken cancellation)
    {
        await slots.WaitAsync(cancellation);
        lock (_gate)
        {
            _running.Add(task);
        }

        _pump?.Report();
        try
        {
            await task.RunAsync(CancellationToken.None, cancellation);
        }
        finally
        {
            slots.Release();
            lock (_gate)
            {
                _running.Remove(task);
            }
        }
    }

    private void SourceAway(BackupCopyException error)
    {
        _session.Warn(error.Message);
        _options.Warn?.Invoke($"{error.Message} {error.Remedy}");
    }

    // Found again in every round; told once.
    private void Unreadable(string machine, BackupCopyException error)
    {
        if (!_unreadable.Add((machine, error.Message)))
        {
            return;
        }

        _session.Unreadable(machine, error);
        _options.Fail?.Invoke(machine, error);
    }

    private void RefuseNoMatch(int seen, bool isFirst)
    {
        if (seen > 0 || !isFirst)
        {
            return;
        }

        if (_options.Machines.Count > 0)
        {
            throw new BackupCopyException(
                ErrorCode.MachineNotFound,
                $"No machine of the job {_job.Name} is called {string.Join(" or ", _options.Machines)}.",
                "Measure-BackupCopySync lists the machines of a job.");
        }

        const string nothing = "The sources hold no restore point that the job selects.";
        _session.Warn(nothing);
        _options.Warn?.Invoke(nothing);
    }

    private void ShowWaiting(List<PointDecision.Wait> waiting)
    {
        _waiting = [.. waiting.Select(w => new MachineProgress(
            w.Point.Machine, $"Waiting for {w.Point.Writer}", 0, 0, 0, TimeSpan.Zero))];
        if (waiting.Count > 0)
        {
            _session.State(SessionState.WaitingForRestorePoint);
        }
    }

    // A machine that was waited for and is not there any more: its source went away, or its point was given
    // up.
    private void TellLost(
        List<PointDecision.Wait> before, List<PointDecision.Wait> now, HashSet<Guid> done)
    {
        foreach (var lost in before.Where(
            b => !done.Contains(b.Point.MachineId) && now.All(n => n.Point.MachineId != b.Point.MachineId)))
        {
            var reason = $"Its newest restore point is no longer to be found in {lost.Point.Repository}.";
            _session.NotCopied(lost.Point, reason, ErrorCode.PointGone);
            _options.Warn?.Invoke($"{lost.Point.Machine}: {reason}");
        }
    }

    private void GiveUp(List<PointDecision.Wait> waiting)
    {
        foreach (var wait in waiting)
        {
            var reason = $"The newest restore point was still being written by {wait.Point.Writer}.";
            _session.NotCopied(wait.Point, reason, ErrorCode.WaitTimedOut);
            _options.Warn?.Invoke($"{wait.Point.Machine}: {reason}");
        }
    }

    private List<MachineProgress> Progress()
    {
        lock (_gate)
        {
            return [.. _running.Select(t => t.Progress), .. _waiting];
        }
    }
}
