using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

/// <summary>The main job through the engine's own facade: real images, real catalog, real folders.</summary>
public sealed class EngineTests : IDisposable
{
    private readonly EngineLab _lab = new();

    [Fact]
    public async Task Two_days_are_copied_and_the_newest_point_restores_bit_for_bit()
    {
        var image = _lab.NewImage("web01.img", 9_000_001, seed: 1);
        await _lab.ImportAsync("web01", image);
        _lab.NewJob();
        var first = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, first.Result);
        EngineLab.Change(image, 3_000_000, 700_000, seed: 2);
        _lab.Clock.Advance(TimeSpan.FromDays(1));
        await _lab.ImportAsync("web01", image);
        var second = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, second.Result);
        Assert.InRange(second.TransferredBytes, 1, 3 << 20);

        var points = _lab.Points("Offsite");
        Assert.Equal([RestorePointType.Full, RestorePointType.Increment], points.Select(p => p.Type));
        var exported = await _lab.Engine.RestorePoints.ExportAsync(
            points[^1], _lab.PathOf("restore"), [], replace: false, null, default);
        Assert.Equal(File.ReadAllBytes(image), File.ReadAllBytes(Assert.Single(exported)));
    }

    [Fact]
    public async Task A_second_sync_without_a_newer_point_copies_nothing()
    {
        await _lab.ImportAsync("web01", _lab.NewImage("a.img", 2_000_000, 1));
        _lab.NewJob();
        await _lab.SyncAsync();
        var again = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, again.Result);
        Assert.Equal(0, again.TransferredBytes);
        Assert.Single(_lab.Points("Offsite"));
    }

    [Fact]
    public async Task Older_points_are_never_back_filled()
    {
        var image = _lab.NewImage("a.img", 2_000_000, 1);
        for (var day = 0; day < 3; day++)
        {
            EngineLab.Change(image, day * 300_000, 100_000, seed: day);
            await _lab.ImportAsync("web01", image);
            _lab.Clock.Advance(TimeSpan.FromDays(1));
        }

        _lab.NewJob();
        await _lab.SyncAsync();
        var copied = Assert.Single(_lab.Points("Offsite"));
        Assert.Equal(_lab.Points("Primary")[^1].Time, copied.Time);
    }

    [Fact]
    public async Task A_clock_set_back_in_the_source_does_not_stop_its_copies()
    {
        var image = _lab.NewImage("a.img", 2_000_000, 1);
        await _lab.ImportAsync("web01", image);
        _lab.NewJob();
        await _lab.SyncAsync();
        EngineLab.Change(image, 0, 1000, seed: 9);
        await _lab.ImportAsync("web01", image, _lab.Clock.GetUtcNow().UtcDateTime.AddDays(-3));
        await _lab.SyncAsync();
        Assert.Equal(2, _lab.Points("Offsite").Count);
    }

    [Fact]
    public async Task One_failing_machine_stops_no_other()
    {
        await _lab.ImportAsync("good", _lab.NewImage("a.img", 2_000_000, 1));
        var bad = await _lab.ImportAsync("bad", _lab.NewImage("b.img", 2_000_000, 2));
        EngineLab.Damage(bad);
        _lab.NewJob();
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Failed, session.Result);
        Assert.Equal(
            [("bad", SessionResult.Failed, "DamagedBlock"), ("good", SessionResult.Success, "")],
            session.Machines.OrderBy(m => m.Machine).Select(m => (m.Machine, m.Result, m.Error)));
        Assert.Equal(["good"], _lab.Points("Offsite").Select(p => p.Machine));
    }

    [Fact]
    public async Task A_lost_catalog_is_rebuilt_by_registering_and_mapping_and_only_changes_move()
    {
        var image = _lab.NewImage("a.img", 4_000_000, 1);
        await _lab.ImportAsync("web01", image);
        _lab.NewJob();
        await _lab.SyncAsync();
        var old = _lab.LoseCatalog();
        EngineLab.Change(image, 0, 1000, seed: 5);
        _lab.Clock.Advance(TimeSpan.FromDays(1));
        await _lab.ImportAsync("web01", image);
        var error = Assert.Throws<BackupCopyException>(() => _lab.NewJob());
        Assert.Equal(ErrorCode.BackupBelongsToAnotherJob, error.Code);
        _lab.NewJob(map: old);
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, session.Result);
        Assert.InRange(session.TransferredBytes, 1, 1 << 20);
        Assert.Equal(2, _lab.Points("Offsite").Count);
    }

    [Fact]
    public async Task Deleting_every_backup_json_changes_nothing()
    {
        await _lab.ImportAsync("web01", _lab.NewImage("a.img", 2_000_000, 1));
        var before = _lab.Engine.Repositories.Get("Primary") with { FreeBytes = 0 };
        foreach (var file in Directory.GetFiles(
            _lab.PathOf("Primary"), "backup.json", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        Assert.Equal(before, _lab.Engine.Repositories.Get("Primary") with { FreeBytes = 0 });
        Assert.Single(_lab.Points("Primary"));
        var rescan = _lab.Engine.Repositories.Rescan("Primary", default);
        Assert.Empty(rescan.Damage);
        Assert.Single(Directory.GetFiles(_lab.PathOf("Primary"), "backup.json", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_locked_point_is_waited_for_and_then_copied()
    {
        var image = _lab.NewImage("a.img", 2_000_000, 1);
        await _lab.ImportAsync("web01", image);
        _lab.NewJob();
        await _lab.SyncAsync();
        using var writer = _lab.HoldUnfinished("web01");
        var waiting = _lab.SyncAsync(new SyncOptions { Poll = TimeSpan.FromMilliseconds(20) });
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        Assert.False(waiting.IsCompleted);
        writer.Dispose();
        EngineLab.Change(image, 0, 100, seed: 8);
        await _lab.ImportAsync("web01", image, _lab.Clock.GetUtcNow().UtcDateTime.AddHours(3));
        Assert.Equal(SessionResult.Success, (await waiting).Result);
        Assert.Equal(2, _lab.Points("Offsite").Count);
    }

    [Fact]
    public async Task A_locked_point_is_given_up_after_the_wait_with_a_warning()
    {
        await _lab.ImportAsync("web01", _lab.NewImage("a.img", 2_000_000, 1));
        _lab.NewJob();
        using var writer = _lab.HoldUnfinished("web01");
        var session = await _lab.SyncAsync(new SyncOptions { Wait = TimeSpan.Zero });
        Assert.Equal(SessionResult.Warning, session.Result);
        Assert.Equal("WaitTimedOut", Assert.Single(session.Machines).Error);
    }

    [Fact]
    public async Task A_full_sync_shares_nothing_with_older_points()
    {
        await _lab.ImportAsync("web01", _lab.NewImage("a.img", 3_000_000, 1));
        _lab.NewJob();
        var first = await _lab.SyncAsync();
        var full = await _lab.SyncAsync(new SyncOptions { Full = true });
        Assert.Equal(first.TransferredBytes, full.TransferredBytes);
        Assert.All(_lab.Points("Offsite"), p => Assert.Equal(RestorePointType.Full, p.Type));
    }

    [Fact]
    public async Task The_plan_says_what_the_sync_then_does()
    {
        var image = _lab.NewImage("a.img", 5_000_000, 1);
        await _lab.ImportAsync("web01", image);
        _lab.NewJob();
        var plan = Assert.Single(_lab.Engine.Jobs.Plan("Nightly", []));
        Assert.Equal((SyncAction.Copy, RestorePointType.Full), (plan.Action, plan.Type));
        var session = await _lab.SyncAsync();
        Assert.Equal(plan.SendBytes, session.TransferredBytes);
        Assert.Equal(SyncAction.UpToDate, Assert.Single(_lab.Engine.Jobs.Plan("Nightly", [])).Action);
    }

    [Fact]
    public async Task A_session_whose_process_died_is_ended_truthfully()
    {
        await _lab.ImportAsync("web01", _lab.NewImage("a.img", 1_000_000, 1));
        var job = _lab.NewJob();
        _lab.BeginDeadSession(job);
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, session.Result);
        var dead = _lab.Engine.Sessions.List().Last();
        Assert.Equal((SessionResult.Failed, SessionState.Completed), (dead.Result, dead.State));
        Assert.NotNull(dead.EndTime);
        Assert.StartsWith("Interrupted", dead.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_whose_session_died_shows_a_failure_before_anybody_asks_for_its_sessions()
    {
        await _lab.ImportAsync("web01", _lab.NewImage("a.img", 1_000_000, 1));
        var job = _lab.NewJob();
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        _lab.Clock.Advance(TimeSpan.FromHours(2));
        _lab.BeginDeadSession(job);
        var shown = _lab.Engine.Jobs.Get("Nightly");
        Assert.Equal((SessionResult.Failed, JobState.Idle), (shown.LastResult, shown.State));
        Assert.Equal(_lab.Clock.GetUtcNow().LocalDateTime.AddHours(-1), shown.LastRun);
        var dead = _lab.Engine.Sessions.List().First();
        Assert.StartsWith("Interrupted", dead.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Offsite")]
    [InlineData("Primary")]
    public async Task The_lag_is_unknown_while_a_repository_is_away(string repository)
    {
        await _lab.ImportAsync("web01", _lab.NewImage("a.img", 1_000_000, 1));
        _lab.NewJob();
        Assert.Equal(TimeSpan.Zero, _lab.Engine.Jobs.Get("Nightly").Lag);
        Directory.Move(_lab.PathOf(repository), _lab.PathOf("Away"));
        Assert.Null(_lab.Engine.Jobs.Get("Nightly").Lag);
    }

    [Fact]
    public async Task A_job_does_not_run_twice_at_once()
    {
        await _lab.ImportAsync("web01", _lab.NewImage("a.img", 1_000_000, 1));
        _lab.NewJob();
        using var writer = _lab.HoldUnfinished("web01");
        using var stop = new CancellationTokenSource();
        var first = _lab.SyncAsync(new SyncOptions { Poll = TimeSpan.FromMilliseconds(20) }, stop.Token);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        var error = await Assert.ThrowsAsync<BackupCopyException>(() => _lab.SyncAsync());
        Assert.Equal(ErrorCode.JobRunning, error.Code);
        stop.Cancel();
        Assert.Equal(SessionResult.Stopped, (await first).Result);
    }

    public void Dispose() => _lab.Dispose();
}
