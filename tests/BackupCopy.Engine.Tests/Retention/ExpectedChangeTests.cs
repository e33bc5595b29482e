using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>When a point that stays is expected to go.</summary>
public sealed class ExpectedChangeTests
{
    // The policy keeps 2 days: the point of the 1st of three dates goes when the 4th begins in the zone.
    [Theory]
    [InlineData("UTC", "2024-02-27", "2024-03-01 00:00")]
    [InlineData("Europe/Berlin", "2024-03-28", "2024-03-30 23:00")]
    [InlineData("Europe/Berlin", "2024-03-29", "2024-03-31 22:00")]
    [InlineData("Europe/Berlin", "2024-10-24", "2024-10-26 22:00")]
    [InlineData("Europe/Berlin", "2024-10-25", "2024-10-27 23:00")]
    [InlineData("America/New_York", "2024-03-08", "2024-03-11 04:00")]
    [InlineData("America/New_York", "2024-11-01", "2024-11-04 05:00")]
    [InlineData("America/Havana", "2024-03-07", "2024-03-10 05:00")]
    [InlineData("America/Havana", "2024-10-31", "2024-11-03 04:00")]
    [InlineData("Africa/Cairo", "2024-04-23", "2024-04-25 22:00")]
    [InlineData("Africa/Cairo", "2024-10-29", "2024-10-31 22:00")]
    [InlineData("Asia/Kathmandu", "2024-06-01", "2024-06-03 18:15")]
    [InlineData("Pacific/Apia", "2011-12-27", "2011-12-30 10:00")]
    public void Days_end_at_midnight_of_the_zone(string zone, string date, string goes)
    {
        var chain = new TestChain(TestChain.Keep(days: 2, zone: zone));
        var first = TestChain.Utc(date);
        foreach (var hours in new[] { 0, 3, 4, 5 })
        {
            chain.Add(TestChain.Stamp(first.AddHours(hours)));
        }

        Assert.Equal(goes, Goes(chain, chain.Points[0], TestChain.Stamp(first.AddHours(6))));
        Assert.True(chain.Plan(TestChain.Stamp(TestChain.Utc(goes).AddMinutes(-1)))[0].Keep);
        Assert.False(chain.Plan(goes)[0].Keep);
    }

    [Theory]
    [InlineData("Europe/Berlin", "1 month on Last", "2024-01-31", "2024-02-29 23:00")]
    [InlineData("Europe/Berlin", "2 months on Last", "2024-01-31", "2024-03-31 22:00")]
    [InlineData("America/New_York", "1 month on Last", "2023-01-31", "2023-03-01 05:00")]
    public void A_flag_with_a_time_ends_at_midnight_of_the_zone(
        string zone, string monthly, string date, string goes)
    {
        var chain = new TestChain(TestChain.Keep(points: 2, monthly: monthly, zone: zone));
        chain.Add(date);
        chain.Add(date + " 13:00");
        chain.Add(date + " 14:00");
        Assert.Equal(goes, Goes(chain, chain.Points[0], date + " 15:00"));
        Assert.True(chain.Plan(TestChain.Stamp(TestChain.Utc(goes).AddMinutes(-1)))[0].Keep);
        Assert.False(chain.Plan(goes)[0].Keep);
    }

    // Every estimate of a chain copied daily is what then happens.
    [Theory]
    [InlineData(7, null, null, null)]
    [InlineData(2, null, "4 on Sunday", null)]
    [InlineData(7, null, "4 on Sunday", "3 on Last")]
    [InlineData(10, null, "1 on Wednesday", "2 months on 31")]
    [InlineData(null, 5, null, null)]
    [InlineData(null, 2, "3 on Monday", "2 on First Sunday")]
    public void With_daily_points_it_comes_as_expected(
        int? points, int? days, string? weekly, string? monthly)
    {
        var chain = new TestChain(TestChain.Keep(points, days, weekly, monthly));
        chain.AddDaily("2026-01-01", 200);
        var now = chain.Points[^1].TimeUtc;
        var expected = RetentionPlan.Make(chain.Points, chain.Policy, now)
            .ToDictionary(d => d.Point.Sequence, d => DateOnly.FromDateTime(d.ExpectedChangeUtc!.Value));
        var gone = new Dictionary<long, DateOnly>();
        while (gone.Count < expected.Count)
        {
            var before = chain.Points.ToList();
            now = now.AddDays(1);
            chain.AddDaily(TestChain.Stamp(now), 1);
            foreach (var point in before.Except(chain.Points).Where(p => expected.ContainsKey(p.Sequence)))
            {
                gone.Add(point.Sequence, DateOnly.FromDateTime(now));
            }
        }

        Assert.Equal(expected, gone);
    }

    [Theory]
    [InlineData(1, "2026-11-29 12:00")]
    [InlineData(2, "2026-11-28 12:00")]
    [InlineData(7, "2026-11-23 12:00")]
    public void Rank_r_of_n_goes_when_n_minus_r_plus_1_more_points_came(int rank, string goes)
    {
        var chain = new TestChain(TestChain.Keep(points: 7));
        chain.AddDaily("2026-11-10", 13);
        Assert.Equal(goes, Goes(chain, chain.Points[^rank], "2026-11-22 13:00"));
    }

    [Fact]
    public void A_given_spacing_is_taken_before_that_of_the_points()
    {
        var chain = new TestChain(TestChain.Keep(points: 2));
        chain.Add("2026-11-21");
        chain.Add("2026-11-22");
        var decision = RetentionPlan.Make(
            chain.Points, chain.Policy, TestChain.Utc("2026-11-22"), TimeSpan.FromHours(4))[0];
        Assert.Equal(TestChain.Utc("2026-11-22 16:00"), decision.ExpectedChangeUtc);
    }

    [Fact]
    public void One_late_point_does_not_move_the_estimate()
    {
        var chain = new TestChain(TestChain.Keep(points: 5));
        foreach (var day in new[] { "2026-11-01", "2026-11-02", "2026-11-03", "2026-11-20", "2026-11-21" })
        {
            chain.Add(day);
        }

        Assert.Equal("2026-11-22 12:00", Goes(chain, chain.Points[0], "2026-11-21 13:00"));
    }

    [Fact]
    public void An_overdue_point_is_expected_now()
    {
        var chain = new TestChain(TestChain.Keep(points: 2));
        chain.Add("2026-11-01");
        chain.Add("2026-11-02");
        Assert.Equal("2026-11-22 12:00", Goes(chain, chain.Points[0], "2026-11-22"));
        Assert.Equal("2026-11-23 12:00", Goes(chain, chain.Points[1], "2026-11-22"));
    }

    [Fact]
    public void With_one_point_nothing_is_known()
    {
        var chain = new TestChain(TestChain.Keep(points: 2, weekly: "4 on Sunday"));
        chain.Add("2026-11-22");
        Assert.Null(Assert.Single(chain.Plan("2026-11-22")).ExpectedChangeUtc);
    }

    [Fact]
    public void What_is_held_damaged_or_going_now_expects_no_change()
    {
        var chain = new TestChain(TestChain.Keep(points: 2));
        chain.Add("2026-11-18");
        chain.Add("2026-11-19", good: false);
        chain.Add("2026-11-20", held: true);
        chain.Add("2026-11-21", held: true);
        chain.Add("2026-11-22");
        Assert.All(chain.Plan("2026-11-22").SkipLast(1), d => Assert.Null(d.ExpectedChangeUtc));
        Assert.NotNull(chain.Plan("2026-11-22")[^1].ExpectedChangeUtc);
    }

    [Fact]
    public void A_missed_day_counts_as_coming_with_the_next_point()
    {
        var chain = new TestChain(TestChain.Keep(points: 2, weekly: "1 on Sunday"));
        foreach (var day in new[] { "2026-11-15", "2026-11-16", "2026-11-17" })
        {
            chain.Add(day);
        }

        Assert.Equal("2026-11-22 00:00", Goes(chain, chain.Points[0], "2026-11-18"));
        Assert.Equal("2026-11-24 12:00", Goes(chain, chain.Points[0], "2026-11-24"));
    }

    [Fact]
    public void Another_day_of_a_week_that_has_its_flag_brings_no_new_week()
    {
        var chain = new TestChain(TestChain.Keep(points: 2, weekly: "1 on Thursday"));
        foreach (var day in new[] { "2026-11-19", "2026-11-20", "2026-11-21" })
        {
            chain.Add(day);
        }

        chain.Policy = TestChain.Keep(points: 2, weekly: "1 on Sunday");
        Assert.Equal("2026-11-29 00:00", Goes(chain, chain.Points[0], "2026-11-21"));
    }

    [Fact]
    public void A_point_from_the_future_does_not_delay_the_next()
    {
        var chain = new TestChain(TestChain.Keep(points: 2));
        chain.Add("2026-11-21");
        chain.Add("2036-01-01");
        var plan = RetentionPlan.Make(
            chain.Points, chain.Policy, TestChain.Utc("2026-11-22"), TimeSpan.FromDays(1));
        Assert.Equal(TestChain.Utc("2026-11-23"), plan[0].ExpectedChangeUtc);
    }

    [Theory]
    [InlineData(1, "2026-12-13 12:00")]
    [InlineData(2, "2026-12-06 12:00")]
    [InlineData(3, "2026-11-29 12:00")]
    public void One_of_the_newest_three_goes_when_newer_ones_came_though_its_days_ended(int rank, string goes)
    {
        var chain = new TestChain(TestChain.Keep(days: 2));
        foreach (var day in new[] { "2026-11-08", "2026-11-15", "2026-11-22" })
        {
            chain.Add(day);
        }

        Assert.Equal(goes, Goes(chain, chain.Points[^rank], "2026-11-22"));
    }

    private static string Goes(TestChain chain, RetentionPoint point, string now) => TestChain.Stamp(
        chain.Plan(now).Single(d => d.Point == point).ExpectedChangeUtc!.Value);
}
