using BackupCopy.Jobs;

namespace BackupCopy.Reporting;

public sealed partial record JobInfo
{
    /// <summary>Whether a service and the prompt may run it.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>When it runs, in words.</summary>
    public string Schedule { get; init; } = "";

    /// <summary>The interval's length; null for a job that is started by hand.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>The clock time at which intervals of whole days begin; empty without them.</summary>
    public string At { get; init; } = "";
    public JobMode Mode { get; init; }

    /// <summary>When data may be transferred; empty for any time.</summary>
    public IReadOnlyList<string> Allow { get; init => field = value.ForPrompt(); } = [];

    /// <summary>When no data may be transferred; beats <see cref="Allow"/>.</summary>
    public IReadOnlyList<string> Deny { get; init => field = value.ForPrompt(); } = [];

    /// <summary>Whether data may be transferred now, how fast, and until when that stays so.</summary>
    public string CurrentWindow { get; init; } = "";

    /// <summary>0 for no limit of the job's own.</summary>
    public long MaxRateBytesPerSecond { get; init; }

    /// <summary>Whether only points count that are created after the interval began.</summary>
    public bool LookForward { get; init; }

    /// <summary>Whether the global setting decides that, and not the job.</summary>
    public bool IsLookForwardInherited { get; init; }

    /// <summary>The script's path, then its arguments; empty for none.</summary>
    public IReadOnlyList<string> PreScript { get; init => field = value.ForPrompt(); } = [];

    /// <summary>The script's path, then its arguments; empty for none.</summary>
    public IReadOnlyList<string> PostScript { get; init => field = value.ForPrompt(); } = [];
    public TimeSpan ScriptTimeout { get; init; }
    public PreScriptFailure OnPreScriptFailure { get; init; }

    /// <summary>The scripts run in every so manieth session; null when weekdays count.</summary>
    public int? ScriptEvery { get; init; }

    /// <summary>The weekdays on which the scripts run; empty when sessions count.</summary>
    public IReadOnlyList<DayOfWeek> ScriptOn { get; init => field = value.ForPrompt(); } = [];
    public bool AllowHostedScript { get; init; }

    /// <summary>How long a restore point may lack its copy without a warning; null for any time.</summary>
    public TimeSpan? RpoWarning { get; init; }

    /// <summary>The job's own mail addresses; empty for those of the settings.</summary>
    public IReadOnlyList<string> MailTo { get; init => field = value.ForPrompt(); } = [];

    /// <summary>The job's own choice; null for that of the settings.</summary>
    public ReportOn? ReportOn { get; init; }

    internal JobInfo With(JobDefinition job, bool globalLookForward, string currentWindow) => this with
    {
        IsEnabled = job.IsEnabled,
        HealthCheckOn = Days(job.Upkeep.HealthCheckOn),
        CompactOn = Days(job.Upkeep.CompactOn),
        Schedule = job.Schedule.InWords(),
        Every = job.Schedule.Every,
        At = job.Schedule.CountsDays ? $"{job.Schedule.At:HH:mm}" : "",
        Mode = job.Schedule.Mode,
        Allow = job.Schedule.Allow,
        Deny = job.Schedule.Deny,
        CurrentWindow = currentWindow,
        MaxRateBytesPerSecond = job.Schedule.MaxRateBytesPerSecond,
        LookForward = job.Schedule.LookForward ?? globalLookForward,
        IsLookForwardInherited = job.Schedule.LookForward is null,
        PreScript = job.Scripts.Pre?.ToList() ?? [],
        PostScript = job.Scripts.Post?.ToList() ?? [],
        ScriptTimeout = job.Scripts.Timeout,
        OnPreScriptFailure = job.Scripts.OnPreFailure,
        ScriptEvery = job.Scripts.OnDays.Count > 0 ? null : job.Scripts.EverySessions,
        ScriptOn = job.Scripts.OnDays,
        AllowHostedScript = job.Scripts.AllowHosted,
        RpoWarning = job.Reports.RpoWarning,
        MailTo = job.Reports.MailTo,
        ReportOn = job.Reports.ReportOn,
    };
}
