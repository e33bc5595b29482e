using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>Which point gets which flag, and what it is told about it.</summary>
public sealed class GfsFlaggingTests
{
    // 2026-11-22 is a Sunday.
    private static readonly RetentionPolicy s_sunday = TestChain.Keep(points: 7, weekly: "4 on Sunday");

    [Fact]
    public void The_first_point_of_the_day_is_flagged_at_once()
    {
        var chain = new TestChain(s_sunday);
        Assert.Empty(chain.Add("2026-11-21").Flags);
        Assert.Equal("", chain.Reason);
        var flag = Assert.Single(chain.Add("2026-11-22 04:00").Flags);
        Assert.Equal(new GfsFlag(GfsTier.Weekly, new DateOnly(2026, 11, 22)), flag);
        Assert.Equal("Weekly for Sunday 2026-11-22.", chain.Reason);
        Assert.Empty(chain.Add("2026-11-22 08:00").Flags);
        Assert.Empty(chain.Add("2026-11-23").Flags);
    }

    [Fact]
    public void A_first_point_ever_on_the_day_is_flagged() =>
        Assert.Single(new TestChain(s_sunday).Add("2026-11-22").Flags);

    [Fact]
    public void A_missed_day_is_caught_up_by_the_next_point()
    {
        var chain = new TestChain(s_sunday);
        chain.Add("2026-11-20");
        var flag = Assert.Single(chain.Add("2026-11-24").Flags);
        Assert.Equal(new DateOnly(2026, 11, 22), flag.Due);
        Assert.Equal("Weekly for Sunday 2026-11-22, caught up.", chain.Reason);
        Assert.Empty(chain.Add("2026-11-25").Flags);
    }

    [Fact]
    public void Of_several_missed_days_only_the_last_is_caught_up()
    {
        var chain = new TestChain(s_sunday);
        chain.Add("2026-11-01");
        Assert.Equal(new DateOnly(2026, 11, 22), Assert.Single(chain.Add("2026-11-26").Flags).Due);
    }

    [Fact]
    public void A_chain_that_begins_on_another_day_waits_for_the_next()
    {
        var chain = new TestChain(s_sunday);
        Assert.Empty(chain.Add("2026-11-23").Flags);
        Assert.Empty(chain.Add("2026-11-28").Flags);
        Assert.Single(chain.Add("2026-11-29").Flags);
    }

    [Theory]
    [InlineData("2026-11-22", "2026-11-24")]
    [InlineData("2026-11-23", "2026-11-24")]
    public void A_tier_set_after_a_point_passed_its_day_waits_for_the_next(string passed, string next)
    {
        var chain = new TestChain(RetentionPolicy.Default);
        chain.Add("2026-11-20");
        chain.Add(passed);
        chain.Policy = s_sunday;
        Assert.Empty(chain.Add(next).Flags);
        Assert.Single(chain.Add("2026-11-29").Flags);
    }

    [Fact]
    public void A_tier_set_on_its_day_flags_the_next_point_of_that_day()
    {
        var chain = new TestChain(RetentionPolicy.Default);
        chain.Add("2026-11-22 04:00");
        chain.Policy = s_sunday;
        Assert.Single(chain.Add("2026-11-22 08:00").Flags);
    }

    [Fact]
    public void A_damaged_point_does_not_stand_for_the_day()
    {
        var chain = new TestChain(s_sunday);
        chain.Add("2026-11-21");
        chain.Add("2026-11-22", good: false);
        Assert.Equal("Weekly for Sunday 2026-11-22, caught up.", Reason(chain, "2026-11-23"));
    }

    [Fact]
    public void A_damaged_older_point_does_not_make_a_missed_day()
    {
        var chain = new TestChain(s_sunday);
        chain.Add("2026-11-20", good: false);
        Assert.Equal("", Reason(chain, "2026-11-24"));
    }

    [Theory]
    [InlineData("2026-11-22 06:00")]
    [InlineData("2026-11-22")]
    [InlineData("2026-11-23")]
    [InlineData("2026-11-28")]
    [InlineData("2026-11-21")]
    public void A_clock_set_back_gives_no_second_flag_for_a_day(string later)
    {
        var chain = new TestChain(s_sunday);
        chain.Add("2026-11-15");
        chain.Add("2026-11-22");
        chain.Add("2026-11-25");
        Assert.Empty(chain.Add(later).Flags);
    }

    [Fact]
    public void A_clock_set_back_gives_no_second_flag_for_a_day_caught_up()
    {
        var chain = new TestChain(s_sunday);
        chain.Add("2026-11-20");
        Assert.Single(chain.Add("2026-11-24").Flags);
        Assert.Empty(chain.Add("2026-11-22").Flags);
        Assert.Empty(chain.Add("2026-11-23").Flags);
    }

    [Fact]
    public void A_point_from_the_future_does_not_stop_later_days_from_being_caught_up()
    {
        var chain = new TestChain(s_sunday);
        chain.Add("2026-11-18");
        chain.Add("2036-05-01");
        chain.Add("2026-11-20");
        Assert.Equal("Weekly for Sunday 2026-11-22, caught up.", Reason(chain, "2026-11-23"));
    }

    [Fact]
    public void One_point_may_carry_every_tier()
    {
        var chain = new TestChain(TestChain.Keep(
            points: 7, weekly: "4 on Sunday", monthly: "12 on First Sunday",
            quarterly: "8 quarters on First Sunday of month 2",
            yearly: "7 years on First Sunday of November"));
        Assert.Equal(4, chain.Add("2026-11-01").Flags.Count);
        Assert.Equal(
            "Weekly for Sunday 2026-11-01. Monthly for Sunday 2026-11-01. Quarterly for Sunday 2026-11-01."
            + " Yearly for Sunday 2026-11-01.", chain.Reason);
    }

    [Fact]
    public void One_point_may_catch_up_days_of_several_tiers()
    {
        var chain = new TestChain(TestChain.Keep(
            points: 7, weekly: "4 on Sunday", monthly: "12 on 15", yearly: "7 on Last of December"));
        chain.Add("2026-11-10");
        Assert.Equal(
            "Weekly for Sunday 2026-11-22, caught up. Monthly for Sunday 2026-11-15, caught up.",
            Reason(chain, "2026-11-23"));
    }

    // The same instant is another day elsewhere; 2026-11-22 is the Sunday that counts.
    [Theory]
    [InlineData("UTC", "2026-11-22 23:59", true)]
    [InlineData("UTC", "2026-11-23 00:00", false)]
    [InlineData("Europe/Berlin", "2026-11-21 23:00", true)]
    [InlineData("Europe/Berlin", "2026-11-22 23:00", false)]
    [InlineData("America/New_York", "2026-11-23 04:59", true)]
    [InlineData("America/New_York", "2026-11-22 04:59", false)]
    [InlineData("Pacific/Kiritimati", "2026-11-21 10:00", true)]
    [InlineData("Pacific/Kiritimati", "2026-11-22 10:00", false)]
    [InlineData("Asia/Kathmandu", "2026-11-21 18:15", true)]
    [InlineData("Asia/Kathmandu", "2026-11-21 18:14", false)]
    [InlineData("Pacific/Pago_Pago", "2026-11-23 10:59", true)]
    public void The_day_is_that_of_the_policys_zone(string zone, string time, bool isSunday) => Assert.Equal(
        isSunday, new TestChain(s_sunday with { TimeZone = zone }).Add(time).Flags.Count == 1);

    [Theory]
    [InlineData("2020-12-27", "2021-01-03")]
    [InlineData("2026-12-27", "2027-01-03")]
    public void The_weeks_around_a_new_year_have_a_flag_each(string last, string first)
    {
        var chain = new TestChain(s_sunday);
        Assert.Single(chain.Add(last).Flags);
        Assert.Single(chain.Add(first).Flags);
    }

    private static string Reason(TestChain chain, string time)
    {
        chain.Add(time);
        return chain.Reason;
    }
}
