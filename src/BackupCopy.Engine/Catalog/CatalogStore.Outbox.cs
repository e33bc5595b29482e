using BackupCopy.Jobs;

namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    /// <summary>The reports that wait, oldest first.</summary>
    internal IReadOnlyList<OutboxItem> Outbox() => Read<IReadOnlyList<OutboxItem>>([], OutboxIn);

    /// <summary>
    /// Changes the queue, and with it what the sessions say of their reports and up to when a digest told, in
    /// one step: a process that dies loses no report and tells nothing twice.
    /// </summary>
    internal T ChangeOutbox<T>(Func<OutboxChange, T> change) => Change(database =>
        change(new OutboxChange(this, database, OutboxIn(database))));

    /// <summary>The sessions of one job that ended in this time, the newest first.</summary>
    internal IReadOnlyList<SessionRecord> SessionsEnded(Guid jobId, DateTime afterUtc, DateTime untilUtc) =>
        Read<IReadOnlyList<SessionRecord>>(
            [],
            // Of one job's sessions none begins before the last has ended; with the first old one all are.
            database => SessionsIn(database, new SessionQuery { JobId = jobId })
                .TakeWhile(session => session.EndUtc is not { } end || end > afterUtc)
                .Where(session => session.EndUtc <= untilUtc)
                .ToList());

    private IReadOnlyList<OutboxItem> OutboxIn(CatalogDatabase database) =>
        [.. database.All(CatalogDatabase.Outbox).Select(document => OutboxDocument.Read(document, Path))
            .OrderBy(item => item.CreatedUtc).ThenBy(item => item.Id)];

    /// <summary>One change of the queue, under the catalog's lock.</summary>
    internal sealed class OutboxChange(
        CatalogStore catalog, CatalogDatabase database, IReadOnlyList<OutboxItem> items)
    {
        /// <summary>What waited when the change began, oldest first.</summary>
        public IReadOnlyList<OutboxItem> Items => items;

        public void Put(OutboxItem item) =>
            database.Upsert(CatalogDatabase.Outbox, OutboxDocument.From(item));

        public void Remove(Guid id) => database.Delete(CatalogDatabase.Outbox, id);

        /// <summary>Nothing happens when the session is no longer kept.</summary>
        public SessionRecord? Session(Guid id, Func<SessionRecord, SessionRecord> change)
        {
            if (database.Find(CatalogDatabase.Sessions, id) is not { } document)
            {
                return null;
            }

            var changed = change(SessionDocument.Read(document, catalog.Path));
            database.Upsert(CatalogDatabase.Sessions, SessionDocument.From(changed));
            return changed;
        }

        public GlobalSettings Settings(Func<GlobalSettings, GlobalSettings> change) =>
            catalog.ChangeSettings(database, change);
    }
}
