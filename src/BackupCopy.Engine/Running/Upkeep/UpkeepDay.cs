using BackupCopy.Jobs;
using BackupCopy.Retention;

namespace BackupCopy.Running.Upkeep;

/// <summary>Whether a day's work of a job is due in a session, by the local day in the job's zone.</summary>
/// <param name="Due">The scheduled day that is to be done; null when none is.</param>
/// <param name="Next">The next one after today; null without days.</param>
internal sealed record UpkeepDay(DateOnly Today, DateOnly? Due, DateOnly? Next)
{
    public static UpkeepDay Of(
        DaySchedule days, JobDefinition job, DateTime? sinceUtc, DateOnly? done, DateTime nowUtc)
    {
        var local = new LocalDays(job.Retention.Policy().Zone());
        var today = local.Of(nowUtc);
        return new UpkeepDay(
            today, days.Due(today, local.Of(sinceUtc ?? job.CreatedUtc), done), days.Next(today));
    }
}
