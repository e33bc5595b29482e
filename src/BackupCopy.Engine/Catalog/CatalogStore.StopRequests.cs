using BackupCopy.Jobs;

namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    /// <summary>
    /// Stores a request for a session that has not ended. One that was made to stop at once stays so.
    /// </summary>
    /// <returns>False, and nothing is stored, when the session has ended.</returns>
    internal bool AskToStop(StopRequest request) => Change(database =>
    {
        if (database.Find(CatalogDatabase.Sessions, request.SessionId) is not { } session
            || SessionDocument.Read(session, Path).EndUtc is not null)
        {
            return false;
        }

        var known = StopRequestIn(database, request.JobId);
        if (known?.SessionId != request.SessionId || known.AfterCurrentMachines)
        {
            database.Upsert(CatalogDatabase.StopRequests, StopRequestDocument.From(request));
        }

        return true;
    });

    /// <summary>The request to a job's session; null when there is none.</summary>
    internal StopRequest? StopRequestOf(Guid jobId) =>
        Read(null, database => StopRequestIn(database, jobId));

    /// <summary>The job's session ends, and with it what was asked of it.</summary>
    internal void ForgetStopRequest(Guid jobId) =>
        Change(database => database.Delete(CatalogDatabase.StopRequests, jobId));

    /// <summary>What all running sessions of this catalog have to know.</summary>
    internal StopOrders OrdersToStop() => Read(StopOrders.None, database => new StopOrders(
        JobsIn(database).Where(job => !job.IsEnabled).Select(job => job.Id).ToHashSet(),
        database.All(CatalogDatabase.StopRequests)
            .Select(document => StopRequestDocument.Read(document, Path))
            .ToDictionary(request => request.JobId)));

    private StopRequest? StopRequestIn(CatalogDatabase database, Guid jobId) =>
        database.Find(CatalogDatabase.StopRequests, jobId) is { } document
            ? StopRequestDocument.Read(document, Path) : null;
}
