using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>Which points stay, told by their dates; every chain is made as a job makes it.</summary>
public sealed class RetentionPlanTests
{
    [Theory]
    [InlineData(2, "11-09 11-10")]
    [InlineData(7, "11-04 11-05 11-06 11-07 11-08 11-09 11-10")]
    [InlineData(10, "11-01 11-02 11-03 11-04 11-05 11-06 11-07 11-08 11-09 11-10")]
    [InlineData(99, "11-01 11-02 11-03 11-04 11-05 11-06 11-07 11-08 11-09 11-10")]
    public void The_newest_points_stay(int points, string kept) =>
        Assert.Equal(kept, Daily(TestChain.Keep(points: points), "2026-11-01", 10).Kept("2026-11-10"));

    [Fact]
    public void Newest_means_sequence_when_the_clock_was_set_back_and_when_times_are_equal()
    {
        var chain = new TestChain(TestChain.Keep(points: 3));
        foreach (var time in new[] { "2026-11-09", "2026-11-10", "2026-11-03", "2026-11-04", "2026-11-04" })
        {
            chain.Add(time);
        }

        Assert.Equal([3L, 4L, 5L], chain.Plan("2026-11-04").Where(d => d.Keep).Select(d => d.Point.Sequence));
    }

    [Fact]
    public void After_a_pause_the_newest_three_stay_beside_the_days()
    {
        var chain = new TestChain(TestChain.Keep(days: 5));
        chain.AddDaily("2026-11-01", 10);
        Assert.Equal("11-05 11-06 11-07 11-08 11-09 11-10", chain.Dates());
        chain.Add("2026-11-20");
        Assert.Equal("11-09 11-10 11-20", chain.Kept("2026-11-20"));
        Assert.Equal(
            "2 of the newest 3, which stay at any age", chain.Decision("2026-11-10", "2026-11-20").Why);
    }

    [Fact]
    public void Seven_days_keep_eight_dates_and_the_oldest_goes_on_the_ninth()
    {
        var chain = new TestChain(TestChain.Keep(days: 7));
        chain.AddDaily("2026-11-01", 8);
        Assert.Equal("11-01 11-02 11-03 11-04 11-05 11-06 11-07 11-08", chain.Dates());
        chain.Add("2026-11-09");
        Assert.Equal("11-02 11-03 11-04 11-05 11-06 11-07 11-08 11-09", chain.Kept("2026-11-09"));
        Assert.Equal(
            "older than 7 days, kept through 2026-11-08", chain.Decision("2026-11-01", "2026-11-09").Why);
    }

    [Fact]
    public void All_points_of_a_day_belong_to_it_whatever_their_number()
    {
        var chain = new TestChain(TestChain.Keep(days: 2));
        for (var hour = 0; hour < 96; hour++)
        {
            chain.Add(TestChain.Stamp(TestChain.Utc("2026-11-01 00:00").AddHours(hour)));
        }

        Assert.Equal(72, chain.Plan("2026-11-04 23:59").Count(d => d.Keep));
        Assert.Equal(48, chain.Plan("2026-11-05 00:00").Count(d => d.Keep));
    }

    [Theory]
    [InlineData(null, 5, 3)]
    [InlineData(4, null, 4)]
    public void A_machine_that_fails_to_copy_keeps_what_it_has_for_ever(int? points, int? days, int kept)
    {
        var chain = new TestChain(TestChain.Keep(points: points, days: days));
        chain.AddDaily("2026-11-01", 8);
        Assert.Equal(kept, chain.Plan("2036-11-01").Count(d => d.Keep));
    }

    [Fact]
    public void Damaged_points_are_not_counted_and_not_removed()
    {
        var chain = new TestChain(TestChain.Keep(points: 2));
        chain.Add("2026-11-01", good: false);
        chain.Add("2026-11-02");
        chain.Add("2026-11-03");
        chain.Add("2026-11-04", good: false);
        chain.Add("2026-11-05");
        Assert.Equal("11-01 11-03 11-04 11-05", chain.Kept("2036-11-05"));
        Assert.Equal(
            "damaged or incomplete: not counted, left alone", chain.Decision("2026-11-04", "2026-11-05").Why);
    }

    [Fact]
    public void The_last_good_point_stays_and_says_that_newer_ones_are_damaged()
    {
        var chain = new TestChain(TestChain.Keep(days: 2));
        chain.Add("2026-11-01");
        chain.Add("2026-11-08", good: false);
        chain.Add("2026-11-09", good: false);
        var decision = chain.Decision("2026-11-01", "2026-12-09");
        Assert.True(decision.Keep);
        Assert.Equal(new KeepReason.LastGood(2), Assert.Single(decision.Reasons, r => r.IsWarning));
        Assert.EndsWith("last good point, newer and damaged: 2", decision.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Held_points_stay_beside_the_others_and_count_among_them()
    {
        var chain = new TestChain(TestChain.Keep(points: 3));
        chain.Add("2026-11-01", held: true);
        chain.Add("2026-11-02");
        chain.Add("2026-11-03");
        chain.Add("2026-11-04", held: true);
        chain.Add("2026-11-05");
        Assert.Equal("11-01 11-03 11-04 11-05", chain.Kept("2026-11-05"));
        Assert.Equal("held", chain.Decision("2026-11-01", "2026-11-05").Why);
        Assert.Equal("2 of the newest 3 points; held", chain.Decision("2026-11-04", "2026-11-05").Why);
    }

    [Fact]
    public void A_flagged_point_counts_among_the_newest_and_stays_as_an_extra_after_them()
    {
        var chain = new TestChain(TestChain.Keep(points: 7, weekly: "4 on Sunday"));
        chain.AddDaily("2026-11-02", 13);
        Assert.Equal("11-08 11-09 11-10 11-11 11-12 11-13 11-14", chain.Dates());
        chain.AddDaily("2026-11-15", 6);
        Assert.Equal("11-08 11-14 11-15 11-16 11-17 11-18 11-19 11-20", chain.Dates());
        Assert.Equal("Weekly for Sunday 2026-11-08, 2 of 4", chain.Decision("2026-11-08", "2026-11-20").Why);
    }

    [Fact]
    public void Points_stand_alone_so_the_number_kept_is_exact_every_day()
    {
        var chain = new TestChain(TestChain.Keep(points: 4, weekly: "1 on Thursday"));
        chain.AddDaily("2026-11-01", 8);
        Assert.Equal("11-05 11-06 11-07 11-08", chain.Dates());
        chain.AddDaily("2026-11-09", 1);
        Assert.Equal("11-05 11-06 11-07 11-08 11-09", chain.Dates());
    }

    [Fact]
    public void Two_flags_of_one_ISO_week_after_a_change_of_the_day_go_together()
    {
        var chain = new TestChain(TestChain.Keep(points: 2, weekly: "4 on Thursday"));
        chain.AddDaily("2026-11-02", 5);
        chain.Policy = TestChain.Keep(points: 2, weekly: "4 on Sunday");
        chain.AddDaily("2026-11-07", 29);
        Assert.Equal("11-05 11-08 11-15 11-22 11-29 12-04 12-05", chain.Dates());
        chain.AddDaily("2026-12-06", 1);
        Assert.Equal("11-15 11-22 11-29 12-05 12-06", chain.Dates());
    }

    [Fact]
    public void Weeks_are_ISO_weeks_also_around_a_new_year()
    {
        // 2020-W53 runs from 28 December to 3 January: one period with both flags.
        var chain = new TestChain(TestChain.Keep(points: 2, weekly: "2 on Tuesday"));
        chain.Add("2020-12-22");
        chain.Add("2020-12-29");
        chain.Policy = TestChain.Keep(points: 2, weekly: "2 on Sunday");
        chain.Add("2021-01-03");
        chain.Add("2021-01-10");
        Assert.Equal("12-29 01-03 01-10", chain.Kept("2021-01-10"));
        chain.Policy = TestChain.Keep(points: 2, weekly: "3 on Sunday");
        Assert.Equal("12-22 12-29 01-03 01-10", chain.Kept("2021-01-10"));
    }

    [Fact]
    public void Periods_without_a_point_do_not_count()
    {
        var chain = new TestChain(TestChain.Keep(points: 2, weekly: "2 on Sunday"));
        foreach (var time in new[] { "2026-01-04", "2026-03-01", "2026-11-22", "2026-11-23", "2026-11-24" })
        {
            chain.Add(time);
        }

        Assert.Equal("03-01 11-22 11-23 11-24", chain.Kept("2026-11-24"));
        Assert.Equal(
            "older than the newest 2 points; flag Weekly for Sunday 2026-01-04 is older than the newest 2"
            + " weeks kept", chain.Decision("2026-01-04", "2026-11-24").Why);
    }

    [Fact]
    public void The_flag_of_a_damaged_point_does_not_count_against_a_good_one()
    {
        var chain = new TestChain(TestChain.Keep(points: 2, weekly: "1 on Sunday"));
        chain.Add("2026-11-15");
        chain.Add("2026-11-22", good: false);
        chain.Policy = RetentionPolicy.Default;
        chain.Add("2026-11-23");
        chain.Add("2026-11-24");
        chain.Policy = TestChain.Keep(points: 2, weekly: "1 on Sunday");
        Assert.Equal("11-15 11-22 11-23 11-24", chain.Kept("2026-11-24"));
    }

    [Fact]
    public void A_false_date_in_the_future_does_not_hold_a_place_among_the_periods_for_ever()
    {
        var chain = new TestChain(TestChain.Keep(points: 2, weekly: "2 on Sunday"));
        foreach (var time in new[] { "2036-11-23", "2026-11-08", "2026-11-15", "2026-11-16", "2026-11-17" })
        {
            chain.Add(time);
        }

        Assert.Equal(
            [2L, 3L, 4L, 5L], chain.Plan("2026-11-17").Where(d => d.Keep).Select(d => d.Point.Sequence));
    }

    [Theory]
    [InlineData("weekly", "2 weeks on Sunday", "2026-11-22", "2026-12-05")]
    [InlineData("weekly", "1 week on Sunday", "2026-12-27", "2027-01-02")]
    [InlineData("monthly", "1 month on Last", "2027-01-31", "2027-02-28")]
    [InlineData("monthly", "1 month on Last", "2028-01-31", "2028-02-29")]
    [InlineData("monthly", "13 months on 31", "2027-01-31", "2028-02-29")]
    [InlineData("quarterly", "1 quarter on Last of month 2", "2026-11-30", "2027-02-28")]
    [InlineData("quarterly", "5 quarters on First", "2026-10-01", "2028-01-01")]
    [InlineData("yearly", "1 year on 29 of February", "2028-02-29", "2029-02-28")]
    [InlineData("yearly", "7 years on Last of December", "2026-12-31", "2033-12-31")]
    public void A_flag_with_a_time_counts_through_its_last_day(
        string tier, string rule, string date, string last)
    {
        var chain = new TestChain(TestChain.Keep(
            points: 2, weekly: tier == "weekly" ? rule : null, monthly: tier == "monthly" ? rule : null,
            quarterly: tier == "quarterly" ? rule : null, yearly: tier == "yearly" ? rule : null));
        chain.Add(date);
        chain.Policy = chain.Policy with { TimeZone = "Europe/Berlin" };
        AddUnflagged(chain, 2);

        // 23:00 UTC is midnight in a Berlin winter.
        Assert.True(chain.Decision(date, last + " 22:59").Keep);
        var gone = chain.Decision(date, last + " 23:00");
        Assert.False(gone.Keep);
        Assert.Contains($"expired, kept through {last}", gone.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_counts_from_the_points_own_day_when_its_flag_was_caught_up()
    {
        var chain = new TestChain(TestChain.Keep(points: 2, weekly: "1 week on Sunday"));
        chain.Add("2026-11-20");
        chain.Add("2026-11-24");
        AddUnflagged(chain, 2);
        Assert.True(chain.Decision("2026-11-24", "2026-11-30").Keep);
        Assert.False(chain.Decision("2026-11-24", "2026-12-01").Keep);
    }

    [Fact]
    public void A_point_with_three_flags_goes_with_the_last_of_them()
    {
        var chain = new TestChain(TestChain.Keep(
            points: 2, weekly: "1 week on Sunday", monthly: "1 month on First Sunday",
            yearly: "1 year on First Sunday of November"));
        Assert.Equal(3, chain.Add("2026-11-01").Flags.Count);
        AddUnflagged(chain, 2);
        Assert.Equal(3, chain.Decision("2026-11-01", "2026-11-07").Reasons.Count);
        Assert.Equal(2, chain.Decision("2026-11-01", "2026-12-01").Reasons.Count);
        Assert.Equal(
            "Yearly for Sunday 2026-11-01, through 2027-11-01",
            chain.Decision("2026-11-01", "2027-11-01").Why);
        Assert.Equal(4, chain.Decision("2026-11-01", "2027-11-02").RemoveReasons.Count);
    }

    [Fact]
    public void A_policy_changed_afterwards_counts_at_once()
    {
        var chain = Daily(TestChain.Keep(points: 2, weekly: "8 weeks on Sunday"), "2026-11-01", 30);
        Assert.Equal("11-01 11-08 11-15 11-22 11-29 11-30", chain.Kept("2026-11-30"));
        chain.Policy = TestChain.Keep(points: 2, weekly: "3 on Sunday");
        Assert.Equal("11-15 11-22 11-29 11-30", chain.Kept("2026-11-30"));
        chain.Policy = TestChain.Keep(points: 3);
        Assert.Equal("11-28 11-29 11-30", chain.Kept("2026-11-30"));
        Assert.Equal(
            "older than the newest 3 points; flag Weekly for Sunday 2026-11-22 does not count, the policy has"
            + " no such tier", chain.Decision("2026-11-22", "2026-11-30").Why);
    }

    [Fact]
    public void No_points_make_an_empty_plan() =>
        Assert.Empty(RetentionPlan.Make([], RetentionPolicy.Default, TestChain.Utc("2026-11-22")));

    private static TestChain Daily(RetentionPolicy policy, string first, int days)
    {
        var chain = new TestChain(policy);
        for (var day = 0; day < days; day++)
        {
            chain.Add(TestChain.Stamp(TestChain.Utc(first).AddDays(day)));
        }

        return chain;
    }

    // Points of the same day get no further flags; they push the others out of the newest.
    private static void AddUnflagged(TestChain chain, int count)
    {
        for (var i = 0; i < count; i++)
        {
            chain.Points.Add(new RetentionPoint
            {
                Sequence = 1000 + i, TimeUtc = chain.Points[^1].TimeUtc.AddHours(1).AddYears(-1),
            });
        }
    }
}
