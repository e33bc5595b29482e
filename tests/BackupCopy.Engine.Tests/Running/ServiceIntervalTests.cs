using BackupCopy.Jobs;
using BackupCopy.Running.Service;

namespace BackupCopy.Tests.Running;

/// <summary>When a service begins sessions of periodic jobs.</summary>
public sealed class ServiceIntervalTests : IAsyncDisposable
{
    private static readonly JobSchedule s_daily =
        new() { Every = TimeSpan.FromDays(1), At = new TimeOnly(8, 0) };

    private static readonly JobSchedule s_fourHourly = new() { Every = TimeSpan.FromHours(4) };

    private readonly ServiceLab _lab = new();

    private IEnumerable<string> Intervals => _lab.Ended
        .Select(s => _lab.Engine.Catalog.FindSession(s.Id)!.Interval!)
        .Select(i => $"{i.StartUtc:dd HH:mm}-{i.EndUtc:dd HH:mm}");

    private IEnumerable<string> Starts =>
        _lab.Ended.Select(s => $"{s.StartTime.ToUniversalTime():dd HH:mm}");

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Fact]
    public async Task Hours_follow_each_other_back_to_back_from_the_first_session_on()
    {
        await LiveAsync(s_fourHourly, from: 12, hours: 14);
        Assert.Equal(["02 12:00", "02 16:00", "02 20:00", "03 00:00"], Starts);
        Assert.Equal(
            ["02 12:00-02 16:00", "02 16:00-02 20:00", "02 20:00-03 00:00", "03 00:00-03 04:00"], Intervals);
        Assert.All(_lab.Ended, s => Assert.Equal(SessionResult.Success, s.Result));
    }

    [Fact]
    public async Task Days_begin_at_the_clock_time_and_the_first_one_at_once()
    {
        await LiveAsync(s_daily, from: 12, hours: 46);
        Assert.Equal(["02 12:00", "03 08:00", "04 08:00"], Starts);
        Assert.Equal(["02 12:00-03 08:00", "03 08:00-04 08:00", "04 08:00-05 08:00"], Intervals);
    }

    [Fact]
    public async Task Hours_are_counted_anew_after_a_time_without_service_and_nothing_is_made_up_for()
    {
        await LiveAsync(s_fourHourly, from: 12, hours: 1);
        await RestartAsync(TimeSpan.FromHours(10.5));
        Assert.Equal(["02 12:00-02 16:00", "02 23:30-03 03:30"], Intervals);
    }

    [Fact]
    public async Task Days_keep_their_clock_time_after_a_time_without_service()
    {
        await LiveAsync(s_daily, from: 12, hours: 1);
        await RestartAsync(TimeSpan.FromHours(52));
        await _lab.ImportAsync();
        await _lab.PassToAsync(8);
        Assert.Equal(["02 12:00", "04 17:00", "05 08:00"], Starts);
        Assert.Equal(["02 12:00-03 08:00", "04 08:00-05 08:00", "05 08:00-06 08:00"], Intervals);
    }

    [Fact]
    public async Task Service_that_restarts_within_an_interval_has_nothing_to_do_in_it()
    {
        await LiveAsync(s_daily, from: 12, hours: 1);
        await RestartAsync(TimeSpan.FromHours(1));
        Assert.Single(_lab.Ended);
    }

    [Fact]
    public async Task Disabled_and_manual_jobs_are_left_alone_and_new_ones_begin_when_they_are_seen()
    {
        await _lab.ImportAsync();
        await _lab.StartAsync(new ServiceOptions { Poll = TimeSpan.FromSeconds(10) });
        await _lab.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(_lab.Ended);
        _lab.Schedule(s_daily);
        await _lab.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Single(_lab.Ended);

        var job = _lab.Engine.Job("Nightly");
        _lab.Engine.Catalog.UpdateJob(job.Id, known => known with { IsEnabled = false });
        await _lab.ImportAsync();
        await _lab.PassAsync(TimeSpan.FromDays(1));
        Assert.Single(_lab.Ended);
        _lab.Engine.Catalog.UpdateJob(job.Id, known => known with { IsEnabled = true });
        await _lab.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(2, _lab.Ended.Count);
    }

    [Fact]
    public async Task Session_that_fails_waits_for_the_next_interval()
    {
        // A target that is away would be waited for; a damaged one is an error at once.
        var descriptions = Directory.GetFiles(_lab.Engines.PathOf("Offsite"), "repository.json*");
        var whole = descriptions.ToDictionary(file => file, File.ReadAllBytes);
        Assert.Equal(2, whole.Count);
        Array.ForEach(descriptions, file => File.WriteAllText(file, "damaged"));
        await LiveAsync(s_fourHourly, from: 12, hours: 13);
        Assert.Equal(["02 12:00", "02 16:00", "02 20:00", "03 00:00"], Starts);
        Assert.All(_lab.Ended, s => Assert.Equal(SessionResult.Failed, s.Result));
        Array.ForEach(descriptions, file => File.WriteAllBytes(file, whole[file]));
        await _lab.PassToAsync(4);
        Assert.Equal(SessionResult.Success, _lab.Ended[^1].Result);
    }

    [Fact]
    public async Task Sync_by_hand_is_an_interval_of_its_own_and_the_next_one_counts_from_it()
    {
        await LiveAsync(s_fourHourly, from: 12, hours: 2);
        await _lab.ImportAsync();
        await _lab.Engines.SyncAsync();
        await _lab.PassAsync(TimeSpan.FromHours(3.5));
        Assert.Single(_lab.Ended);
        await _lab.ImportAsync();
        await _lab.PassAsync(TimeSpan.FromHours(0.5));
        Assert.Equal(["02 12:00", "02 18:00"], Starts);
    }

    [Fact]
    public async Task Clock_that_goes_ahead_begins_one_session_and_makes_nothing_up()
    {
        await LiveAsync(s_fourHourly, from: 12, hours: 1);
        await _lab.ImportAsync();
        _lab.Clock.Advance(TimeSpan.FromDays(10));
        await _lab.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(["02 12:00-02 16:00", "12 12:00-12 16:00"], Intervals);
        Assert.Contains(SessionEventId.ClockJumped, _lab.Told);
    }

    [Fact]
    public async Task Clock_that_goes_back_begins_no_second_session_of_an_interval()
    {
        await LiveAsync(s_daily, from: 7, hours: 2);
        Assert.Equal(["02 07:00", "02 08:00"], Starts);
        _lab.Clock.Advance(TimeSpan.FromHours(-3));
        await _lab.ImportAsync();
        await _lab.PassAsync(TimeSpan.FromHours(25));
        Assert.Equal(2, _lab.Ended.Count);
        Assert.Single(_lab.Told, SessionEventId.ClockJumped);
        await _lab.PassToAsync(8);
        Assert.Equal(["02 07:00", "02 08:00", "03 08:00"], Starts);
    }

    [Fact]
    public async Task Clock_that_was_wrong_by_years_does_not_leave_the_job_idle_for_years()
    {
        _lab.Clock.Advance(TimeSpan.FromDays(3650));
        await LiveAsync(s_daily, from: 12, hours: 1);
        _lab.Clock.Advance(TimeSpan.FromDays(-3650));
        await _lab.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(2, _lab.Ended.Count);
        Assert.InRange(_lab.Run.Interval!.StartUtc, new DateTime(2026, 11, 1), new DateTime(2026, 11, 5));
    }

    /// <summary>A service that starts at a clock time of 2 November, with a new point each hour.</summary>
    private async Task LiveAsync(JobSchedule schedule, int from, int hours)
    {
        _lab.Schedule(schedule);
        await _lab.ImportAsync();
        _lab.Clock.Advance(TimeSpan.FromHours(2 + from));
        await _lab.ImportAsync();
        await _lab.StartAsync();
        for (var hour = 0; hour < hours; hour++)
        {
            await _lab.PassAsync(TimeSpan.FromMinutes(59));
            await _lab.ImportAsync();
            await _lab.PassAsync(TimeSpan.FromMinutes(1));
        }
    }

    private async Task RestartAsync(TimeSpan after)
    {
        await _lab.StopAsync();
        _lab.Clock.Advance(after - TimeSpan.FromMinutes(1));
        await _lab.ImportAsync();
        _lab.Clock.Advance(TimeSpan.FromMinutes(1));
        await _lab.StartAsync();
    }
}
