using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Retention;
using BackupCopy.Running.Keeping;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

/// <summary>
/// The plan says what the sync then makes: the clock stands at Sunday, 1 November 2026, 22:00 UTC.
/// </summary>
public sealed class SyncPlanTests : IDisposable
{
    private readonly EngineLab _lab = new();
    private string _image = "";

    public void Dispose() => _lab.Dispose();

    public static TheoryData<RetentionSettings, bool, string> Fulls => new()
    {
        { new(), true, "A full was asked for." },
        { new() { ActiveFullOn = ["Monday"] }, false, "A full is due by the schedule Monday." },
        { new() { Weekly = "4", WeeklyOn = "Monday", ReadEntirePoint = true }, false,
            "Points with a GFS flag are read entirely: Weekly for Monday 2026-11-02." },
    };

    [Theory]
    [MemberData(nameof(Fulls))]
    public async Task A_full_says_why_it_is_one(RetentionSettings retention, bool full, string reason)
    {
        await BeginAsync(retention with { TimeZone = "UTC" });
        Assert.Equal("The first copy is a full.", Plan(full: false).Reason);
        await _lab.SyncAsync();
        await NextDayAsync();

        var plan = Plan(full);
        await _lab.SyncAsync(new SyncOptions { Full = full });

        Assert.Equal((SyncAction.Copy, RestorePointType.Full, reason), (plan.Action, plan.Type, plan.Reason));
        Assert.Equal(RestorePointType.Full, _lab.Points("Offsite")[^1].Type);
    }

    [Fact]
    public async Task An_increment_shows_its_flags_and_what_goes_when_it_is_there()
    {
        await BeginAsync(new() { KeepPoints = 2, Weekly = "1", WeeklyOn = "Tuesday", TimeZone = "UTC" });
        await _lab.SyncAsync();
        await NextDayAsync();
        await _lab.SyncAsync();
        await NextDayAsync();

        var plan = Plan();
        var session = await _lab.SyncAsync();

        Assert.Equal(RestorePointType.Increment, plan.Type);
        Assert.Equal([GfsTier.Weekly], plan.Gfs);
        Assert.Equal("Weekly for Tuesday 2026-11-03.", plan.GfsReason);
        var gone = Assert.Single(plan.Removes);
        Assert.Equal((1L, "older than the newest 2 points"), (gone.Sequence, gone.Why));
        Assert.Equal(1, session.RemovedPointCount);
        Assert.Equal([2L, 3], _lab.Points("Offsite").Select(p => p.Sequence));
    }

    [Fact]
    public async Task A_changed_policy_shows_also_where_nothing_is_copied()
    {
        await BeginAsync(new() { KeepPoints = 3 });
        for (var day = 0; day < 3; day++)
        {
            await _lab.SyncAsync();
            await NextDayAsync();
        }

        await _lab.SyncAsync();
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Retention = new() { KeepPoints = 2 } });

        var plan = Plan();

        Assert.Equal((SyncAction.UpToDate, 1), (plan.Action, plan.Removes.Count));
    }

    [Fact]
    public async Task A_damaged_newest_point_makes_a_full()
    {
        await BeginAsync(new());
        await _lab.SyncAsync();
        await NextDayAsync();
        await _lab.SyncAsync();
        var newest = _lab.Points("Offsite")[^1].Path;
        var bytes = File.ReadAllBytes(newest);
        bytes[200] ^= 1;
        File.Delete(newest + Names.Copy);
        File.WriteAllBytes(newest, bytes);

        Assert.Equal("A full, since the newest restore point is damaged.", Plan().Reason);
    }

    private async Task BeginAsync(RetentionSettings retention)
    {
        _image = _lab.NewImage("web01.img", 2_000_000, 1);
        await _lab.ImportAsync("web01", _image);
        _lab.NewJob();
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Retention = retention });
    }

    private async Task NextDayAsync()
    {
        _lab.Clock.Advance(TimeSpan.FromDays(1));
        EngineLab.Change(_image, 0, 300_000, _lab.Clock.GetUtcNow().Day);
        await _lab.ImportAsync("web01", _image);
    }

    private SyncPlanInfo Plan(bool full = false) =>
        Assert.Single(_lab.Engine.Jobs.Plan("Nightly", [], full));
}
