using BackupCopy.Jobs;

namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    /// <summary>
    /// Changes a session that has ended, under the lock; one that runs is its runner's, and nothing is
    /// stored.
    /// </summary>
    /// <param name="change">Must not use the catalog.</param>
    /// <returns>The session as it is stored now; null for one that runs or is not there.</returns>
    internal SessionRecord? UpdateEndedSession(Guid id, Func<SessionRecord, SessionRecord> change) =>
        Change(database =>
        {
            if (database.Find(CatalogDatabase.Sessions, id) is not { } document
                || SessionDocument.Read(document, Path) is not { EndUtc: not null } session)
            {
                return null;
            }

            var changed = change(session);
            database.Upsert(CatalogDatabase.Sessions, SessionDocument.From(changed));
            return changed;
        });
}
