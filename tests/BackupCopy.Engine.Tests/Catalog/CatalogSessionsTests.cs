using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Tests.Storage;
using static BackupCopy.Tests.Catalog.CatalogSamples;
using static BackupCopy.Tests.Catalog.CatalogStoreTests;

namespace BackupCopy.Tests.Catalog;

public sealed class CatalogSessionsTests : IDisposable
{
    private static readonly Guid s_nightly = Guid.NewGuid();
    private static readonly Guid s_weekly = Guid.NewGuid();

    private readonly TemporaryFolder _folder = new();
    private readonly CatalogStore _catalog;

    public CatalogSessionsTests()
    {
        _catalog = new CatalogStore(_folder["catalog.db"]);
    }

    public static TheoryData<SyncPhase> Phases => [.. Enum.GetValues<SyncPhase>()];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Saving_replaces_what_was_stored_of_a_session()
    {
        var session = Session(s_nightly);
        _catalog.BeginSession(session);
        var ended = session.Ended(SessionResult.Warning) with { Tasks = [Filled<MachineTaskRecord>()] };
        _catalog.SaveSession(ended);
        Assert.Equal(Text(ended), Text(_catalog.FindSession(session.Id)));
        Assert.Single(_catalog.Sessions(new SessionQuery()));
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void Checkpoint_of_every_phase_comes_back(SyncPhase phase)
    {
        var checkpoint = PhaseCheckpoint.At(phase, Guid.NewGuid(), Guid.NewGuid());
        var session = Session(s_nightly) with { Checkpoint = checkpoint };
        _catalog.BeginSession(session);
        var found = _catalog.FindSession(session.Id)!;
        Assert.Equal(phase, found.Phase);
        Assert.Equal(Text(session), Text(found));
    }

    [Fact]
    public void Session_id_begins_once()
    {
        var session = Session(s_nightly);
        _catalog.BeginSession(session);
        AssertCode(ErrorCode.InvalidArgument, () => _catalog.BeginSession(session));
    }

    [Fact]
    public void Queries_return_what_a_filter_over_all_sessions_returns_newest_first()
    {
        var random = new Random(7);
        var all = new List<SessionRecord>();
        for (var i = 0; i < 120; i++)
        {
            var session = Session(random.Next(2) == 0 ? s_nightly : s_weekly, random.Next(40));
            session = random.Next(4) == 0 ? session : session.Ended((SessionResult)random.Next(1, 4));
            _catalog.BeginSession(session);
            all.Add(session);
        }

        foreach (var query in Queries())
        {
            var expected = all
                .Where(session => query.JobId is null || session.JobId == query.JobId)
                .Where(session => query.AfterUtc is null || session.StartUtc >= query.AfterUtc)
                .Where(session => query.Result is null || session.Result == query.Result)
                .Where(session => query.IsRunning is null || session.EndUtc is null == query.IsRunning)
                .OrderByDescending(session => session.StartUtc)
                .ThenByDescending(session => session.Id)
                .Take(query.Newest ?? int.MaxValue);
            Assert.Equal(
                expected.Select(session => session.Id),
                _catalog.Sessions(query).Select(session => session.Id));
        }
    }

    [Fact]
    public void Job_with_a_live_session_begins_no_second_one()
    {
        var first = Session(s_nightly, runner: "alive");
        Assert.Empty(_catalog.BeginSessionIfIdle(first, runner => runner == "alive"));
        var error = AssertCode(
            ErrorCode.JobRunning,
            () => _catalog.BeginSessionIfIdle(Session(s_nightly, 1), runner => runner == "alive"));
        Assert.Contains("alive", error.Message, StringComparison.Ordinal);
        Assert.Empty(_catalog.BeginSessionIfIdle(Session(s_weekly, 1), runner => runner == "alive"));
        _catalog.SaveSession(first.Ended());
        Assert.Empty(_catalog.BeginSessionIfIdle(Session(s_nightly, 2), runner => runner == "alive"));
    }

    [Fact]
    public void Session_of_a_dead_runner_stops_nobody_and_is_handed_over_until_it_is_ended()
    {
        var dead = Session(s_nightly, runner: "dead");
        _catalog.BeginSession(dead);
        var next = Session(s_nightly, 1, runner: "alive");
        var abandoned = _catalog.BeginSessionIfIdle(next, runner => runner == "alive");
        Assert.Equal(dead.Id, Assert.Single(abandoned).Id);
        _catalog.SaveSession(dead.Ended(SessionResult.Failed));
        _catalog.SaveSession(next.Ended());
        Assert.Empty(_catalog.BeginSessionIfIdle(Session(s_nightly, 2), runner => runner == "alive"));
    }

    [Fact]
    public void Of_many_beginning_one_job_at_once_exactly_one_succeeds()
    {
        var outcomes = AtOnce(8, index => new CatalogStore(_folder["catalog.db"]).BeginSessionIfIdle(
            Session(s_nightly, index, "alive"), runner => runner == "alive"));
        Assert.Single(outcomes, outcome => outcome is null);
        Assert.Equal(7, outcomes.Count(error => error is BackupCopyException { Code: ErrorCode.JobRunning }));
        Assert.Single(_catalog.Sessions(new SessionQuery { IsRunning = true }));
    }

    private static IEnumerable<SessionQuery> Queries() =>
        from job in new Guid?[] { null, s_nightly, Guid.NewGuid() }
        from newest in new int?[] { null, 1, 10, 1000 }
        from after in new DateTime?[] { null, Start.AddMinutes(20), Start.AddMinutes(20).AddTicks(1) }
        from result in new SessionResult?[] { null, SessionResult.None, SessionResult.Failed }
        from running in new bool?[] { null, true, false }
        select new SessionQuery
        {
            JobId = job,
            Newest = newest,
            AfterUtc = after,
            Result = result,
            IsRunning = running,
        };
}
