namespace BackupCopy.Jobs;

/// <summary>What a script before the job that fails means for the session.</summary>
public enum PreScriptFailure
{
    /// <summary>Nothing is copied and the session fails.</summary>
    Fail,

    /// <summary>The session goes on with a warning.</summary>
    Warn,

    /// <summary>The session goes on; the event alone tells of it.</summary>
    Ignore,

    /// <summary>
    /// The exit code says it: 0 run, 1 leave this session out, 2 warning and run, 3 warning and leave out,
    /// 4 error and run, 5 and every other error and leave out.
    /// </summary>
    SkipRun,
}

/// <summary>A program or script on this machine.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Arguments">Handed over one by one, never through a shell.</param>
public sealed record JobScript(string Path, params IReadOnlyList<string> Arguments)
{
    /// <summary>Path and arguments in one list, as the prompt takes them.</summary>
    public IReadOnlyList<string> ToList() => [Path, .. Arguments];
}

/// <summary>What runs before and after a job's sessions.</summary>
public sealed record JobScripts
{
    public JobScript? Pre { get; init; }
    public JobScript? Post { get; init; }

    /// <summary>After this long the script and everything that it started are ended.</summary>
    /// <value>15 minutes.</value>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    public PreScriptFailure OnPreFailure { get; init; } = PreScriptFailure.Fail;

    /// <summary>The scripts run in every so manieth session.</summary>
    /// <value>1.</value>
    public int EverySessions { get; init; } = 1;

    /// <summary>
    /// The weekdays on which they run, once each, in the day's first session; empty counts sessions instead.
    /// </summary>
    public IReadOnlyList<DayOfWeek> OnDays { get; init; } = [];

    /// <summary>A .ps1 may run in the module's own host where there is no pwsh.</summary>
    public bool AllowHosted { get; init; }

    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromMinutes(15);
}
