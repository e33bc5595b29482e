using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Retention;
using BackupCopy.Running;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running;

/// <summary>Restore points that are held, released and removed by hand.</summary>
public sealed class PointChangesTests : IDisposable
{
    private readonly EngineLab _lab = new();

    public void Dispose() => _lab.Dispose();

    private RestorePoints Engine => _lab.Engine.RestorePoints;

    [Fact]
    public async Task A_hold_says_who_and_why_and_changes_nothing_when_it_is_there()
    {
        await ImportAsync(1);

        var held = Engine.SetHold(Points()[0], hold: true, "audit");
        var mark = Path.ChangeExtension(held.Path, Names.Mark);
        var written = File.ReadAllBytes(mark);
        var again = Engine.SetHold(held, hold: true);
        var same = Engine.SetHold(held, hold: true, "audit");

        Assert.True(held.IsHeld);
        Assert.Equal($"{Environment.UserName}@{Environment.MachineName}: audit", held.HoldReason);
        Assert.Equal(held.HoldReason, again.HoldReason);
        Assert.Equal(held.HoldReason, same.HoldReason);
        Assert.Equal(written, File.ReadAllBytes(mark));
        Assert.EndsWith(": lawsuit", Engine.SetHold(held, hold: true, "lawsuit").HoldReason);
        Assert.EndsWith(": lawsuit", Engine.SetHold(held, hold: true).HoldReason);
    }

    [Fact]
    public async Task A_release_ends_the_hold_and_needs_none()
    {
        await ImportAsync(1);
        var point = Points()[0];

        Assert.False(Engine.SetHold(point, hold: false).IsHeld);
        Assert.False(File.Exists(Path.ChangeExtension(point.Path, Names.Mark)));
        Engine.SetHold(point, hold: true);
        var released = Engine.SetHold(point, hold: false);

        Assert.Equal((false, ""), (released.IsHeld, released.HoldReason));
    }

    [Fact]
    public async Task A_mark_that_does_not_verify_counts_as_a_hold_until_it_is_written_anew()
    {
        await ImportAsync(2);
        var mark = Path.ChangeExtension(Engine.SetHold(Points()[0], hold: true).Path, Names.Mark);
        File.Delete(mark + Names.Copy);
        File.WriteAllText(mark, "nonsense");

        var point = Points()[0];
        Assert.True(point.IsHeld);
        Assert.Contains("Nobody knows", point.HoldReason, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.PointHeld, Refused(point));
        Assert.False(Engine.SetHold(point, hold: false).IsHeld);
        Assert.Single(Engine.Remove([Points()[0]], force: false).Removed);
    }

    [Fact]
    public async Task Neither_what_is_gone_nor_what_is_unfinished_or_damaged_is_held()
    {
        await ImportAsync(3);
        var points = Points();
        Engine.Remove([points[0]], force: false);
        Assert.Equal(ErrorCode.PointGone, CodeOf(() => Engine.SetHold(points[0], hold: true)));

        File.Delete(points[1].Path + Names.Copy);
        File.WriteAllText(points[1].Path, "nonsense");
        Assert.Equal(ErrorCode.DamagedFile, CodeOf(() => Engine.SetHold(points[1], hold: true)));

        _lab.HoldUnfinished("web01").Dispose();
        var unfinished = All().Single(p => p.State == RestorePointState.Incomplete);
        Assert.Equal(ErrorCode.PointLocked, CodeOf(() => Engine.SetHold(unfinished, hold: true)));
    }

    [Fact]
    public async Task A_point_that_is_being_removed_is_not_held()
    {
        await ImportAsync(1);
        var point = Points()[0];
        var locks = new FolderLocks(LocalStorage.Instance, Path.GetDirectoryName(point.Path)!);
        using (locks.TryExclusive(Path.GetFileNameWithoutExtension(point.Path), "removing", out _))
        {
            Assert.Equal(ErrorCode.PointLocked, CodeOf(() => Engine.SetHold(point, hold: true)));
        }

        Assert.True(Engine.SetHold(point, hold: true).IsHeld);
    }

    [Fact]
    public async Task What_a_plan_says_goes_and_returns_does()
    {
        await ImportAsync(4);
        var points = Points();
        Engine.SetHold(points[2], hold: true, "audit");

        var plan = Engine.PlanRemoval(points);
        Assert.Equal(4, Points().Count);
        var result = Engine.Remove(points, force: false);

        Assert.Equal([1L, 2, 4], plan.Removed.Select(p => p.Sequence));
        Assert.Equal([1L, 2, 4], result.Removed.Select(p => p.Sequence));
        Assert.Equal(plan.FreedBytes, result.FreedBytes);
        Assert.True(result.FreedBytes > 0);
        var refused = Assert.Single(result.Refused);
        Assert.Equal((3L, ErrorCode.PointHeld), (refused.Point.Sequence, refused.Reason.Code));
        Assert.Contains("audit", refused.Reason.Message, StringComparison.Ordinal);
        Assert.StartsWith(Named(points[2]) + " in ", refused.Reason.Message, StringComparison.Ordinal);
        var gone = Assert.Single(Engine.Remove([points[0]], force: false).Refused).Reason;
        Assert.StartsWith(Named(points[0]) + " is no longer", gone.Message, StringComparison.Ordinal);
        Assert.Equal(1, _lab.Engine.Repositories.Get("Primary").RestorePointCount);
        Assert.Equal(RestorePointType.Full, Assert.Single(Points()).Type);
    }

    [Fact]
    public async Task The_last_good_point_goes_only_by_force()
    {
        await ImportAsync(3);
        File.Delete(Points()[0].Path + Names.Copy);
        File.WriteAllText(Points()[0].Path, "nonsense");

        var kept = Engine.Remove(Points(), force: false);
        Assert.Equal([2L], kept.Removed.Select(p => p.Sequence));
        Assert.Equal(ErrorCode.LastGoodPoint, Assert.Single(kept.Refused).Reason.Code);
        Assert.StartsWith(
            Named(kept.Refused[0].Point) + " is the last good", kept.Refused[0].Reason.Message,
            StringComparison.Ordinal);

        Assert.Equal([3L], Engine.Remove(Points(), force: true).Removed.Select(p => p.Sequence));
        Assert.Equal([1L], Engine.Remove(All(), force: false).Removed.Select(p => p.Sequence));
        Assert.Empty(All());
        var next = await _lab.ImportAsync("web01", _lab.PathOf("web01.img"));
        Assert.Equal(4, next.Sequence);
    }

    [Fact]
    public async Task A_point_that_is_read_and_a_machine_that_is_written_stay()
    {
        await ImportAsync(2);
        var point = Points()[0];
        var chain = ChainOf(point);
        using (chain.OpenPoint(chain.Points()[0]))
        {
            Assert.Equal(ErrorCode.PointLocked, Refused(point));
            var reason = Assert.Single(Engine.Remove([point], force: false).Refused).Reason;
            Assert.StartsWith(Named(point) + " is being read", reason.Message, StringComparison.Ordinal);
            var planned = Assert.Single(Engine.PlanRemoval([point]).Refused).Reason;
            Assert.Equal((reason.Code, reason.Remedy), (planned.Code, planned.Remedy));
            Assert.StartsWith(Named(point) + " is being read", planned.Message, StringComparison.Ordinal);
        }

        using (_lab.HoldUnfinished("web01"))
        {
            Assert.Equal(ErrorCode.ChainLocked, CodeOf(() => Engine.PlanRemoval([point])));
            Assert.Equal(ErrorCode.ChainLocked, CodeOf(() => Engine.Remove([point], force: false)));
        }

        Assert.Single(Engine.Remove([point], force: false).Removed);
        Assert.Equal(ErrorCode.PointGone, Refused(point));
    }

    [Fact]
    public async Task Beside_a_damaged_point_nothing_goes()
    {
        await ImportAsync(3);
        var points = Points();
        File.Delete(points[1].Path + Names.Copy);
        File.WriteAllText(points[1].Path, "nonsense");

        var refused = Assert.Single(Engine.Remove([points[0]], force: false).Refused);

        Assert.Equal(ErrorCode.DamagedFile, refused.Reason.Code);
        Assert.Contains("Remove-BackupCopyRestorePoint", refused.Reason.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_left_unfinished_goes_and_what_was_finished_meanwhile_does_not()
    {
        await ImportAsync(1);
        _lab.HoldUnfinished("web01").Dispose();
        var left = All().Single(p => p.State == RestorePointState.Incomplete);

        Assert.Empty(Engine.PlanRemoval([left]).Refused);
        Assert.Single(Engine.Remove([left], force: false).Removed);
        Assert.Single(All());
        Assert.Equal(ErrorCode.PointGone, Refused(left));

        _lab.HoldUnfinished("web01").Dispose();
        left = All().Single(p => p.State == RestorePointState.Incomplete);
        Assert.Equal(3, left.Sequence);
        var point = await _lab.ImportAsync("web01", _lab.PathOf("web01.img"));
        Assert.Equal(3, point.Sequence);
        Assert.Equal(ErrorCode.PointGone, Refused(left));
    }

    [Fact]
    public async Task A_repository_that_moved_since_the_listing_is_found()
    {
        await ImportAsync(2);
        var point = Points()[0];
        Directory.Move(_lab.PathOf("Primary"), _lab.PathOf("Moved"));
        _lab.Engine.Repositories.Update("Primary", null, _lab.PathOf("Moved"), null, null);

        Assert.True(Engine.SetHold(point, hold: true).IsHeld);
        Assert.Equal(ErrorCode.PointHeld, Refused(point));
    }

    [Fact]
    public async Task Points_say_why_they_stay_by_the_job_that_keeps_them()
    {
        await ImportAsync(2);
        _lab.NewJob();
        await _lab.SyncAsync();

        var copy = Assert.Single(_lab.Points("Offsite"));
        Assert.Equal("1 of the newest 7 points", copy.Why);
        Assert.False(copy.GoesNow);
        Assert.All(Points(), p => Assert.Equal("No job of this catalog keeps it.", p.Why));

        _lab.Engine.Jobs.Remove("Nightly");
        Assert.Equal("No job of this catalog keeps it.", Assert.Single(_lab.Points("Offsite")).Why);
        var folder = copy.BackupFolder;
        _lab.NewJob(map: folder);
        Assert.Equal("1 of the newest 7 points", Assert.Single(_lab.Points("Offsite")).Why);
    }

    [Fact]
    public async Task Points_say_what_they_stand_for_and_when_they_go()
    {
        var job = _lab.NewJob();
        Keep(job, new JobRetention { Weekly = "4", WeeklyOn = "Sunday" });
        for (var day = 1; day <= 3; day++)
        {
            await ImportAsync(1);
            await _lab.SyncAsync();
        }

        Assert.Equal([GfsTier.Weekly], _lab.Points("Offsite")[0].Gfs);
        Assert.Contains("Sunday 2026-11-01", _lab.Points("Offsite")[0].GfsReason, StringComparison.Ordinal);
        Keep(job, new JobRetention { KeepPoints = 2 });
        var points = _lab.Points("Offsite");
        Assert.Equal([true, false, false], points.Select(p => p.GoesNow));
        Assert.StartsWith("older than the newest 2 points", points[0].Why, StringComparison.Ordinal);
        Assert.True(points[1].ExpectedRemoval > points[2].Time);

        Assert.False(Engine.SetHold(points[0], hold: true).GoesNow);
        Keep(job, new JobRetention { TimeZone = "Nowhere/At all" });
        Assert.All(
            _lab.Points("Offsite"),
            p => Assert.StartsWith("The job Nightly cannot say: ", p.Why, StringComparison.Ordinal));
    }

    private void Keep(JobInfo job, JobRetention retention) =>
        _lab.Engine.Catalog.UpdateJob(job.Id, j => j with { Retention = retention });

    private async Task ImportAsync(int points)
    {
        var image = _lab.NewImage("web01.img", 1 << 20, 1);
        for (var day = 0; day < points; day++)
        {
            EngineLab.Change(image, 256 * 1024 * (day % 3), 100_000, day);
            await _lab.ImportAsync("web01", image);
            _lab.Clock.Advance(TimeSpan.FromDays(1));
        }
    }

    private List<RestorePointInfo> Points() => _lab.Points("Primary");

    private List<RestorePointInfo> All() =>
        [.. Engine.List(new RestorePointQuery { Repositories = ["Primary"], IncludeIncomplete = true })];

    private static Chain ChainOf(RestorePointInfo point)
    {
        var folder = Path.GetDirectoryName(point.Path)!;
        var root = Path.GetDirectoryName(Path.GetDirectoryName(folder))!;
        return new Chain(RepositoryFolder.Open(LocalStorage.Instance, root), folder);
    }

    private static string Named(RestorePointInfo point) =>
        $"Restore point {point.Sequence} ({point.Time:yyyy-MM-dd HH:mm:ss}) of {point.Machine}";

    private ErrorCode Refused(RestorePointInfo point) =>
        Assert.Single(Engine.Remove([point], force: false).Refused).Reason.Code;

    private static ErrorCode CodeOf(Action action) => Assert.Throws<BackupCopyException>(action).Code;
}
