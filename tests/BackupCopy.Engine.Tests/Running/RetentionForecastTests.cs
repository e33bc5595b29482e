using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

/// <summary>Forecasts of jobs and of policies; the clock stands at 1 November 2026, 22:00 UTC.</summary>
public sealed class RetentionForecastTests : IDisposable
{
    private readonly EngineLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void A_policy_alone_begins_today_with_a_point_a_day()
    {
        var forecast = _lab.Engine.Retention.Forecast(
            new() { KeepDays = 5, TimeZone = "UTC" }, new() { Days = 10, SizeBytes = 1000 });

        Assert.Equal(("", "", "5 days"), (forecast.Job, forecast.Machine, forecast.Policy));
        Assert.Equal(10, forecast.Days.Count);
        Assert.Equal(new DateOnly(2026, 11, 1), forecast.Days[0].Date);
        Assert.Equal((6, 1), (forecast.Days[^1].Count, forecast.Days[0].Count));
        Assert.InRange(forecast.MostBytes, 1001, 1300);
        Assert.Contains("2026-11", forecast.Calendar);
        Assert.Empty(forecast.Existing);
    }

    [Fact]
    public void A_policy_that_is_not_given_is_that_of_a_new_job()
    {
        var forecast = _lab.Engine.Retention.Forecast(new(), new() { Days = 30 });

        Assert.Equal("7 points", forecast.Policy);
        Assert.Equal((8, 0L), (forecast.MostPoints, forecast.MostBytes));
    }

    [Fact]
    public async Task A_job_goes_on_from_its_points_with_their_spacing()
    {
        await CopyAsync(points: 4, TimeSpan.FromDays(2));

        var forecast = Assert.Single(
            _lab.Engine.Retention.Forecast("Nightly", new(), new() { Days = 10 }));

        Assert.Equal(("Nightly", "web01"), (forecast.Job, forecast.Machine));
        Assert.Equal([1L, 2, 3, 4], forecast.Existing.Select(e => e.Sequence));
        // A point every two days, 7 stay: the fourth to come pushes the first one out.
        Assert.Equal(
            [new DateOnly(2026, 11, 15), new DateOnly(2026, 11, 17), null, null],
            forecast.Existing.Select(e => e.Goes is { } goes
                ? DateOnly.FromDateTime(goes.ToUniversalTime()) : (DateOnly?)null));
        var stored = _lab.Engine.Repositories.Get("Offsite").StoredBytes;
        Assert.InRange(forecast.MostBytes, stored / 2, stored * 2);
    }

    [Fact]
    public async Task Parameters_say_what_would_change_and_change_nothing()
    {
        await CopyAsync(points: 3, TimeSpan.FromDays(1));

        var forecast = Assert.Single(_lab.Engine.Retention.Forecast(
            "Nightly", new() { KeepPoints = 2 },
            new() { Days = 5, SizeBytes = 0, Every = TimeSpan.FromHours(12) }));

        Assert.Equal("2 points", forecast.Policy);
        Assert.All(forecast.Existing, e => Assert.NotNull(e.Goes));
        Assert.Equal("7 points", _lab.Engine.Jobs.Get("Nightly").Retention);
        Assert.Equal(3, _lab.Points("Offsite").Count);
    }

    [Fact]
    public void A_job_that_has_copied_nothing_is_its_policy()
    {
        _lab.NewJob();

        var forecast = Assert.Single(_lab.Engine.Retention.Forecast("Nightly", new(), new() { Days = 3 }));

        Assert.Equal(("Nightly", ""), (forecast.Job, forecast.Machine));
        Assert.Equal([1, 2, 3], forecast.Days.Select(d => d.Count));
    }

    [Fact]
    public async Task Points_made_minutes_apart_are_not_expected_to_go_on_so()
    {
        await CopyAsync(points: 3, TimeSpan.FromSeconds(5));

        var forecast = Assert.Single(_lab.Engine.Retention.Forecast("Nightly", new(), new() { Days = 2 }));

        Assert.Equal(TimeSpan.FromMinutes(15), forecast.LastDay[^1].TimeUtc - forecast.LastDay[^2].TimeUtc);
    }

    [Fact]
    public void Several_calendars_make_one_page()
    {
        var forecast = _lab.Engine.Retention.Forecast(new(), new() { Days = 3 });

        var page = RetentionCalendar.ToHtml(
            [new CalendarSection("web01", forecast.LastDay), new CalendarSection("db01", forecast.LastDay)]);

        Assert.Equal(3, page.Split("<svg").Length);
        Assert.Contains("<title>web01</title>", page);
        Assert.Contains(">db01<", page);
    }

    private async Task CopyAsync(int points, TimeSpan apart)
    {
        var image = _lab.NewImage("web01.img", 4_000_000, 1);
        _lab.NewJob();
        for (var i = 0; i < points; i++)
        {
            if (i > 0)
            {
                _lab.Clock.Advance(apart);
            }

            EngineLab.Change(image, 0, 1000, seed: i);
            await _lab.ImportAsync("web01", image);
            await _lab.SyncAsync();
        }
    }
}
