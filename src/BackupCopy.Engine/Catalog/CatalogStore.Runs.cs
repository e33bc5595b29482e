using BackupCopy.Jobs;

namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    /// <summary>What is known of a job from its earlier sessions; an empty one before the first.</summary>
    internal JobRun Run(Guid jobId) => Read(new JobRun { JobId = jobId }, database => RunIn(database, jobId));

    /// <summary>Changes it under the lock; nothing is stored for a job that was removed meanwhile.</summary>
    /// <param name="change">Must not use the catalog.</param>
    /// <remarks>Makes no catalog where there is none, like <see cref="SaveSession"/>.</remarks>
    internal JobRun UpdateRun(Guid jobId, Func<JobRun, JobRun> change) => IsMissing()
        ? throw CatalogError.Gone(Path)
        : Change(database =>
        {
            var changed = change(RunIn(database, jobId));
            if (FindJob(database, jobId) is not null)
            {
                database.Upsert(CatalogDatabase.Runs, JobRunDocument.From(changed));
            }

            return changed;
        });

    private JobRun RunIn(CatalogDatabase database, Guid jobId) =>
        database.Find(CatalogDatabase.Runs, jobId) is { } document
            ? JobRunDocument.Read(document, Path) : new JobRun { JobId = jobId };
}
