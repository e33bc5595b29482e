using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>Says what a change of a job makes different.</summary>
internal static class JobChanges
{
    /// <summary>
    /// The name of each setting that changes, as a job shows it; of the policy both in words,
    /// because the name of a tier alone says little.
    /// </summary>
    public static IReadOnlyList<string> Of(JobDefinition before, JobDefinition after)
    {
        var changes = new List<string>();
        var (was, becomes) = (before.Retention.InWords(), after.Retention.InWords());
        if (was != becomes)
        {
            changes.Add($"{was} -> {becomes}");
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
    ];

    private static string List<T>(IEnumerable<T> values) => string.Join('\n', values);
}
