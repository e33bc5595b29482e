using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>What a policy is forecast to keep, and what it is expected to take.</summary>
public sealed class RetentionSimulationTests
{
    [Fact]
    public void Each_day_shows_what_is_there_at_its_end()
    {
        var forecast = Run(TestChain.Keep(points: 3, weekly: "2 on Sunday"), days: 12);
        Assert.Equal(
            ["11-02", "11-02 11-03", "11-02 11-03 11-04", "11-03 11-04 11-05"],
            forecast.Days.Take(4).Select(Dates));
        Assert.Equal("11-08 11-11 11-12 11-13", Dates(forecast.Days[^1]));
        Assert.Equal(new DateOnly(2026, 11, 13), forecast.Days[^1].Date);
        Assert.Equal(4, forecast.Days[^1].Count);
        Assert.Equal(GfsTier.Weekly, Assert.Single(forecast.Days[^1].Points[0].Flags).Tier);
        Assert.All(forecast.Days[^1].Points, p => Assert.True(p.IsExpected));
    }

    [Fact]
    public void The_most_counts_the_new_point_beside_the_one_that_goes_for_it()
    {
        var forecast = Run(TestChain.Keep(points: 3), days: 10);
        Assert.Equal(3, forecast.Days.Max(d => d.Count));
        Assert.Equal(4, forecast.MostPoints);
        Assert.Equal(1090, forecast.MostBytes);
    }

    // A full, and for a gap of d days 1 - 0.97^d of it.
    [Theory]
    [InlineData(1, 1000)]
    [InlineData(2, 1030)]
    [InlineData(3, 1060)]
    public void A_chain_takes_one_full_and_what_changed(int days, long bytes) =>
        Assert.Equal(bytes, Run(TestChain.Keep(points: 9), days).Days[^1].Bytes);

    [Fact]
    public void A_block_written_twice_between_two_points_counts_once()
    {
        var forecast = Run(TestChain.Keep(points: 9), days: 8, spacing: TimeSpan.FromDays(7));
        Assert.Equal(2, forecast.Days[^1].Count);
        Assert.Equal((long)(1000 * (2 - Math.Pow(0.97, 7))), forecast.Days[^1].Bytes);
        Assert.Equal(1000, Run(TestChain.Keep(points: 9), days: 8, change: 0).Days[^1].Bytes);
        Assert.Equal(8000, Run(TestChain.Keep(points: 9), days: 8, change: 100).Days[^1].Bytes);
    }

    [Fact]
    public void Every_existing_point_has_its_end_and_the_reason()
    {
        var chain = new TestChain(TestChain.Keep(points: 2, weekly: "1 on Sunday"));
        chain.Add("2026-10-29", held: true);
        chain.Add("2026-10-30", good: false);
        chain.Add("2026-10-31");
        chain.Add("2026-11-01");
        var forecast = RetentionSimulation.Run(new RetentionScenario
        {
            Policy = chain.Policy, Existing = chain.Points, StartUtc = TestChain.Utc("2026-11-02"), Days = 30,
        });
        Assert.Equal(
            [
                "1 - held", "2 - damaged or incomplete: not counted, left alone",
                "3 2026-11-02 12:00 older than the newest 2 points",
                "4 2026-11-08 12:00 older than the newest 2 points; flag Weekly for Sunday 2026-11-01 is"
                + " older than the newest 1 week kept",
            ],
            forecast.Existing.Select(o =>
                $"{o.Point.Sequence} {(o.GoesUtc is { } goes ? TestChain.Stamp(goes) : "-")} {o.Why}"));
        Assert.Equal([1L, 2, 4, 5], forecast.Days[0].Points.Select(p => p.Sequence));
        Assert.Equal([false, false, false, true], forecast.Days[0].Points.Select(p => p.IsExpected));
    }

    [Fact]
    public void What_expires_between_points_goes_on_its_day()
    {
        var forecast = Run(
            TestChain.Keep(days: 2, monthly: "1 month on 2"), days: 32, spacing: TimeSpan.FromDays(10));
        Assert.Equal("11-02 11-12 11-22 12-02", Dates(forecast.Days[30]));
        Assert.Equal("11-12 11-22 12-02", Dates(forecast.Days[31]));
    }

    [Fact]
    public void Daily_points_keep_their_time_of_day_when_the_clocks_change()
    {
        var forecast = RetentionSimulation.Run(new RetentionScenario
        {
            Policy = TestChain.Keep(points: 9, zone: "Europe/Berlin"),
            StartUtc = TestChain.Utc("2024-03-30 21:30"), Days = 2,
        });
        Assert.Equal(
            ["2024-03-30 21:30", "2024-03-31 20:30"],
            forecast.Days[^1].Points.Select(p => TestChain.Stamp(p.TimeUtc)));
    }

    [Fact]
    public void Several_points_a_day_are_all_made()
    {
        var forecast = Run(TestChain.Keep(days: 2), days: 10, spacing: TimeSpan.FromHours(4));
        Assert.Equal([3, 9, 15, 18, 18], forecast.Days.Take(5).Select(d => d.Count));
    }

    [Theory]
    [InlineData(0, 1, 3)]
    [InlineData(3661, 1, 3)]
    [InlineData(10, 0, 3)]
    [InlineData(10, 100_000, 3)]
    [InlineData(10, 1, -1)]
    [InlineData(10, 1, 101)]
    [InlineData(10, 1, double.NaN)]
    public void A_scenario_out_of_range_is_refused(int days, int spacingDays, double change) => Assert.Equal(
        ErrorCode.InvalidArgument, Assert.Throws<BackupCopyException>(
            () => Run(RetentionPolicy.Default, days, TimeSpan.FromDays(spacingDays), change)).Code);

    [Fact]
    public void More_points_than_a_forecast_can_hold_are_refused()
    {
        var error = Assert.Throws<BackupCopyException>(
            () => Run(RetentionPolicy.Default, days: 100, TimeSpan.FromMinutes(1.4)));

        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains("more time between points", error.Remedy);
    }

    private static RetentionForecast Run(
        RetentionPolicy policy, int days, TimeSpan? spacing = null, double change = 3) =>
        RetentionSimulation.Run(new RetentionScenario
        {
            Policy = policy,
            StartUtc = TestChain.Utc("2026-11-02"),
            Days = days,
            Spacing = spacing ?? TimeSpan.FromDays(1),
            SizeBytes = 1000,
            DailyChangePercent = change,
        });

    private static string Dates(ForecastDay day) =>
        string.Join(' ', day.Points.Select(p => TestChain.Stamp(p.TimeUtc)[5..10]));
}
