using BackupCopy.Jobs;
using LiteDB;

namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    /// <summary>Stores a new session.</summary>
    /// <remarks>Error: <see cref="ErrorCode.InvalidArgument"/> when the id is not new.</remarks>
    public void BeginSession(SessionRecord session) => Change(database =>
    {
        Begin(database, session);
        return true;
    });

    /// <summary>
    /// Stores a new session unless a live one of the same job runs; of any number of callers at once one
    /// succeeds.
    /// </summary>
    /// <param name="session">The new session.</param>
    /// <param name="isAlive">
    /// Whether the process behind a <see cref="SessionRecord.Runner"/> still lives; called under the lock,
    /// must not use the catalog.
    /// </param>
    /// <returns>
    /// Sessions of the job that never ended because their runner died, newest first. The caller saves them as
    /// ended; until then they are returned again.
    /// </returns>
    /// <remarks>Error: <see cref="ErrorCode.JobRunning"/>, naming runner and start.</remarks>
    public IReadOnlyList<SessionRecord> BeginSessionIfIdle(
        SessionRecord session, Func<string, bool> isAlive) =>
        Change(database =>
        {
            var open = RunningIn(database).Where(other => other.JobId == session.JobId).ToList();
            if (open.FirstOrDefault(other => isAlive(other.Runner)) is { } running)
            {
                throw new BackupCopyException(
                    ErrorCode.JobRunning,
                    $"The job {session.JobName} already runs: session {running.Id} since "
                    + $"{running.StartUtc.ToLocalText()}, by {running.Runner}.",
                    "Wait for it, or stop it where it runs; Get-BackupCopySession -Running shows it.");
            }

            Begin(database, session);
            return open;
        });

    /// <summary>Stores a session as it is now, over what was stored of it.</summary>
    /// <remarks>
    /// A catalog that was moved away meanwhile is <see cref="ErrorCode.CatalogUnavailable"/>: an empty one in
    /// its place would be taken for one without jobs.
    /// </remarks>
    public void SaveSession(SessionRecord session)
    {
        if (IsMissing())
        {
            throw CatalogError.Gone(Path);
        }

        Change(database =>
        {
            database.Upsert(CatalogDatabase.Sessions, SessionDocument.From(session));
            return true;
        });
    }

    /// <summary>The session of this id; null when there is none.</summary>
    public SessionRecord? FindSession(Guid id) => Read(null, database =>
        database.Find(CatalogDatabase.Sessions, id) is { } document
            ? SessionDocument.Read(document, Path)
            : null);

    /// <summary>The sessions that match, newest start first.</summary>
    public IReadOnlyList<SessionRecord> Sessions(SessionQuery query) => Read<IReadOnlyList<SessionRecord>>(
        [],
        database => SessionsIn(database, query)
            .Where(query.Matches)
            .Take(query.Newest ?? int.MaxValue)
            .ToList());

    private static BsonExpression Between(string field, (BsonValue From, BsonValue To) range) =>
        BsonExpression.Create($"$.{field} BETWEEN @0 AND @1", range.From, range.To);

    private static void Begin(CatalogDatabase database, SessionRecord session)
    {
        if (database.Find(CatalogDatabase.Sessions, session.Id) is not null)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument,
                $"The catalog {database.Path} already has a session with the id {session.Id}.",
                "Begin every session with an id of its own.");
        }

        database.Insert(CatalogDatabase.Sessions, SessionDocument.From(session));
    }

    // Newest first. The narrowest index decides what is read; SessionQuery.Matches decides what counts.
    private IEnumerable<SessionRecord> SessionsIn(CatalogDatabase database, SessionQuery query)
    {
        if (query.IsRunning == true)
        {
            return RunningIn(database);
        }

        var (field, range) = query.JobId is { } job
            ? (SessionDocument.ByJob, SessionDocument.JobRange(job, query.AfterUtc))
            : (SessionDocument.ByStart, SessionDocument.StartRange(query.AfterUtc));
        return database
            .Query(CatalogDatabase.Sessions, Between(field, range), newestFirst: "$." + field)
            .Select(document => SessionDocument.Read(document, Path));
    }

    private IEnumerable<SessionRecord> RunningIn(CatalogDatabase database) => database
        .Query(CatalogDatabase.Sessions, BsonExpression.Create($"$.{SessionDocument.IsRunning} = @0", true))
        .Select(document => SessionDocument.Read(document, Path))
        .OrderByDescending(session => session.StartUtc)
        .ThenByDescending(session => session.Id);
}

/// <summary>Which sessions; what is null does not restrict.</summary>
public sealed record SessionQuery
{
    /// <summary>Only sessions of this job.</summary>
    public Guid? JobId { get; init; }

    /// <summary>At most so many, the newest ones.</summary>
    public int? Newest { get; init; }

    /// <summary>Only sessions that started at or after this time, UTC.</summary>
    public DateTime? AfterUtc { get; init; }

    /// <summary>Only sessions with this result; running ones have <see cref="SessionResult.None"/>.</summary>
    public SessionResult? Result { get; init; }

    /// <summary>True for sessions without an end, false for ended ones.</summary>
    public bool? IsRunning { get; init; }

    internal bool Matches(SessionRecord session) =>
        (JobId is null || session.JobId == JobId)
        && (AfterUtc is null || session.StartUtc >= AfterUtc)
        && (Result is null || session.Result == Result)
        && (IsRunning is null || session.EndUtc is null == IsRunning);
}
