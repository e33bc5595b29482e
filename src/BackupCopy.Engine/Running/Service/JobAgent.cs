using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Service;

/// <summary>What the agents of one service share.</summary>
/// <param name="BeganUtc">When the service began.</param>
/// <param name="Stopping">Cancelled when it stops.</param>
internal sealed record AgentContext(
    Engine Engine, ServiceOptions Options, TroubleTeller Trouble, Action Wake, TaskLimit Limit,
    DateTime BeganUtc, CancellationToken Stopping)
{
    /// <summary>How long the last looks at the sources of all immediate jobs took.</summary>
    public TimeSpan LookingTime { get; set; }
}

/// <summary>
/// One job in a service: begins a session when its interval does, or when its sources hold something newer.
/// What fails rests for longer each time; a periodic job's next interval ends the rest.
/// </summary>
internal sealed class JobAgent(AgentContext context) : IDisposable
{
    private static readonly TimeSpan[] s_rests =
        [.. new[] { 1, 5, 15 }.Select(minutes => TimeSpan.FromMinutes(minutes))];

    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(5);

    private JobDefinition? _job;
    private JobRun? _run;
    private Task<SessionInfo?>? _work;
    private volatile bool _isInSession;
    private volatile bool _isHurried;
    private int _failures;
    private long _restFrom;
    private TimeSpan _rest;
    private TimeSpan _looked;
    private SourceWatch? _watch;

    public bool IsIdle => _work is null;

    public bool IsInSession => _isInSession;

    /// <summary>Whether its last work, just collected, changed what is known of the job.</summary>
    public bool HasWorked { get; private set; }

    private Engine Engine => context.Engine;

    /// <summary>What the catalog says of the job now.</summary>
    public void Follow(JobDefinition job, JobRun run)
    {
        _job = job;
        _run = run;
    }

    /// <summary>
    /// Begins what is due; says how long nothing is, null while it works or for a job that is not due at all.
    /// </summary>
    public TimeSpan? Look()
    {
        if (_work is not null || !_job!.IsEnabled || !_job.Schedule.IsAutomatic
            || context.Stopping.IsCancellationRequested)
        {
            return null;
        }

        // Something appeared in the sources; what failed has its rest all the same.
        if (_isHurried && _failures == 0)
        {
            _rest = TimeSpan.Zero;
        }

        _isHurried = false;
        var resting = _rest - Engine.Time.GetElapsedTime(_restFrom);
        try
        {
            return resting > TimeSpan.Zero ? resting
                : _job.Schedule.Mode == JobMode.Immediate ? LookAtSources(_job)
                : LookAtInterval(_job, _run!);
        }
        catch (BackupCopyException error)
        {
            // Such as a zone that this host does not know: one job's trouble.
            Fail(error);
            return _rest;
        }
    }

    /// <summary>The session that ended since the last call.</summary>
    public SessionInfo? Collect()
    {
        HasWorked = false;
        if (_work is not { IsCompleted: true } done)
        {
            return null;
        }

        _work = null;
        _isInSession = false;
        HasWorked = true;
        return Judge(done);
    }

    /// <summary>Waits for the session of a service that stops.</summary>
    public async Task<SessionInfo?> EndAsync()
    {
        if (_work is { } work)
        {
            await Task.WhenAny(work);
        }

        return Collect();
    }

    public void Dispose() => _watch?.Dispose();

    private TimeSpan? LookAtInterval(JobDefinition job, JobRun run)
    {
        var now = Engine.NowUtc;
        if (JobIntervals.DueUtc(job, run, now) is not { } due)
        {
            return null;
        }

        if (due > now)
        {
            return due - now;
        }

        // Whoever runs it now has begun an interval of its own.
        if (JobLock.IsHeld(Engine, job.Id))
        {
            return context.Options.Poll;
        }

        var nobodyWasThere = run.Interval?.EndUtc is { } boundary && boundary <= context.BeganUtc;
        Begin(() => RunAsync(job, SessionTrigger.Schedule, nobodyWasThere));
        return null;
    }

    // A look at a share may hang, and must not hold up the other jobs.
    private TimeSpan? LookAtSources(JobDefinition job)
    {
        var window = CopyWindow.Parse(job.Schedule, job.Retention.TimeZone).At(Engine.NowUtc);
        if (!window.IsOpen)
        {
            return window.UntilUtc - Engine.NowUtc;
        }

        if (JobLock.IsHeld(Engine, job.Id))
        {
            return context.Options.Poll;
        }

        Begin(async () =>
        {
            Watch(job);
            var start = Engine.Time.GetTimestamp();
            var isNew = ImmediateLook.IsAnythingNew(Engine, job);
            Looked(Engine.Time.GetElapsedTime(start));
            return isNew ? await RunAsync(job, SessionTrigger.NewPoint, restartGrid: false) : null;
        });
        return null;
    }

    // What appears while a look or a session is at work hurries the next look.
    private void Watch(JobDefinition job)
    {
        if (_watch?.IsOf(job) != true)
        {
            _watch?.Dispose();
            _watch = new SourceWatch(Engine, job, () =>
            {
                _isHurried = true;
                context.Wake();
            });
        }
    }

    // All looks together may take a hundredth of the time, up to a limit.
    private void Looked(TimeSpan took)
    {
        lock (context)
        {
            context.LookingTime += took - _looked;
            _looked = took;
        }
    }

    private TimeSpan Pause()
    {
        lock (context)
        {
            var pause = context.LookingTime * 100;
            return pause > s_longestPause ? s_longestPause
                : pause < context.Options.Poll ? context.Options.Poll : pause;
        }
    }

    private Task<SessionInfo?> RunAsync(JobDefinition job, SessionTrigger trigger, bool restartGrid)
    {
        _isInSession = true;
        var options = context.Options.Session(new SyncOptions
        {
            Trigger = trigger,
            WholeInterval = trigger == SessionTrigger.Schedule,
            RestartGrid = restartGrid,
            TaskSlots = context.Limit.Slots,
        });
        return NullableAsync(new SyncRunner(Engine, job, options).RunAsync(null, context.Stopping));
    }

    private static async Task<SessionInfo?> NullableAsync(Task<SessionInfo> session) => await session;

    private void Begin(Func<Task<SessionInfo?>> work)
    {
        _work = Task.Run(work);
        _work.GetAwaiter().OnCompleted(context.Wake);
    }

    private SessionInfo? Judge(Task<SessionInfo?> done)
    {
        try
        {
            var session = done.GetAwaiter().GetResult();
            context.Trouble.IsOver(_job!.Id);
            RestAfter(session);
            return session;
        }
        catch (BackupCopyException error) when (error.Code is ErrorCode.JobRunning or ErrorCode.JobDisabled)
        {
            // Somebody was quicker, which the next look sees.
            Rest(context.Options.Poll);
        }
        catch (BackupCopyException error)
        {
            Fail(error);
        }
        catch (Exception error)
        {
            Fail(new BackupCopyException(
                ErrorCode.MachineFailed, $"{error.GetType().Name}: {error.Message}",
                "It is tried again; if it stays, report it with this message.", error));
        }

        return null;
    }

    private void RestAfter(SessionInfo? session)
    {
        if (_job!.Schedule.Mode != JobMode.Immediate)
        {
            (_failures, _rest) = (0, TimeSpan.Zero);
        }
        else if (session?.Result == SessionResult.Stopped)
        {
            // Whoever stopped it does not want it back at once.
            RestLonger(isLongest: true);
        }
        else if (session is null || IsAnyCopied(session))
        {
            _failures = 0;
            Rest(Pause());
        }
        else
        {
            // It copied nothing: what made it begin is still there and must not make it begin at once again.
            RestLonger(isLongest: false);
        }
    }

    private static bool IsAnyCopied(SessionInfo session) =>
        session.Machines.Any(m => m.TargetSequence > 0 && m.Result < SessionResult.Stopped);

    private void Fail(BackupCopyException error)
    {
        context.Trouble.Tell(_job!.Id, new BackupCopyException(
            error.Code, $"The job {_job.Name}: {error.Message}", error.Remedy, error));
        RestLonger(isLongest: false);
    }

    private void RestLonger(bool isLongest)
    {
        Rest(s_rests[isLongest ? ^1 : Math.Min(_failures, s_rests.Length - 1)]);
        _failures++;
    }

    private void Rest(TimeSpan time)
    {
        _rest = time;
        _restFrom = Engine.Time.GetTimestamp();
    }
}
