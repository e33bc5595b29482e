using BackupCopy.Blocks;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running;

/// <summary>How a sync is run.</summary>
public sealed record SyncOptions
{
    /// <summary>Machine names, with wildcards; empty for all of the job.</summary>
    public IReadOnlyList<string> Machines { get; init; } = [];

    /// <summary>
    /// Copy the newest point whole, sharing nothing with older ones, also when it was copied already.
    /// </summary>
    public bool Full { get; init; }

    /// <summary>How long to wait for points that are being written.</summary>
    /// <value>Null waits until they are done.</value>
    public TimeSpan? Wait { get; init; }

    /// <summary>How often a locked point is looked at.</summary>
    /// <value>2 seconds.</value>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Told of what the session should warn of, as it happens.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>
    /// Told of each machine that failed, and with null for a machine of what ended the session.
    /// </summary>
    public Action<string?, BackupCopyException>? Fail { get; init; }
}

/// <summary>
/// Runs a job once. Machines are independent: they run side by side up to the job's limit, one that fails
/// stops no other, and one whose newest point is being written is waited for. The session in the catalog is
/// true at every moment: it begins before any work and ends with a result, also when it is stopped.
/// </summary>
internal sealed class SyncRunner
{
    private readonly Engine _engine;
    private readonly JobDefinition _job;
    private readonly SyncOptions _options;
    private readonly SessionLog _session;
    private readonly List<MachineTask> _running = [];
    private readonly Lock _gate = new();
    private ProgressPump? _pump;
    private IReadOnlyList<MachineProgress> _waiting = [];

    public SyncRunner(Engine engine, JobDefinition job, SyncOptions options)
    {
        _engine = engine;
        _job = job;
        _options = options;
        _session = new SessionLog(engine, job);
    }

    public async Task<SessionInfo> RunAsync(
        IProgress<IReadOnlyList<MachineProgress>>? progress, CancellationToken cancellation)
    {
        _session.Begin();
        try
        {
            await using var pump = new ProgressPump(progress, Progress, _engine.Time);
            _pump = pump;
            var target = TargetBackup.Open(_engine, _job);
            target.Repository.EnsureWritable();
            try
            {
                await CopyAllAsync(target, cancellation);
            }
            finally
            {
                BackupSummaries.Refresh(target.Folder);
            }

            return _session.End();
        }
        catch (OperationCanceledException)
        {
            return _session.End(
                SessionResult.Stopped, "Stopped by its user; the next sync goes on from there.");
        }
        catch (BackupCopyException error)
        {
            _options.Fail?.Invoke(null, error);
            return _session.End(SessionResult.Failed, error.Message, error.Code);
        }
        catch (Exception error)
        {
            _session.End(SessionResult.Failed, $"{error.GetType().Name}: {error.Message}");
            throw;
        }
    }

    private async Task CopyAllAsync(TargetBackup target, CancellationToken cancellation)
    {
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
                waiting = Look(target, done, isFirst: round == 0, task => tasks.Add(
                    Task.Run(() => RunAsync(task, slots, cancellation), CancellationToken.None)));
                TellLost(before, waiting, done);
                ShowWaiting(waiting);
                if (waiting.Count == 0 || isLast)
                {
                    GiveUp(waiting);
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
    }

    /// <summary>Starts what can be copied now and returns what has to be waited for.</summary>
    private List<PointDecision.Wait> Look(
        TargetBackup target, HashSet<Guid> done, bool isFirst, Action<MachineTask> start)
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

            var (chain, chainMachine) = target.ChainFor(name, machine.Key);
            switch (PointChoice.Choose([.. machine], TargetBackup.Last(chain), _options.Full))
            {
                case PointDecision.Wait wait:
                    waiting.Add(wait);
                    break;
                case PointDecision.Copy copy:
                    done.Add(machine.Key);
                    start(new MachineTask(
                        _engine, _job, _session, target, chain, chainMachine, copy.Point, _options));
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
            await task.RunAsync(cancellation);
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

    private void Unreadable(string machine, BackupCopyException error)
    {
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
