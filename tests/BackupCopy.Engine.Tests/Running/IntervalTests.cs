using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

/// <summary>
/// Sessions of jobs with an interval, against real repositories and a clock that the test moves. The lab's
/// clock starts on 2026-11-01 at 22:00 UTC.
/// </summary>
public sealed partial class IntervalTests : IDisposable
{
    private readonly SteppedClock _clock = new();
    private readonly EngineLab _lab;
    private string _image = "";
    private int _changes;

    public IntervalTests() => _lab = new EngineLab(_clock);

    private static SyncOptions Scheduled { get; } =
        new() { Trigger = SessionTrigger.Schedule, WholeInterval = true };

    [Fact]
    public async Task Copy_is_a_day_behind_when_its_interval_begins_just_before_the_source()
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromDays(1), At = new TimeOnly(22, 0) });
        var first = await PointAsync(hours: -23.67);
        var session = await _lab.SyncAsync(Scheduled);
        Assert.Equal((SessionResult.Success, 1), (session.Result, session.Machines.Count));
        Assert.Equal(first.Time, session.Machines[0].PointTime);

        _clock.Advance(TimeSpan.FromMinutes(20));
        var second = await PointAsync();
        var job = _lab.Engine.Jobs.Get("Nightly");
        Assert.Equal((1, TimeSpan.FromDays(1)), (job.LagPoints, Rounded(job.Lag)));
        Assert.Equal(("web01", 1), (job.MachineLag[0].Machine, job.MachineLag[0].Points));
        _clock.Advance(TimeSpan.FromMinutes(23 * 60 + 40));
        Assert.Equal(second.Time, (await _lab.SyncAsync(Scheduled)).Machines[0].PointTime);
    }

    [Fact]
    public async Task Looking_forward_waits_for_the_point_of_the_same_night()
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromDays(1), LookForward = true });
        await PointAsync(hours: -23.67);
        var running = _lab.SyncAsync(new SyncOptions { Trigger = SessionTrigger.Schedule });
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        _clock.Advance(TimeSpan.FromMinutes(20));
        Assert.False(running.IsCompleted);
        var tonight = await PointAsync();
        var session = await running;
        Assert.Equal(tonight.Time, Assert.Single(session.Machines).PointTime);
        Assert.Equal(SessionResult.Success, session.Result);
    }

    [Fact]
    public async Task Global_look_forward_counts_where_the_job_has_no_word_of_its_own()
    {
        _lab.Engine.Catalog.UpdateGlobalSettings(s => s with { LookForward = true });
        NewJob(new JobSchedule { Every = TimeSpan.FromDays(1) });
        await PointAsync(hours: -1);
        var plan = Assert.Single(_lab.Engine.Jobs.Plan("Nightly", []));
        Assert.Equal((SyncAction.Wait, 1), (plan.Action, plan.LagPoints));
        Change(schedule => schedule with { LookForward = false });
        Assert.Equal(SyncAction.Copy, Assert.Single(_lab.Engine.Jobs.Plan("Nightly", [])).Action);
    }

    [Theory]
    [InlineData(-23, true)]
    [InlineData(-25, false)]
    public async Task Points_older_than_one_interval_do_not_count(double hours, bool isCopied)
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromDays(1) });
        await PointAsync(hours);
        var session = await _lab.SyncAsync();
        Assert.Equal(isCopied ? 1 : 0, _lab.Points("Offsite").Count);
        Assert.Equal(isCopied ? SessionResult.Success : SessionResult.Warning, session.Result);
        Assert.Equal(
            isCopied ? "" : "WaitTimedOut", Assert.Single(session.Machines).Error);
    }

    [Fact]
    public async Task Hourly_source_and_daily_copy_make_one_point_a_day_with_all_changes()
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromDays(1) });
        for (var day = 0; day < 2; day++)
        {
            for (var hour = 0; hour < 6; hour++)
            {
                _clock.Advance(TimeSpan.FromHours(4));
                await PointAsync();
            }

            await _lab.SyncAsync(Scheduled);
        }

        var points = _lab.Points("Offsite");
        Assert.Equal(2, points.Count);
        var files = await _lab.Engine.RestorePoints.ExportAsync(
            points[1], _lab.PathOf("export"), [], replace: false, null, default);
        Assert.Equal(await File.ReadAllBytesAsync(_image), await File.ReadAllBytesAsync(files[0]));
    }

    [Fact]
    public async Task Machine_is_copied_once_an_interval_also_when_a_session_of_it_was_cut_off()
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromDays(1) });
        await PointAsync();
        _lab.NewImage("db.img", 1_000_000, 7);
        await _lab.ImportAsync("db", _lab.PathOf("db.img"), DateTime.UnixEpoch.AddYears(56));
        using var stop = new CancellationTokenSource();
        var running = _lab.SyncAsync(Scheduled, stop.Token);
        await UntilAsync(() => _lab.Points("Offsite").Count == 1);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        await stop.CancelAsync();
        Assert.Equal(SessionResult.Stopped, (await running).Result);

        _clock.Advance(TimeSpan.FromMinutes(10));
        await PointAsync();
        var again = _lab.SyncAsync(Scheduled);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await _lab.ImportAsync("db", _lab.PathOf("db.img"));
        var session = await again;
        Assert.Equal("db", Assert.Single(session.Machines).Machine);
        Assert.Equal(["db", "web01"], _lab.Points("Offsite").Select(p => p.Machine).Order());
    }

    [Fact]
    public async Task Interval_that_ends_without_a_new_point_is_no_failure()
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromHours(4) });
        await PointAsync();
        await _lab.SyncAsync(Scheduled);
        _clock.Advance(TimeSpan.FromHours(4));
        var running = _lab.SyncAsync(Scheduled);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        await AdvanceUntilAsync(running, TimeSpan.FromMinutes(10));
        var session = await running;
        Assert.Equal(SessionResult.Success, session.Result);
        Assert.Equal("Nothing is newer than what was copied last.", Assert.Single(session.Machines).Reason);
        Assert.Equal(TimeSpan.FromHours(4), session.Duration);
    }

    [Fact]
    public async Task Locked_point_is_waited_for_until_the_interval_ends()
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromHours(4) });
        await PointAsync();
        using var writer = _lab.HoldUnfinished("web01");
        var running = _lab.SyncAsync(Scheduled);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        await AdvanceUntilAsync(running, TimeSpan.FromMinutes(10));
        var session = await running;
        Assert.Equal((SessionResult.Warning, "WaitTimedOut"), (session.Result, session.Machines[0].Error));
        Assert.Empty(_lab.Points("Offsite"));
    }

    [Fact]
    public async Task Longer_interval_extends_the_one_that_runs()
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromHours(4) });
        await PointAsync(hours: -9);
        var running = _lab.SyncAsync(Scheduled);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        Change(schedule => schedule with { Every = TimeSpan.FromHours(8) });
        for (var hour = 0; hour < 6; hour++)
        {
            await StepAsync(TimeSpan.FromHours(1));
        }

        Assert.False(running.IsCompleted);
        await PointAsync();
        var session = await running;
        Assert.Equal(1, session.Machines.Count(m => m.TargetSequence > 0));
        Assert.Contains(
            session.Events, e => e.Text.StartsWith("The interval was changed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Closed_window_holds_what_is_due_and_one_point_carries_all_changes_later()
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromHours(2), Allow = ["20:00-08:00"] });
        _clock.Advance(TimeSpan.FromHours(8));
        await PointAsync();
        Assert.Equal(1, (await SyncIntervalAsync()).Machines.Count(m => m.TargetSequence > 0));
        for (var interval = 0; interval < 6; interval++)
        {
            await PointAsync();
            var closed = await SyncIntervalAsync();
            Assert.Equal((SessionResult.Success, 0), (closed.Result, closed.Machines.Count));
        }

        Assert.Single(_lab.Points("Offsite"));
        Assert.Equal(20, _clock.GetUtcNow().Hour);
        Assert.Equal(SessionResult.Success, (await SyncIntervalAsync()).Result);
        Assert.Equal(2, _lab.Points("Offsite").Count);
    }

    [Fact]
    public async Task Manual_sync_waits_for_the_window_as_long_as_it_may()
    {
        NewJob(new JobSchedule { Allow = ["23:00-24:00"] });
        await PointAsync();
        var given = _lab.SyncAsync(new SyncOptions { Wait = TimeSpan.FromMinutes(30) });
        await _lab.WaitForStateAsync(SessionState.WaitingForWindow);
        await AdvanceUntilAsync(given, TimeSpan.FromMinutes(1));
        var ended = await given;
        Assert.Equal((SessionResult.Warning, "WindowClosed"), (ended.Result, ended.Machines[0].Error));

        var patient = _lab.SyncAsync();
        await _lab.WaitForStateAsync(SessionState.WaitingForWindow);
        await AdvanceUntilAsync(patient, TimeSpan.FromMinutes(5));
        Assert.Equal(SessionResult.Success, (await patient).Result);
        Assert.Equal(23, _clock.GetUtcNow().Hour);
    }

    [Fact]
    public async Task Failed_machine_is_tried_again_with_its_next_point()
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromDays(1) });
        var point = await PointAsync();
        EngineLab.Damage(point);
        var running = _lab.SyncAsync(Scheduled);
        await UntilAsync(() => _lab.Engine.Sessions.List(running: true).Any(s => s.FailedCount == 1));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.False(running.IsCompleted);

        // Every block is new, so nothing of the damaged file is needed.
        _image = _lab.NewImage("web01.img", 1_300_000, seed: 99);
        await PointAsync();
        var session = await running;
        Assert.Equal((SessionResult.Success, 0), (session.Result, session.FailedCount));
        Assert.Single(_lab.Points("Offsite"));
    }

    [Fact]
    public async Task Disabled_job_is_not_run()
    {
        NewJob(new JobSchedule());
        _lab.Engine.Catalog.UpdateJob(
            _lab.Engine.Job("Nightly").Id, job => job with { IsEnabled = false });
        var error = await Assert.ThrowsAsync<BackupCopyException>(() => _lab.SyncAsync());
        Assert.Equal(ErrorCode.JobDisabled, error.Code);
        Assert.Empty(_lab.Engine.Sessions.List());
    }

    [Fact]
    public async Task Target_that_is_away_when_the_interval_begins_is_waited_for()
    {
        NewJob(new JobSchedule { Every = TimeSpan.FromHours(4) });
        await PointAsync();
        Directory.Move(_lab.PathOf("Offsite"), _lab.PathOf("Elsewhere"));
        var running = _lab.SyncAsync(Scheduled);
        await _lab.WaitForStateAsync(SessionState.WaitingForRepository);
        Directory.Move(_lab.PathOf("Elsewhere"), _lab.PathOf("Offsite"));
        await AdvanceUntilAsync(running, TimeSpan.FromSeconds(15));
        var session = await running;
        Assert.Equal((SessionResult.Warning, 1), (session.Result, _lab.Points("Offsite").Count));
    }

    public void Dispose() => _lab.Dispose();

    private void NewJob(JobSchedule schedule)
    {
        _lab.NewJob();
        Change(_ => schedule);
    }

    private void Change(Func<JobSchedule, JobSchedule> change) => _lab.Engine.Catalog.UpdateJob(
        _lab.Engine.Job("Nightly").Id, job => job with
        {
            Schedule = change(job.Schedule),
            Retention = job.Retention with { TimeZone = "UTC" },
        });

    private Task<RestorePointInfo> PointAsync(double hours = 0)
    {
        if (_image.Length == 0)
        {
            _image = _lab.NewImage("web01.img", 1_300_000, seed: 1);
        }

        EngineLab.Change(_image, _changes * 100_000 % 1_200_000, 5000, seed: _changes++);
        return _lab.ImportAsync("web01", _image, _clock.GetUtcNow().UtcDateTime.AddHours(hours));
    }

    /// <summary>A session of an interval of two hours; the interval is over then.</summary>
    private async Task<SessionInfo> SyncIntervalAsync()
    {
        var end = _clock.GetUtcNow().AddHours(2);
        var running = _lab.SyncAsync(Scheduled);
        await AdvanceUntilAsync(running, TimeSpan.FromMinutes(10));
        var session = await running;
        _clock.Advance(end - _clock.GetUtcNow());
        return session;
    }

    private async Task AdvanceUntilAsync(Task running, TimeSpan step)
    {
        while (!running.IsCompleted)
        {
            await StepAsync(step, running);
        }
    }

    // Real time passes only until whoever waits has seen the new one: a session that waits has two waits, one
    // for its sources and one for whoever wants it to stop.
    private async Task StepAsync(TimeSpan step, Task? running = null)
    {
        await UntilAsync(() => _clock.WaitingCount >= 2 || running is { IsCompleted: true });
        _clock.Advance(step);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5);
        }
    }

    private static TimeSpan? Rounded(TimeSpan? span) =>
        span is { } known ? TimeSpan.FromHours(Math.Round(known.TotalHours)) : null;
}
