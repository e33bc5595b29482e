using LiteDB;
using LiteDB.Engine;

namespace BackupCopy.Catalog;

/// <summary>
/// LiteDB opened over the catalog's pages for one operation. It works on documents only: no mapper, no
/// reflection. Its log lives in memory; what it changes reaches the disk with
/// <see cref="CatalogPages.Commit_NeedsLock"/>.
/// </summary>
internal sealed class CatalogDatabase : IDisposable
{
    public const string Repositories = "repositories";
    public const string Jobs = "jobs";
    public const string Sessions = "sessions";
    public const string Settings = "settings";
    public const string Absences = "absences";
    public const string Runs = "runs";
    public const string StopRequests = "stopRequests";
    public const string Outbox = "outbox";

    /// <summary>The layout of the documents; kept in the header, where reading it costs nothing.</summary>
    private const int SchemaVersion = 1;
    private const string SchemaVersionPragma = "USER_VERSION";

    private readonly MemoryStream _log = new();
    private readonly LiteEngine _engine;

    public CatalogDatabase(CatalogPages pages, string path)
    {
        Path = path;
        var isNew = pages.Count == 0;
        _engine = new LiteEngine(new EngineSettings
        {
            DataStream = new PageStream(pages),
            LogStream = _log,
            TempStream = new MemoryStream(),

            // The default would be the culture of whoever creates the file.
            Collation = Collation.Binary,
        });
        try
        {
            if (isNew)
            {
                CreateSchema();
            }

            CheckSchema();
        }
        catch
        {
            _engine.Dispose();
            throw;
        }
    }

    /// <summary>The catalog file, for messages.</summary>
    public string Path { get; }

    public BsonDocument? Find(string collection, BsonValue id) =>
        Query(collection, BsonExpression.Create("$._id = @0", id)).FirstOrDefault();

    public List<BsonDocument> All(string collection) => Query(collection, where: null).ToList();

    /// <summary>Streams documents by an index; the caller may stop early.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="where">One predicate over an indexed field; null for all.</param>
    /// <param name="newestFirst">
    /// The same field, to walk its index from the end; null for the index's order.
    /// </param>
    public IEnumerable<BsonDocument> Query(
        string collection, BsonExpression? where, string? newestFirst = null)
    {
        var query = new Query();
        if (where is not null)
        {
            query.Where.Add(where);
        }

        if (newestFirst is not null)
        {
            query.OrderBy = newestFirst;
            query.Order = LiteDB.Query.Descending;
        }

        using var reader = _engine.Query(collection, query);
        while (reader.Read())
        {
            yield return reader.Current.AsDocument;
        }
    }

    public void Insert(string collection, BsonDocument document) =>
        _engine.Insert(collection, [document], BsonAutoId.ObjectId);

    public bool Update(string collection, BsonDocument document) =>
        _engine.Update(collection, [document]) == 1;

    public void Upsert(string collection, BsonDocument document)
    {
        if (!Update(collection, document))
        {
            Insert(collection, document);
        }
    }

    public bool Delete(string collection, BsonValue id) => _engine.Delete(collection, [id]) == 1;

    /// <summary>
    /// Brings everything from LiteDB's log to the pages, with errors: closing it would swallow them.
    /// </summary>
    public void Complete()
    {
        _ = _engine.Checkpoint();
        if (_log.Length != 0)
        {
            throw new InvalidOperationException($"LiteDB kept {_log.Length} bytes of {Path} in its log.");
        }
    }

    public void Dispose() => _engine.Dispose();

    private void CreateSchema()
    {
        Index(SessionDocument.ByStart, unique: true);
        Index(SessionDocument.ByJob, unique: true);
        Index(SessionDocument.IsRunning, unique: false);
        _engine.Pragma(SchemaVersionPragma, SchemaVersion);
    }

    private void Index(string field, bool unique) =>
        _engine.EnsureIndex(Sessions, field, "$." + field, unique);

    private void CheckSchema()
    {
        var version = _engine.Pragma(SchemaVersionPragma).AsInt32;
        if (version > SchemaVersion)
        {
            throw CatalogError.Newer(
                Path, $"its layout is {version}, this version knows up to {SchemaVersion}");
        }

        if (version < SchemaVersion)
        {
            throw CatalogError.Damaged(Path, $"its layout {version} never existed");
        }
    }
}
