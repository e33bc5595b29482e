using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Tests.Running.Upkeep;

/// <summary>When sessions check, and what they make of a check's end.</summary>
public sealed class ScheduledCheckTests : IDisposable
{
    private readonly UpkeepLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Check_runs_once_on_its_day_in_the_first_session()
    {
        _lab.Schedule("Wednesday");
        var monday = await _lab.DayAsync("web01");
        Assert.Contains(monday.Events, e => e.Text == "The next health check is due on 2026-11-04.");
        await _lab.DayAsync("web01");
        Assert.Empty(_lab.Checked);
        var wednesday = await _lab.DayAsync("web01");
        Assert.Equal(["web01"], _lab.Checked);
        Assert.Equal(
            (SessionResult.Success, 1000, 1, 0),
            (wednesday.Result, wednesday.CheckedBytes, wednesday.CheckedPointCount, wednesday.FoundCount));
        Assert.Equal(
            ["web01: Verified 0.98 KB: nothing is damaged."],
            UpkeepLab.Texts(wednesday, SessionEventId.HealthChecked));
        var again = await _lab.SyncAsync();
        Assert.Equal(["web01"], _lab.Checked);
        Assert.Contains(again.Events, e => e.Text == "The next health check is due on 2026-11-11.");
        Assert.Equal(new DateOnly(2026, 11, 4), _lab.Engine.Jobs.Get("Nightly").LastHealthCheck);
    }

    [Fact]
    public async Task Missed_day_is_caught_up_by_the_next_session_and_earlier_ones_never_count()
    {
        // The job is of a Sunday: the Saturday before was never meant.
        _lab.Schedule("Saturday");
        await _lab.DayAsync("web01");
        Assert.Empty(_lab.Checked);
        for (var day = 0; day < 6; day++)
        {
            await _lab.Lab.NewDayAsync("web01");
        }

        await _lab.SyncAsync();
        Assert.Equal(["web01"], _lab.Checked);
        await _lab.DayAsync("web01");
        Assert.Equal(["web01"], _lab.Checked);
    }

    [Fact]
    public async Task Stopped_check_goes_on_in_the_next_session_and_repeats_no_chain()
    {
        await _lab.DayAsync("db01", "web01");
        _lab.Schedule("Tuesday");
        using var stop = new CancellationTokenSource();
        _lab.Checking = machine =>
        {
            if (machine == "web01")
            {
                stop.Cancel();
            }
        };
        await _lab.Lab.NewDayAsync("db01", "web01");
        var stopped = await _lab.SyncAsync(cancellation: stop.Token);
        Assert.Equal((SessionResult.Stopped, SyncPhase.HealthCheck), (stopped.Result, stopped.Phase));
        Assert.Equal(["db01", "web01"], _lab.Checked);

        _lab.Checking = _ => { };
        await _lab.SyncAsync();
        Assert.Equal(["db01", "web01", "web01"], _lab.Checked);
        await _lab.SyncAsync();
        Assert.Equal(3, _lab.Checked.Count);
    }

    [Fact]
    public async Task Check_that_gives_way_goes_on_a_few_times_and_then_in_the_next_session()
    {
        await _lab.DayAsync("db01", "web01");
        _lab.Schedule("Tuesday");
        _lab.GivesWay["db01"] = 6;
        var session = await _lab.DayAsync("db01", "web01");
        Assert.Equal(5, _lab.Checked.Count(m => m == "db01"));
        Assert.Equal("web01", _lab.Checked[^1]);
        Assert.Equal(6000, session.CheckedBytes);
        Assert.Equal(
            [
                "db01: Verified 4.88 KB and gave way to others; the next session goes on there.",
                "web01: Verified 0.98 KB: nothing is damaged.",
            ],
            UpkeepLab.Texts(session, SessionEventId.HealthChecked));
        _lab.Checked.Clear();
        await _lab.SyncAsync();
        Assert.Equal(["db01", "db01"], _lab.Checked);
        await _lab.SyncAsync();
        Assert.Equal(2, _lab.Checked.Count);
    }

    [Fact]
    public async Task Chain_that_cannot_be_checked_is_a_warning_and_the_others_are_checked_and_copied()
    {
        await _lab.DayAsync("db01", "web01");
        _lab.Schedule("Tuesday");
        _lab.Checking = machine =>
        {
            if (machine == "db01")
            {
                throw new BackupCopyException(ErrorCode.StorageError, "The disk is silent.", "Look at it.");
            }
        };
        var session = await _lab.DayAsync("db01", "web01");
        Assert.Equal(["db01", "web01"], _lab.Checked);
        Assert.Equal(SessionResult.Warning, session.Result);
        Assert.Equal(
            ["db01: The disk is silent. Look at it."],
            UpkeepLab.Texts(session, SessionEventId.HealthCheckFailed));
        Assert.Contains("db01 could not be checked: The disk is silent.", session.Reason);
        Assert.Equal(2, session.SuccessCount);
        await _lab.SyncAsync();
        Assert.Equal(2, _lab.Checked.Count);
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "Tuesday")]
    public async Task Session_that_makes_fulls_checks_nothing_and_the_day_is_done(bool full, string fullOn)
    {
        await _lab.DayAsync("web01");
        _lab.Schedule("Tuesday");
        _lab.Set(job => job with { Retention = job.Retention with { ActiveFullOn = fullOn } });
        await _lab.Lab.NewDayAsync("web01");
        var session = await _lab.SyncAsync(full);
        Assert.Empty(_lab.Checked);
        Assert.Contains(session.Events, e => e.Text.StartsWith("Not checked: this session makes a full."));
        Assert.Equal(SessionResult.Success, session.Result);
        await _lab.SyncAsync();
        Assert.Empty(_lab.Checked);
        Assert.Equal(new DateOnly(2026, 11, 3), _lab.Engine.Jobs.Get("Nightly").LastHealthCheck);
    }

    [Fact]
    public async Task Full_that_never_comes_delays_the_check_by_a_day()
    {
        await _lab.DayAsync("web01");
        _lab.Schedule("Tuesday");
        _lab.Set(job => job with { Retention = job.Retention with { ActiveFullOn = "Tuesday" } });
        await _lab.DayAsync();
        Assert.Empty(_lab.Checked);
        await _lab.DayAsync();
        Assert.Equal(["web01"], _lab.Checked);
    }

    [Fact]
    public async Task Session_of_some_machines_checks_those_and_the_next_one_the_others()
    {
        await _lab.DayAsync("db01", "web01");
        _lab.Schedule("Tuesday");
        await _lab.Lab.NewDayAsync("db01", "web01");
        await _lab.SyncAsync(machines: "web*");
        Assert.Equal(["web01"], _lab.Checked);
        await _lab.SyncAsync();
        Assert.Equal(["web01", "db01"], _lab.Checked);
    }

    [Fact]
    public async Task Target_that_is_away_leaves_the_check_to_the_next_session()
    {
        await _lab.DayAsync("web01");
        _lab.Schedule("Tuesday");
        await _lab.Lab.NewDayAsync("web01");
        var (offsite, elsewhere) = (_lab.Lab.Engines.PathOf("Offsite"), _lab.Lab.Engines.PathOf("Else"));
        Directory.Move(offsite, elsewhere);
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Failed, session.Result);
        Assert.Contains(session.Events, e => e.Text.Contains("waits for the next session"));
        Directory.Move(elsewhere, offsite);
        await _lab.SyncAsync();
        Assert.Equal(["web01"], _lab.Checked);
    }
}
