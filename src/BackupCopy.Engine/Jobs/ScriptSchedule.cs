namespace BackupCopy.Jobs;

/// <summary>
/// In which sessions a job's scripts run, as a pure function: every so many sessions, or on chosen weekdays
/// once each. The script before and the one after the job are asked the same of the same session.
/// </summary>
internal static class ScriptSchedule
{
    /// <param name="sessionCount">The session's number, the first is 1.</param>
    /// <param name="day">The local day on which the session began.</param>
    /// <param name="lastDay">The local day on which the script last ran; null for never.</param>
    public static bool IsDue(JobScripts scripts, long sessionCount, DateOnly day, DateOnly? lastDay) =>
        scripts.OnDays.Count > 0
            ? scripts.OnDays.Contains(day.DayOfWeek) && lastDay != day
            : scripts.EverySessions <= 1 || (sessionCount - 1) % scripts.EverySessions == 0;
}

/// <summary>What the end of the script before the job means for the session.</summary>
/// <param name="Runs">Whether anything is copied.</param>
/// <param name="Level">A warning is the session's too; an error fails it, also one that copies.</param>
internal readonly record struct PreScriptVerdict(bool Runs, EventLevel Level)
{
    /// <param name="exitCode">Null for a script that did not start, or that had to be ended.</param>
    public static PreScriptVerdict Of(PreScriptFailure action, int? exitCode) => (action, exitCode) switch
    {
        (_, 0) => new(Runs: true, EventLevel.Info),
        (PreScriptFailure.Ignore, _) => new(Runs: true, EventLevel.Info),
        (PreScriptFailure.Warn, _) => new(Runs: true, EventLevel.Warning),
        (PreScriptFailure.SkipRun, 1) => new(Runs: false, EventLevel.Info),
        (PreScriptFailure.SkipRun, 2) => new(Runs: true, EventLevel.Warning),
        (PreScriptFailure.SkipRun, 3) => new(Runs: false, EventLevel.Warning),
        (PreScriptFailure.SkipRun, 4) => new(Runs: true, EventLevel.Error),
        _ => new(Runs: false, EventLevel.Error),
    };
}
