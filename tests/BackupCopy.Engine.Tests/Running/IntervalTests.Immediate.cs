using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

// Every point, oldest first; and what goes wrong while a session waits.
public sealed partial class IntervalTests
{
    [Fact]
    public async Task Immediate_job_copies_every_point_oldest_first()
    {
        NewJob(new JobSchedule { Mode = JobMode.Immediate });
        await PointAsync();
        await PointAsync(hours: 1);
        var first = await _lab.SyncAsync();
        Assert.Single(_lab.Points("Offsite"));
        var times = new List<DateTime>();
        for (var i = 2; i < 5; i++)
        {
            times.Add((await PointAsync(hours: i)).Time);
        }

        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, session.Result);
        Assert.Equal(times, session.Machines.Select(m => m.PointTime!.Value));
        Assert.Equal(times, _lab.Points("Offsite").Skip(1).Select(p => p.Time));
        Assert.Equal(
            "Nothing is newer than what was copied last.",
            Assert.Single((await _lab.SyncAsync()).Machines).Reason);
        Assert.Single(first.Machines);
    }

    [Fact]
    public async Task Immediate_job_makes_up_for_a_GFS_day_on_which_it_copied_nothing()
    {
        NewJob(new JobSchedule { Mode = JobMode.Immediate });
        _lab.Engine.Catalog.UpdateJob(_lab.Engine.Job("Nightly").Id, job => job with
        {
            Retention = job.Retention with { Weekly = "4", WeeklyOn = "Tuesday" },
        });
        await PointAsync();
        await _lab.SyncAsync();

        // The clock began on a Sunday; the next point comes on Thursday.
        _clock.Advance(TimeSpan.FromDays(4));
        await PointAsync();
        await _lab.SyncAsync();
        Assert.Equal(
            [BackupCopy.Retention.GfsTier.Weekly], _lab.Points("Offsite")[1].Gfs);
    }

    [Fact]
    public async Task Machine_that_waits_for_its_chain_keeps_no_other_from_being_copied()
    {
        NewJob(new JobSchedule());
        _lab.Engine.Catalog.UpdateJob(_lab.Engine.Job("Nightly").Id, job => job with { Parallel = 1 });
        await PointAsync();
        await _lab.SyncAsync();
        await PointAsync(hours: 1);
        await _lab.ImportAsync("db", _lab.NewImage("db.img", 500_000, 3));
        var chain = TargetBackup.Open(_lab.Engine, _lab.Engine.Job("Nightly")).Folder.Chains().Single();
        Task<SessionInfo> running;
        using (chain.TakeAppendLock("testing"))
        {
            running = _lab.SyncAsync();
            await UntilAsync(() => _lab.Points("Offsite").Any(p => p.Machine == "db"));
            Assert.False(running.IsCompleted);
        }

        await AdvanceUntilAsync(running, TimeSpan.FromSeconds(2));
        Assert.Equal((SessionResult.Success, 2), ((await running).Result, (await running).Machines.Count));
        Assert.Equal(3, _lab.Points("Offsite").Count);
    }

    [Fact]
    public async Task Full_of_an_immediate_job_is_one_full()
    {
        NewJob(new JobSchedule { Mode = JobMode.Immediate });
        await PointAsync();
        await _lab.SyncAsync();
        var session = await _lab.SyncAsync(new SyncOptions { Full = true });
        Assert.Single(session.Machines);
        Assert.Equal(2, _lab.Points("Offsite").Count);
    }

    [Fact]
    public async Task Immediate_job_goes_by_sequence_where_times_are_out_of_order()
    {
        NewJob(new JobSchedule { Mode = JobMode.Immediate });
        await PointAsync();
        await _lab.SyncAsync();
        foreach (var hours in (int[])[2, 3, 1])
        {
            await PointAsync(hours);
        }

        Assert.Equal(3, (await _lab.SyncAsync()).Machines.Count);
        await PointAsync(hours: 2.5);
        Assert.Single((await _lab.SyncAsync()).Machines);
        Assert.Equal(5, _lab.Points("Offsite").Count);
    }

    [Fact]
    public async Task Only_source_that_is_away_is_waited_for()
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromHours(4) });
        await PointAsync();
        Directory.Move(_lab.PathOf("Primary"), _lab.PathOf("Elsewhere"));
        var running = _lab.SyncAsync(Scheduled);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        Directory.Move(_lab.PathOf("Elsewhere"), _lab.PathOf("Primary"));
        await AdvanceUntilAsync(running, TimeSpan.FromSeconds(15));
        Assert.Equal((SessionResult.Warning, 1), ((await running).Result, _lab.Points("Offsite").Count));
        var again = _lab.PathOf("Elsewhere");
        Directory.Move(_lab.PathOf("Primary"), again);
        Assert.Equal(SessionResult.Failed, (await _lab.SyncAsync()).Result);
        Directory.Move(again, _lab.PathOf("Primary"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Session_that_waits_ends_with_its_interval_when_that_is_taken_away_or_was_never_true(
        bool isTakenAway)
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromHours(4) });
        if (!isTakenAway)
        {
            _clock.Jump(TimeSpan.FromDays(3650));
        }

        await PointAsync(hours: -9);
        var running = _lab.SyncAsync(Scheduled);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        if (isTakenAway)
        {
            Change(schedule => schedule with { Every = null });
        }
        else
        {
            _clock.Jump(-TimeSpan.FromDays(3650));
        }

        await AdvanceUntilAsync(running, TimeSpan.FromMinutes(1));
        Assert.NotEqual(SessionResult.Failed, (await running).Result);
        Assert.InRange(_clock.GetUtcNow().Day, 1, 2);
    }
}
