using BackupCopy.Blocks;
using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running;

public sealed partial class CopyJobs
{
    private JobInfo Describe(JobDefinition job)
    {
        var sessions = LastSessions(job.Id, out var isDead);
        var last = sessions.Count > 0 ? sessions[0] : null;
        var ended = sessions.FirstOrDefault(s => s.EndUtc is not null);
        var lags = Lags(job);
        var run = _engine.Catalog.Run(job.Id);
        return new JobInfo
        {
            Id = job.Id,
            Name = job.Name,
            Source = [.. job.SourceRepositoryIds.Select(NameOf)],
            Target = NameOf(job.TargetRepositoryId),
            State = StateOf(job, last is { EndUtc: null } && !isDead ? last : null, run),
            LastResult = isDead ? SessionResult.Failed : ended?.Result ?? SessionResult.None,
            LastRun = last?.StartUtc.ToLocalTime(),
            NextRun = NextRun(job, isRunning: last is { EndUtc: null } && !isDead),
            Lag = lags?.Select(l => l.Behind).DefaultIfEmpty().Max(),
            LagPoints = lags?.Select(l => l.Points).DefaultIfEmpty().Max(),
            MachineLag = lags ?? [],
            Machine = job.Selection.Machines,
            Exclude = job.Selection.Exclude,
            FromJob = job.Selection.FromJobs,
            FromBackup = job.Selection.FromBackups,
            Parallel = job.Parallel,
            Compression = job.Compression is null ? null : Enum.Parse<Compression>(job.Compression),
            MapBackup = job.MappedBackupFolder ?? "",
            RetentionDebt = ended?.RetentionDebt ?? 0,
            LastHealthCheck = run.HealthCheckDay,
            LastCompaction = run.CompactDay,
            WentBack = run.WentBack,
        }.With(job.Retention).With(job, _engine.Catalog.GlobalSettings().LookForward, Window(job));
    }

    private static JobState StateOf(JobDefinition job, SessionRecord? running, JobRun run) =>
        (running?.WaitState() ?? running?.State) switch
        {
            null when !job.IsEnabled => JobState.Disabled,
            null => run.WentBack.Length > 0 ? JobState.WaitingForConfirmation : JobState.Idle,
            SessionState.WaitingForRestorePoint => JobState.WaitingForRestorePoint,
            SessionState.WaitingForWindow => JobState.WaitingForWindow,
            SessionState.WaitingForLock => JobState.WaitingForLock,
            SessionState.WaitingForRepository => JobState.WaitingForRepository,
            _ => JobState.Running,
        };

    private DateTime? NextRun(JobDefinition job, bool isRunning)
    {
        if (!job.IsEnabled || job.Schedule.Every is null || job.Schedule.Mode == JobMode.Immediate)
        {
            return null;
        }

        try
        {
            var run = _engine.Catalog.Run(job.Id);
            var due = isRunning
                ? IntervalClock.Follow(job, run, _engine.NowUtc).Interval?.EndUtc
                : JobIntervals.DueUtc(job, run, _engine.NowUtc);
            return due?.ToLocalTime();
        }
        catch (BackupCopyException)
        {
            // A job that was defined on another machine may name a zone that this one does not know.
            return null;
        }
    }

    private string Window(JobDefinition job)
    {
        try
        {
            var now = CopyWindow.Parse(job.Schedule, job.Retention.TimeZone).At(_engine.NowUtc);
            var rate = now.RateBytesPerSecond > 0 ? $" at {RateText.Of(now.RateBytesPerSecond)}" : "";
            return (now.IsOpen ? $"open{rate}" : "closed")
                + (now.UntilUtc is { } until ? $" until {until.ToLocalText()}" : "");
        }
        catch (BackupCopyException error)
        {
            return error.Message;
        }
    }

    /// <summary>The last two sessions; one whose process died is ended first.</summary>
    /// <param name="isDead">Whether the last one could not be ended by this account and is dead.</param>
    private IReadOnlyList<SessionRecord> LastSessions(Guid job, out bool isDead)
    {
        var query = new Catalog.SessionQuery { JobId = job, Newest = 2 };
        var sessions = _engine.Catalog.Sessions(query);
        isDead = false;
        if (sessions is not [{ EndUtc: null }, ..] || JobLock.IsHeld(_engine, job))
        {
            return sessions;
        }

        try
        {
            _engine.Sessions.CloseDead(job);
        }
        catch (BackupCopyException)
        {
            // Who may only read the catalog still sees how the session ended.
        }

        // Read again: a session that ended meanwhile saved its end before it gave the lock back.
        sessions = _engine.Catalog.Sessions(query);
        isDead = sessions is [{ EndUtc: null }, ..] && !JobLock.IsHeld(_engine, job);
        return sessions;
    }

    private string NameOf(Guid repository) =>
        _engine.Catalog.FindRepository(repository)?.Name ?? repository.ToString();

    /// <summary>Null while the target or a source is away: then nothing can be said.</summary>
    private List<MachineLag>? Lags(JobDefinition job)
    {
        try
        {
            var isAnyAway = false;
            List<MachineLag> lags =
            [
                .. new MachineLook(_engine, job).Lags(
                    TargetBackup.Open(_engine, job), _ => isAnyAway = true),
            ];
            return isAnyAway ? null : lags;
        }
        catch (BackupCopyException)
        {
            return null;
        }
    }
}
