using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Tests.Storage;
using static BackupCopy.Tests.Catalog.CatalogSamples;
using static BackupCopy.Tests.Catalog.CatalogStoreTests;

namespace BackupCopy.Tests.Catalog;

/// <summary>Old sessions are forgotten, the last one of a job and those that run never.</summary>
public sealed class CatalogHistoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CatalogStore _catalog;
    private readonly JobDefinition _job;

    public CatalogHistoryTests()
    {
        _catalog = new CatalogStore(_folder["catalog.db"]);
        var repository = Repository();
        _catalog.AddRepository(repository);
        _job = Job(repository);
        _catalog.AddJob(_job);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sessions_that_ended_before_go_oldest_first_and_in_batches()
    {
        Begin(_job.Id, 10);
        var all = _catalog.Sessions(new SessionQuery()).Select(s => s.Id).ToList();
        var before = End(_catalog.Sessions(new SessionQuery())[4]);
        Assert.Equal(3, _catalog.PruneSessions(before, most: 3));
        Assert.Equal(all.Take(7), Left());
        Assert.Equal(2, _catalog.PruneSessions(before, most: 3));
        Assert.Equal(0, _catalog.PruneSessions(before, most: 3));
        Assert.Equal(all.Take(5), Left());
    }

    [Fact]
    public void Last_session_of_a_job_stays_and_those_of_a_removed_job_go()
    {
        Begin(_job.Id, 3);
        Begin(Guid.NewGuid(), 3);
        Assert.Equal(5, _catalog.PruneSessions(DateTime.MaxValue, most: 100));
        Assert.Equal(_job.Id, Assert.Single(_catalog.Sessions(new SessionQuery())).JobId);
    }

    [Fact]
    public void Running_session_stays()
    {
        _catalog.BeginSession(Session(_job.Id, 0));
        Begin(_job.Id, 2, first: 1);
        Assert.Equal(1, _catalog.PruneSessions(DateTime.MaxValue, most: 100));
        Assert.Equal(2, Left().Count());
    }

    [Fact]
    public void Request_to_a_forgotten_session_goes_with_it()
    {
        _catalog.BeginSession(Session(_job.Id, 0));
        var session = _catalog.Sessions(new SessionQuery())[0];
        Assert.True(_catalog.AskToStop(new StopRequest
        {
            JobId = _job.Id,
            SessionId = session.Id,
            AskedUtc = session.StartUtc,
            AskedBy = "root",
            AfterCurrentMachines = true,
        }));
        var stored = _catalog.StopRequestOf(_job.Id)!;
        Assert.Equal((session.Id, "root"), (stored.SessionId, stored.AskedBy));
        Assert.True(stored.AfterCurrentMachines);
        _catalog.SaveSession(session.Ended());
        Begin(_job.Id, 1, first: 1);
        Assert.Equal(1, _catalog.PruneSessions(DateTime.MaxValue, most: 100));
        Assert.Null(_catalog.StopRequestOf(_job.Id));
    }

    [Fact]
    public void Catalog_that_does_not_exist_has_no_history_and_stays_so()
    {
        var catalog = new CatalogStore(_folder["other.db"]);
        Assert.Equal(0, catalog.PruneSessions(DateTime.MaxValue, most: 100));
        Assert.False(catalog.Exists);
    }

    [Fact]
    public void Session_is_not_saved_into_a_catalog_that_was_moved_away()
    {
        var session = Session(_job.Id, 0);
        _catalog.BeginSession(session);
        File.Move(_folder["catalog.db"], _folder["away.db"]);
        AssertCode(ErrorCode.CatalogUnavailable, () => _catalog.SaveSession(session.Ended()));
        AssertCode(ErrorCode.CatalogUnavailable, () => _catalog.UpdateRun(_job.Id, run => run));
        Assert.False(File.Exists(_folder["catalog.db"]));
    }

    [Fact]
    public void Changes_show_in_the_stamp_and_reading_does_not()
    {
        var changes = new CatalogChanges(_catalog);
        Assert.True(changes.Any());
        File.SetLastWriteTimeUtc(_folder["catalog.db"], new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetLastWriteTimeUtc(
            _folder["catalog.db-journal"], new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.True(changes.Any());
        Assert.False(changes.Any());
        _catalog.Jobs();
        Assert.False(changes.Any());
        _catalog.SetSetting("key", "value");
        Assert.True(changes.Any());
        Assert.True(changes.Any());
        changes.Forget();
        Assert.True(changes.Any());
        File.Delete(_folder["catalog.db"]);
        Assert.True(changes.Any());
        Assert.False(changes.Any());
    }

    private IEnumerable<Guid> Left() => _catalog.Sessions(new SessionQuery()).Select(s => s.Id);

    private static DateTime End(SessionRecord session) => session.EndUtc!.Value;

    private void Begin(Guid job, int count, int first = 0)
    {
        for (var i = first; i < first + count; i++)
        {
            _catalog.BeginSession(Session(job, i).Ended());
        }
    }
}
