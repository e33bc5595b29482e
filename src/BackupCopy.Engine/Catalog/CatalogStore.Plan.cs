using BackupCopy.Jobs;

namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    /// <summary>All that decides which session is due, read together.</summary>
    internal JobPlan Plan() => Read(new JobPlan(), database => new JobPlan
    {
        Jobs = JobsIn(database),
        RunByJobId = database.All(CatalogDatabase.Runs)
            .Select(document => JobRunDocument.Read(document, Path))
            .ToDictionary(run => run.JobId),
        Settings = ReadSettings(
            database.Find(CatalogDatabase.Settings, GlobalSettingsKey) is { } settings
                ? new DocumentReader(Path, "setting", settings).Text("value") : null),
    });
}

/// <summary>
/// The jobs of a catalog, what is known of their earlier sessions, and what counts for all.
/// </summary>
internal sealed record JobPlan
{
    public IReadOnlyList<JobDefinition> Jobs { get; init; } = [];

    public IReadOnlyDictionary<Guid, JobRun> RunByJobId { get; init; } = new Dictionary<Guid, JobRun>();

    public GlobalSettings Settings { get; init; } = new();

    public JobRun RunOf(JobDefinition job) =>
        RunByJobId.GetValueOrDefault(job.Id) ?? new JobRun { JobId = job.Id };
}
