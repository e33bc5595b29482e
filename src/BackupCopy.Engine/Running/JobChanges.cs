using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>Says what a change of a job makes different.</summary>
internal static class JobChanges
{
    /// <summary>
    /// The name of each setting that changes, as a job shows it; of policy and schedule both in words,
    /// because the name of a part alone says little.
    /// </summary>
    public static IReadOnlyList<string> Of(JobDefinition before, JobDefinition after)
    {
        var changes = new List<string>();
        foreach (var (was, becomes) in (ReadOnlySpan<(string, string)>)
            [
                (before.Retention.InWords(), after.Retention.InWords()),
                (before.Schedule.InWords(), after.Schedule.InWords()),
            ])
        {
            if (was != becomes)
            {
                changes.Add($"{was} -> {becomes}");
            }
        }

        changes.AddRange(
            Settings(before).Zip(Settings(after)).Where(p => p.First != p.Second).Select(p => p.First.Name));
        return changes;
    }

    private static (string Name, string Value)[] Settings(JobDefinition job) =>
    [
        ("Name", job.Name),
        ("Source", List(job.SourceRepositoryIds)),
        ("Target", $"{job.TargetRepositoryId}"),
        ("Machine", List(job.Selection.Machines)),
        ("Exclude", List(job.Selection.Exclude)),
        ("FromJob", List(job.Selection.FromJobs)),
        ("FromBackup", List(job.Selection.FromBackups)),
        ("Parallel", $"{job.Parallel}"),
        ("Compression", job.Compression ?? ""),
        ("MapBackup", job.MappedBackupFolder ?? ""),
        ("TimeZone", job.Retention.TimeZone),
        ("ReadEntirePoint", $"{job.Retention.ReadEntirePoint}"),
        ("ActiveFullOn", job.Retention.ActiveFullOn),
        ("RemoveDeletedAfter", $"{job.Retention.RemoveDeletedAfterDays}"),
        ("HealthCheckOn", job.Upkeep.HealthCheckOn),
        ("CompactOn", job.Upkeep.CompactOn),
        .. Control(job.Schedule, job.Scripts, job.Reports),
    ];

    private static (string Name, string Value)[] Control(
        JobSchedule schedule, JobScripts scripts, JobReports reports) =>
    [
        ("Allow", List(schedule.Allow)),
        ("Deny", List(schedule.Deny)),
        ("MaxRate", $"{schedule.MaxRateBytesPerSecond}"),
        ("PreScript", List(scripts.Pre?.ToList() ?? [])),
        ("PostScript", List(scripts.Post?.ToList() ?? [])),
        ("ScriptTimeout", $"{scripts.Timeout}"),
        ("OnPreScriptFailure", $"{scripts.OnPreFailure}"),
        ("ScriptEvery", $"{scripts.EverySessions}"),
        ("ScriptOn", List(scripts.OnDays)),
        ("AllowHostedScript", $"{scripts.AllowHosted}"),
        ("RpoWarning", $"{reports.RpoWarning}"),
        ("MailTo", List(reports.MailTo)),
        ("ReportOn", $"{reports.ReportOn}"),
    ];

    private static string List<T>(IEnumerable<T> values) => string.Join('\n', values);
}
