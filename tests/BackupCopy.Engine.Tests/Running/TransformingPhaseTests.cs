using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Retention;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;

namespace BackupCopy.Tests.Running;

/// <summary>Retention after a sync: which points stay, and who may be in its way.</summary>
public sealed class TransformingPhaseTests : IDisposable
{
    private static readonly JobRetention s_two = new() { KeepPoints = 2 };
    private static readonly JobRetention s_weekly =
        new() { KeepPoints = 2, Weekly = "4", WeeklyOn = "Sunday" };

    private readonly JumpingClock _clock = new();
    private readonly RetentionLab _lab;

    public TransformingPhaseTests() => _lab = new RetentionLab(s_two, _clock);

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData(2, new long[] { 4, 5 })]
    [InlineData(3, new long[] { 3, 4, 5 })]
    public async Task Newest_points_stay_after_each_sync(int keep, long[] expected)
    {
        _lab.Keep(new JobRetention { KeepPoints = keep });
        var last = await _lab.LiveAsync(days: 5);
        Assert.Equal(expected, _lab.Sequences());
        var record = _lab.Record(last);
        Assert.Equal((1, 0), (record.RemovedPointCount, record.RetentionDebt));
        Assert.True(record.FreedBytes > 0);
        Assert.Contains(last.Events, e => e is { Phase: SyncPhase.Transforming, Machine: "web01" }
            && e.Text.EndsWith($"older than the newest {keep} points.", StringComparison.Ordinal));
        await _lab.AssertWholeAsync();
    }

    [Fact]
    public async Task Points_of_the_gfs_day_are_flagged_and_stay()
    {
        // The first day is a Monday.
        _lab.Keep(s_weekly);
        await _lab.LiveAsync(days: 16);
        Assert.Equal([7L, 14, 15, 16], _lab.Sequences());
        Assert.Equal(
            [[GfsTier.Weekly], [GfsTier.Weekly], [], []],
            _lab.Chain().Points().Select(p => ChainRetention.Tiers(p).ToArray()));
        await _lab.AssertWholeAsync();
    }

    [Theory]
    [InlineData(true, "", new long[] { 1, 7 })]
    [InlineData(false, "Wednesday", new long[] { 1, 3 })]
    public async Task Fulls_by_the_policy_share_nothing_with_older_points(
        bool readEntire, string fullOn, long[] fulls)
    {
        _lab.Keep(s_weekly with { KeepPoints = 9, ReadEntirePoint = readEntire, ActiveFullOn = fullOn });
        await _lab.LiveAsync(days: 8);
        var points = _lab.Chain().Points().Select(p => p.File!).ToList();
        Assert.Equal(fulls, points.Where(p => p.IsFull).Select(p => p.Sequence));
        Assert.All(
            points.Where(p => p.IsFull), p => Assert.All(
                p.BlockFiles, f => Assert.Equal(p.Sequence, f.BirthSequence)));
        await _lab.AssertWholeAsync();
    }

    [Fact]
    public async Task Lost_catalog_and_backup_json_change_no_decision()
    {
        _lab.Keep(s_weekly with { KeepPoints = 20 });
        await _lab.LiveAsync(days: 10);
        var chain = _lab.Chain();
        chain.ChangeMark(chain.Points()[1], _clock.GetUtcNow().UtcDateTime, m => m with { IsHeld = true });
        var retention = s_weekly with { TimeZone = "UTC" };
        var before = ChainRetention.Decide(
            chain.Points(), retention.Policy(), _clock.GetUtcNow().UtcDateTime);

        var folder = _lab.Engines.LoseCatalog();
        foreach (var summary in Directory.GetFiles(
            _lab.Engines.PathOf("Offsite"), Names.BackupFile, SearchOption.AllDirectories))
        {
            File.Delete(summary);
        }

        _lab.Engines.NewJob(map: folder);
        _lab.Keep(retention);
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        Assert.Equal([2L, 7, 9, 10], _lab.Sequences());
        Assert.Equal(before.Where(d => d.Keep).Select(d => d.Point.Sequence), _lab.Sequences());
        await _lab.AssertWholeAsync();
    }

    [Fact]
    public async Task Held_point_stays_whatever_its_age()
    {
        await _lab.LiveAsync(days: 1);
        var chain = _lab.Chain();
        chain.ChangeMark(chain.Points()[0], _clock.GetUtcNow().UtcDateTime, m => m with { IsHeld = true });
        await _lab.LiveAsync(days: 3);
        Assert.Equal([1L, 3, 4], _lab.Sequences());
    }

    [Fact]
    public async Task Point_that_is_read_goes_as_soon_as_its_reader_has_left()
    {
        await _lab.LiveAsync(days: 2);
        var chain = _lab.Chain();
        var reader = chain.OpenPoint(chain.Points()[0], "restoring web01");
        SessionRecord? waiting = null;
        var left = TimeSpan.FromMinutes(20);
        _clock.Plan(left, () =>
        {
            waiting = Assert.Single(_lab.Engine.Catalog.Sessions(new() { IsRunning = true }));
            reader.Dispose();
        });
        await _lab.NewDayAsync("web01");
        var session = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, ""), (session.Result, session.Reason));
        Assert.Equal(SessionState.WaitingForLock, waiting?.State);
        Assert.Contains("restoring web01", waiting!.Reason, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId} on", waiting.Reason, StringComparison.Ordinal);
        Assert.Equal(left, _clock.Waited);
        Assert.Equal([2L, 3], _lab.Sequences());
        Assert.Equal(0, _lab.Record(session).RetentionDebt);
        await _lab.AssertWholeAsync();
    }

    [Fact]
    public async Task Wish_for_a_point_stays_until_the_point_is_gone()
    {
        await _lab.LiveAsync(days: 2);
        var chain = _lab.Chain();
        var stem = chain.Points()[0].Stem;
        var reader = chain.OpenPoint(chain.Points()[0], "restoring web01");
        _clock.Plan(TimeSpan.FromMinutes(3), reader.Dispose);
        await _lab.NewDayAsync("web01");
        var wished = new List<bool>();
        var session = await _lab.SyncAsync((what, path) =>
        {
            if (what == "rename" && Path.GetFileName(path) == stem + Names.Removed)
            {
                wished.Add(chain.Locks.IsHeld(BackupCopy.Chains.Chain.WishFor(stem)));
            }
        });
        Assert.Equal((SessionResult.Success, ""), (session.Result, session.Reason));
        Assert.Equal([true], wished);
        Assert.Equal([2L, 3], _lab.Sequences());
        Assert.DoesNotContain(
            Directory.GetFiles(Path.Combine(chain.Path, "locks")),
            file => Path.GetFileName(file).StartsWith(stem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Point_that_is_read_for_too_long_is_a_debt_that_the_next_session_clears()
    {
        await _lab.LiveAsync(days: 2);
        var chain = _lab.Chain();
        using (chain.OpenPoint(chain.Points()[0], "restoring web01"))
        {
            await _lab.NewDayAsync("web01");
            var session = await _lab.SyncAsync();
            Assert.Equal(SessionResult.Failed, session.Result);
            Assert.StartsWith(
                "RetentionDebt: 1 restore point should be gone", session.Reason, StringComparison.Ordinal);
            Assert.Contains("restoring web01", session.Reason, StringComparison.Ordinal);
            Assert.Equal(TimeSpan.FromMinutes(1 + 2 + 4 + 8 + 16), _clock.Waited);
            var record = _lab.Record(session);
            Assert.Equal((1, 0), (record.RetentionDebt, record.RemovedPointCount));
            Assert.All(session.Machines, m => Assert.Equal(SessionResult.Success, m.Result));
            Assert.Single(
                session.Events, e => e.Text.StartsWith("Waiting to remove", StringComparison.Ordinal));
            Assert.Equal(SyncPhase.PostJob, session.Events[^1].Phase);
        }

        Assert.Equal([1L, 2, 3], _lab.Sequences());
        var next = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, ""), (next.Result, next.Reason));
        Assert.Equal((0, 1), (_lab.Record(next).RetentionDebt, _lab.Record(next).RemovedPointCount));
        Assert.Equal([2L, 3], _lab.Sequences());
        await _lab.AssertWholeAsync();
    }

    [Fact]
    public async Task Stop_ends_the_waiting_and_the_next_session_removes_the_point()
    {
        await _lab.LiveAsync(days: 2);
        var chain = _lab.Chain();
        using var stop = new CancellationTokenSource();
        using (chain.OpenPoint(chain.Points()[0]))
        {
            _clock.Plan(TimeSpan.FromMinutes(6), stop.Cancel);
            await _lab.NewDayAsync("web01");
            var session = await _lab.Engines.SyncAsync(RetentionLab.Options, stop.Token);
            Assert.Equal((SessionResult.Stopped, SyncPhase.Transforming), (session.Result, session.Phase));
            Assert.InRange(_clock.Waited, TimeSpan.FromMinutes(6), TimeSpan.FromMinutes(7));
        }

        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        Assert.Equal([2L, 3], _lab.Sequences());
    }

    [Fact]
    public async Task Readers_of_one_machine_keep_no_other_machine_waiting()
    {
        await _lab.NewDayAsync("db01", "web01");
        await _lab.SyncAsync();
        await _lab.NewDayAsync("db01", "web01");
        await _lab.SyncAsync();
        var chain = _lab.Chain("db01");
        var reader = chain.OpenPoint(chain.Points()[0]);
        IReadOnlyList<long>? meanwhile = null;
        _clock.Plan(TimeSpan.FromMinutes(2), () =>
        {
            meanwhile = _lab.Sequences("web01");

            // The points of both have one name, and only the one that is read is asked for.
            Assert.False(_lab.Chain("web01").Locks.IsHeld(
                BackupCopy.Chains.Chain.WishFor(chain.Points()[0].Stem)));
            Assert.True(reader.IsWanted);
            reader.Dispose();
        });
        await _lab.NewDayAsync("db01", "web01");
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        Assert.Equal([2L, 3], meanwhile);
        Assert.Equal([2L, 3], _lab.Sequences("db01"));
    }

    [Fact]
    public async Task Chain_that_another_process_writes_is_busy_and_not_failed()
    {
        _lab.Keep(s_two with { KeepPoints = 5 });
        await _lab.LiveAsync(days: 4);
        _lab.Keep(s_two);
        using var other = ChildProcess.Start("lock", _lab.Chain().Path, "append", "exclusive");
        Assert.Equal("held", await other.StandardOutput.ReadLineAsync());
        SessionRecord? waiting = null;
        _clock.Plan(TimeSpan.FromMinutes(5), () =>
        {
            waiting = Assert.Single(_lab.Engine.Catalog.Sessions(new() { IsRunning = true }));
            other.Kill();
            other.WaitForExit();
        });
        var session = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, ""), (session.Result, session.Reason));
        Assert.Equal(SessionState.WaitingForLock, waiting?.State);
        Assert.Contains($"process {other.Id} on", waiting!.Reason, StringComparison.Ordinal);
        Assert.Equal([3L, 4], _lab.Sequences());
        await _lab.AssertWholeAsync();
    }

    [Fact]
    public async Task Damaged_neighbour_keeps_the_older_points_until_it_is_removed()
    {
        await _lab.LiveAsync(days: 2);
        var chain = _lab.Chain();
        var damaged = chain.Points()[1];
        File.Delete(Path.Combine(chain.Path, damaged.FileName + Names.Copy));
        File.WriteAllBytes(Path.Combine(chain.Path, damaged.FileName), [1, 2, 3]);
        await _lab.NewDayAsync("web01");
        await _lab.SyncAsync();
        await _lab.NewDayAsync("web01");
        var session = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Warning, 1), (session.Result, _lab.Record(session).RetentionDebt));
        Assert.Contains(session.Events, e => e.Level == EventLevel.Warning
            && e.Text.Contains("restore point 2 does not verify", StringComparison.Ordinal));
        Assert.Equal([1L, 2, 3, 4], _lab.Sequences());

        using (var removal = BackupCopy.Chains.Removal.PointRemoval.Begin(chain, "removing a damaged point"))
        {
            removal.Remove([2]);
        }

        var next = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, 0), (next.Result, _lab.Record(next).RetentionDebt));
        Assert.Equal([3L, 4], _lab.Sequences());
        await _lab.AssertWholeAsync();
    }
}
