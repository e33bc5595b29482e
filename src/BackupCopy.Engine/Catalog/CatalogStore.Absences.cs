using BackupCopy.Jobs;

namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    /// <summary>The machines that a job's last sessions did not find in its sources.</summary>
    internal IReadOnlyList<AbsentMachine> AbsentMachines(Guid jobId) => Read<IReadOnlyList<AbsentMachine>>(
        [],
        database => database.Find(CatalogDatabase.Absences, jobId) is { } document
            ? AbsencesDocument.Read(document, Path)
            : []);

    /// <summary>
    /// Stores these machines, and no others, as those that a job's last sessions did not find; nothing is
    /// stored for a job that was removed meanwhile.
    /// </summary>
    internal void SaveAbsentMachines(Guid jobId, IReadOnlyList<AbsentMachine> machines) => Change(database =>
    {
        if (machines.Count == 0 || FindJob(database, jobId) is null)
        {
            return database.Delete(CatalogDatabase.Absences, jobId);
        }

        database.Upsert(CatalogDatabase.Absences, AbsencesDocument.From(jobId, machines));
        return true;
    });
}
