using System.Globalization;
using System.Threading.Channels;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Service;

/// <summary>
/// The loop of a service: looks at what is due, begins it, and sleeps. It never works or waits itself: that
/// do its jobs' agents and its duties, each in a task of its own, and wake it when they are done. While
/// nothing changes it opens nothing.
/// </summary>
internal sealed class ServiceLoop : IAsyncDisposable
{
    private readonly Engine _engine;
    private readonly ServiceOptions _options;
    private readonly SystemdNotify? _notify;
    private readonly PlanWatch _plan;
    private readonly ClockWatch _clock;
    private readonly TroubleTeller _trouble;
    private readonly List<DutyRunner> _duties;
    private readonly Dictionary<Guid, JobAgent> _agents = [];
    private readonly AgentContext _context;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _timer;

    // One is enough however often it is rung.
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public ServiceLoop(
        Engine engine, ServiceOptions options, IReadOnlyList<ServiceDuty> duties, SystemdNotify? notify)
    {
        _engine = engine;
        _options = options;
        _notify = notify;
        _trouble = new TroubleTeller(options);
        _plan = new PlanWatch(engine, options.Poll, _trouble);
        _clock = new ClockWatch(engine.Time);
        _duties = [.. duties.Select(duty => new DutyRunner(duty, engine, _trouble, Wake))];
        _context = new AgentContext(
            engine, options, _trouble, Wake, new TaskLimit(), engine.NowUtc, _stopping.Token);
        _timer = engine.Time.CreateTimer(
            _ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something may be due: the loop looks at once.</summary>
    public void Wake() => _bell.Writer.TryWrite(true);

    /// <summary>Looks and sleeps until it is cancelled, then ends what runs.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var ending = cancellation.Register(Wake);
        while (!cancellation.IsCancellationRequested)
        {
            var next = await LookAsync();
            ShowStatus();
            _timer.Change(next, Timeout.InfiniteTimeSpan);
            _options.Sleeping?.Invoke(_engine.NowUtc + next, AtWork);
            await _bell.Reader.ReadAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        var ended = await Task.WhenAll(_agents.Values.Select(agent => agent.EndAsync()));
        Array.ForEach([.. _agents.Values], agent => agent.Dispose());
        await Task.WhenAll(_duties.Select(duty => duty.EndAsync()));
        await _timer.DisposeAsync();
        _stopping.Dispose();
        foreach (var session in ended)
        {
            await TellEndAsync(session);
        }
    }

    private int AtWork => _agents.Values.Count(agent => !agent.IsIdle) + _duties.Count(duty => !duty.IsIdle);

    private int Running => _agents.Values.Count(agent => agent.IsInSession);

    /// <summary>Begins what is due, and says how long there is nothing to do then.</summary>
    private async Task<TimeSpan> LookAsync()
    {
        _notify?.Alive();
        TellJump();
        foreach (var agent in _agents.Values)
        {
            await TellEndAsync(agent.Collect());
            if (agent.HasWorked)
            {
                _plan.Forget();
            }
        }

        var next = _options.Poll;
        if (_notify?.AliveEvery is { } alive && alive < next)
        {
            next = alive;
        }

        // Without a catalog nothing can be done for anybody; its coming back is looked for.
        if (_plan.Look() is { } plan)
        {
            foreach (var duty in _duties)
            {
                next = Sooner(next, duty.Look(_stopping.Token));
            }

            _context.Limit.Set(plan.Settings.MaxTasks);
            foreach (var agent in Agents(plan))
            {
                next = Sooner(next, agent.Look());
            }
        }

        return next;
    }

    private IEnumerable<JobAgent> Agents(Catalog.JobPlan plan)
    {
        var jobs = plan.Jobs.Where(job => Wildcard.MatchesAny(_options.Jobs, job.Name)).ToList();
        foreach (var gone in _agents.Keys.Except(jobs.Select(job => job.Id)).ToList())
        {
            if (_agents[gone].IsIdle)
            {
                _agents[gone].Dispose();
                _agents.Remove(gone);
            }
        }

        foreach (var job in jobs)
        {
            if (!_agents.TryGetValue(job.Id, out var agent))
            {
                _agents.Add(job.Id, agent = new JobAgent(_context));
            }

            agent.Follow(job, plan.RunOf(job));
            yield return agent;
        }
    }

    private async Task TellEndAsync(SessionInfo? ended)
    {
        if (ended is not null && _options.Ended is { } tell)
        {
            await tell(ended);
        }
    }

    private void TellJump()
    {
        if (_clock.Jumped() is { } by)
        {
            var how = by > TimeSpan.Zero ? "ahead (or the host slept)" : "back";
            _options.Tell?.Invoke(
                SessionEventId.ClockJumped,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The clock went {by.Duration().TotalHours:0.#} hours {how}. Intervals that run are "
                    + $"kept; boundaries that were passed over are not made up for."));
        }
    }

    private void ShowStatus() => _notify?.Status(
        $"{_agents.Count} jobs, {Running} running{(_trouble.Newest is { } trouble ? $"; {trouble}" : "")}");

    private static TimeSpan Sooner(TimeSpan one, TimeSpan? other) =>
        other is { } time && time < one ? (time > TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(50)) : one;
}
