using BackupCopy.Jobs;
using BackupCopy.Retention;

namespace BackupCopy.Running;

/// <summary>Tells what is possible and perhaps not meant, when a job is defined or changed.</summary>
internal static class JobWarnings
{
    /// <param name="before">Null for a new job; what did not change is not told again.</param>
    public static IEnumerable<string> Of(JobDefinition? before, JobDefinition after, DateTime nowUtc)
    {
        if ((before is null || IntervalClock.RuleOf(before) != IntervalClock.RuleOf(after))
            && SkippedStart(after, nowUtc) is { } skipped)
        {
            yield return skipped;
        }

        var scripts = after.Scripts;
        if (before?.Scripts != scripts && !scripts.AllowHosted && !ScriptFile.HasPwsh()
            && new[] { scripts.Pre, scripts.Post }.OfType<JobScript>().FirstOrDefault(ScriptFile.IsPowerShell)
                is { } script)
        {
            yield return $"{script.Path} needs pwsh, and no pwsh lies on the path of this process. Install "
                + "PowerShell, or allow the module's own host with -AllowHostedScript.";
        }
    }

    // The first start in a year that no clock on a wall shows.
    private static string? SkippedStart(JobDefinition job, DateTime nowUtc)
    {
        if (!job.Schedule.CountsDays || job.Schedule.Mode == JobMode.Immediate)
        {
            return null;
        }

        var zone = job.Retention.Policy().Zone();
        var days = new LocalDays(zone);
        var today = days.Of(nowUtc);
        for (var day = today; day < today.AddYears(1); day = day.AddDays(1))
        {
            var start = day.ToDateTime(job.Schedule.At);
            if (zone.IsInvalidTime(start))
            {
                var fires = days.Local(days.ToUtc(start));
                return $"{start:HH:mm} does not exist on {day:yyyy-MM-dd} in {zone.Id}, where clocks are set "
                    + $"forward: an interval of that day begins at {fires:HH:mm}.";
            }
        }

        return null;
    }
}
