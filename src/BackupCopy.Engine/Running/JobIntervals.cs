using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>
/// The intervals of jobs, kept in the catalog: begun by the session that holds the job's lock, and open until
/// its work is over, so that a session that was cut off is continued in the interval that it began.
/// </summary>
internal static class JobIntervals
{
    private static readonly TimeSpan s_leastAhead = TimeSpan.FromHours(1);

    /// <summary>The interval of a session that begins now.</summary>
    public static JobRun Begin(Engine engine, JobDefinition job, SyncOptions options)
    {
        var now = engine.NowUtc;
        return engine.Catalog.UpdateRun(job.Id, run =>
        {
            var next = IsContinued(job, run, options.Trigger, now)
                ? IntervalClock.Follow(job, run, now)
                : IntervalClock.Begin(job, run, now, options.Trigger, options.RestartGrid);
            return next with { IsOpen = true, SessionCount = run.SessionCount + 1 };
        });
    }

    /// <summary>The interval's work is over.</summary>
    public static void Close(Engine engine, Guid jobId) =>
        engine.Catalog.UpdateRun(jobId, run => run with { IsOpen = false });

    /// <summary>When a service should begin a session; null for a job that is started by hand.</summary>
    /// <remarks>A time that is past is now. An immediate job is due whenever a point appears.</remarks>
    public static DateTime? DueUtc(JobDefinition job, JobRun run, DateTime nowUtc)
    {
        if (!job.IsEnabled || job.Schedule.Every is null || job.Schedule.Mode == JobMode.Immediate)
        {
            return null;
        }

        return run.Interval?.EndUtc is null || IsContinued(job, run, SessionTrigger.Schedule, nowUtc)
            || IsFarAhead(job, run, nowUtc)
            ? nowUtc : IntervalClock.Follow(job, run, nowUtc).Interval!.EndUtc;
    }

    private static bool IsContinued(JobDefinition job, JobRun run, SessionTrigger trigger, DateTime nowUtc) =>
        trigger == SessionTrigger.Schedule && run.IsOpen && !IsFarAhead(job, run, nowUtc)
        && IntervalClock.Follow(job, run, nowUtc).Interval?.EndUtc > nowUtc;

    // A clock that was set back by less than an interval keeps the one that began; one that was wrong by more
    // would leave the job idle until that time comes round again.
    private static bool IsFarAhead(JobDefinition job, JobRun run, DateTime nowUtc) =>
        IsFarAhead(job, run.Interval, nowUtc);

    /// <summary>
    /// Whether an interval begins so far in the future that the clock must have been wrong then.
    /// </summary>
    public static bool IsFarAhead(JobDefinition job, CopyInterval? interval, DateTime nowUtc) =>
        interval is not null && job.Schedule.Every is { } every
        && interval.StartUtc - nowUtc > (every > s_leastAhead ? every : s_leastAhead);
}
