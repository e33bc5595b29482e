using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Storage;
using LiteDB;
using LiteDB.Engine;
using BackupCopy.Tests.Storage;
using static BackupCopy.Tests.Catalog.CatalogSamples;
using static BackupCopy.Tests.Catalog.CatalogStoreTests;

namespace BackupCopy.Tests.Catalog;

public sealed class CatalogSchemaTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CatalogStore _catalog;

    public CatalogSchemaTests()
    {
        _catalog = new CatalogStore(_folder["catalog.db"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Catalog_of_a_newer_version_is_refused_and_not_touched()
    {
        _catalog.SetSetting("a", "b");
        Rewrite(engine => engine.Pragma("USER_VERSION", 2));
        var before = File.ReadAllBytes(_folder["catalog.db"]);
        AssertCode(ErrorCode.UnsupportedFormat, () => _catalog.Jobs());
        AssertCode(ErrorCode.UnsupportedFormat, () => _catalog.SetSetting("a", "c"));
        Assert.Equal(before, File.ReadAllBytes(_folder["catalog.db"]));
    }

    [Theory]
    [InlineData("state", "Dreaming")]
    [InlineData("result", "7")]
    [InlineData("state", "working")]
    public void Name_that_this_version_does_not_know_is_a_clear_error(string field, string name)
    {
        var session = Session(Guid.NewGuid());
        _catalog.BeginSession(session);
        ChangeField("sessions", session.Id, field, name);
        var error = AssertCode(ErrorCode.UnsupportedFormat, () => _catalog.FindSession(session.Id));
        Assert.Contains($"\"{name}\"", error.Message, StringComparison.Ordinal);
        Assert.Contains(field, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("addedUtc")]
    public void Field_that_is_missing_names_itself(string field)
    {
        var repository = Repository();
        _catalog.AddRepository(repository);
        ChangeField("repositories", repository.Id, field, BsonValue.Null);
        var error = AssertCode(ErrorCode.CatalogDamaged, () => _catalog.Repositories());
        Assert.Contains($"\"{field}\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Field_that_older_versions_did_not_write_has_its_default()
    {
        var repository = Repository() with { MaxTasks = 9 };
        _catalog.AddRepository(repository);
        ChangeField("repositories", repository.Id, "maxTasks", BsonValue.Null);
        Assert.Equal(RepositoryDefinition.DefaultMaxTasks, _catalog.Repositories()[0].MaxTasks);
    }

    [Theory]
    [InlineData(false, SyncPhase.Synchronizing)]
    [InlineData(true, SyncPhase.Idle)]
    public void Session_of_a_version_without_phases_was_synchronizing_until_it_ended(
        bool hasEnded, SyncPhase phase)
    {
        var session = Session(Guid.NewGuid());
        session = hasEnded ? session.Ended() : session;
        _catalog.BeginSession(session);
        foreach (var field in new[] { "checkpoint", "events", "droppedEvents" })
        {
            ChangeField("sessions", session.Id, field, BsonValue.Null);
        }

        var found = _catalog.FindSession(session.Id)!;
        Assert.Equal(phase, found.Phase);
        Assert.Empty(found.Events);
        Assert.Equal(0, found.DroppedEventCount);
    }

    [Fact]
    public void Newest_sessions_are_read_by_index()
    {
        var job = Guid.NewGuid();
        for (var i = 0; i < 60; i++)
        {
            _catalog.BeginSession(Session(job, i).Ended());
        }

        foreach (var (field, range) in new[]
        {
            (SessionDocument.ByStart, SessionDocument.StartRange(null)),
            (SessionDocument.ByJob, SessionDocument.JobRange(job, null)),
        })
        {
            var query = new Query { OrderBy = "$." + field, Order = Query.Descending, ExplainPlan = true };
            query.Where.Add(BsonExpression.Create($"$.{field} BETWEEN @0 AND @1", range.From, range.To));
            var plan = "";
            Rewrite(engine =>
            {
                using var reader = engine.Query("sessions", query);
                plan = reader.Read() ? reader.Current.ToString() : "";
            });
            Assert.Contains($"\"INDEX RANGE SCAN({field}", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("orderBy", plan, StringComparison.Ordinal);
        }
    }

    private void ChangeField(string collection, Guid id, string field, BsonValue value) => Rewrite(engine =>
    {
        var query = new Query();
        query.Where.Add(BsonExpression.Create("$._id = @0", new BsonValue(id)));
        BsonDocument document;
        using (var reader = engine.Query(collection, query))
        {
            Assert.True(reader.Read());
            document = reader.Current.AsDocument;
        }

        document[field] = value;
        Assert.Equal(1, engine.Update(collection, [document]));
    });

    private void Rewrite(Action<LiteEngine> change)
    {
        using var pages = new CatalogPages(LocalStorage.Instance, _folder["catalog.db"], isWriting: true);
        using var engine = new LiteEngine(new EngineSettings
        {
            DataStream = new PageStream(pages),
            LogStream = new MemoryStream(),
            Collation = Collation.Binary,
        });
        change(engine);
        engine.Checkpoint();
        pages.Commit_NeedsLock();
    }
}
