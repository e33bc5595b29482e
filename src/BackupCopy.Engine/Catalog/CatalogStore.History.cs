using LiteDB;

namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    /// <summary>
    /// Forgets sessions that ended before this time, the oldest first. The last session of a job stays
    /// however old it is, and so does one that runs.
    /// </summary>
    /// <param name="most">So many at most, so that nobody waits long for the catalog.</param>
    /// <returns>How many were forgotten; fewer than <paramref name="most"/> when no more are left.</returns>
    internal int PruneSessions(DateTime endedBeforeUtc, int most)
    {
        // Mostly there is nothing to do, and a look keeps nobody from writing.
        if (Read(false, database => Prunable(database, endedBeforeUtc).Any()) is false)
        {
            return 0;
        }

        return Change(database =>
        {
            var gone = Prunable(database, endedBeforeUtc).Take(most).ToList();
            gone.ForEach(id => database.Delete(CatalogDatabase.Sessions, id));
            foreach (var request in database.All(CatalogDatabase.StopRequests)
                .Where(request => gone.Contains(request["session"].AsGuid)))
            {
                database.Delete(CatalogDatabase.StopRequests, request["_id"]);
            }

            return gone.Count;
        });
    }

    private static IEnumerable<Guid> Prunable(CatalogDatabase database, DateTime endedBeforeUtc)
    {
        var jobs = database.All(CatalogDatabase.Jobs).Select(job => job["_id"].AsGuid).ToHashSet();
        var lastOfJob = new Dictionary<Guid, Guid>();
        var range = Between(SessionDocument.ByStart, SessionDocument.StartedBefore(endedBeforeUtc));
        foreach (var session in database.Query(CatalogDatabase.Sessions, range))
        {
            var (id, job) = (session["_id"].AsGuid, session["job"].AsGuid);
            if (session["endUtc"] is { IsInt64: true } end && end.AsInt64 < endedBeforeUtc.Ticks
                && (!jobs.Contains(job) || Last(job) != id))
            {
                yield return id;
            }
        }

        Guid Last(Guid job)
        {
            if (!lastOfJob.TryGetValue(job, out var last))
            {
                last = database.Query(
                    CatalogDatabase.Sessions,
                    Between(SessionDocument.ByJob, SessionDocument.JobRange(job, null)),
                    newestFirst: "$." + SessionDocument.ByJob).First()["_id"].AsGuid;
                lastOfJob.Add(job, last);
            }

            return last;
        }
    }
}
