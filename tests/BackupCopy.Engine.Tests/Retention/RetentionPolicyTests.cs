using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>What a policy may say, and how its parts are read and written.</summary>
public sealed class RetentionPolicyTests
{
    [Fact]
    public void What_a_tier_keeps_is_judged_before_its_missing_day() => Assert.Contains(
        "\"none\" does not say what",
        Assert.Throws<BackupCopyException>(() => GfsRule.Parse(GfsTier.Weekly, "none", null)).Message);

    [Fact]
    public void The_default_keeps_seven_points()
    {
        RetentionPolicy.Default.Validate();
        Assert.Equal("7 points", RetentionPolicy.Default.ToString());
    }

    [Theory]
    [InlineData(2, null, true)]
    [InlineData(1, null, false)]
    [InlineData(0, null, false)]
    [InlineData(-1, null, false)]
    [InlineData(9999, null, true)]
    [InlineData(10000, null, false)]
    [InlineData(null, 2, true)]
    [InlineData(null, 1, false)]
    [InlineData(null, 36500, true)]
    [InlineData(null, 36501, false)]
    [InlineData(null, null, false)]
    [InlineData(7, 7, false)]
    public void A_policy_keeps_either_at_least_two_points_or_at_least_two_days(
        int? points, int? days, bool isValid)
    {
        var policy = new RetentionPolicy { KeepPoints = points, KeepDays = days };
        if (isValid)
        {
            policy.Validate();
        }
        else
        {
            AssertInvalid(policy.Validate, "Keep");
        }
    }

    [Fact]
    public void An_unknown_time_zone_is_refused() => AssertInvalid(
        (RetentionPolicy.Default with { TimeZone = "Mars/Olympus" }).Validate, "Europe/Berlin");

    [Fact]
    public void An_invalid_policy_removes_nothing() => AssertInvalid(
        () => RetentionPlan.Make([], new RetentionPolicy { KeepPoints = 0 }, TestChain.Utc("2026-11-22")),
        "Keep");

    [Theory]
    [InlineData(GfsTier.Weekly, "4", "4")]
    [InlineData(GfsTier.Weekly, "8 weeks", "8 weeks")]
    [InlineData(GfsTier.Weekly, "1 Week", "1 week")]
    [InlineData(GfsTier.Monthly, "12 months", "12 months")]
    [InlineData(GfsTier.Quarterly, "8 quarters", "8 quarters")]
    [InlineData(GfsTier.Yearly, "7 years", "7 years")]
    [InlineData(GfsTier.Yearly, "1 year", "1 year")]
    [InlineData(GfsTier.Yearly, "999", "999")]
    public void What_a_tier_keeps_is_written_back_to_itself(GfsTier tier, string text, string written)
    {
        var keep = GfsKeep.Parse(tier, text);
        Assert.Equal(written, keep.ToString());
        Assert.Equal(keep, GfsKeep.Parse(tier, written));
    }

    [Theory]
    [InlineData(GfsTier.Weekly, "0")]
    [InlineData(GfsTier.Weekly, "-4")]
    [InlineData(GfsTier.Weekly, "four")]
    [InlineData(GfsTier.Weekly, "12 months")]
    [InlineData(GfsTier.Monthly, "8 weeks")]
    [InlineData(GfsTier.Quarterly, "2 years")]
    [InlineData(GfsTier.Yearly, "0 years")]
    [InlineData(GfsTier.Yearly, "1000")]
    [InlineData(GfsTier.Yearly, "7 years old")]
    public void What_a_tier_cannot_keep_is_refused(GfsTier tier, string text) =>
        AssertInvalid(() => GfsKeep.Parse(tier, text), "such as");

    [Theory]
    [InlineData("4", null, "WeeklyOn")]
    [InlineData("4", " ", "WeeklyOn")]
    [InlineData(null, "Sunday", "leave the day out")]
    public void A_count_needs_a_day_and_a_day_needs_a_count(string? keep, string? on, string remedy) =>
        AssertInvalid(() => GfsRule.Parse(GfsTier.Weekly, keep, on), remedy);

    [Fact]
    public void A_tier_that_is_not_asked_for_is_no_rule() =>
        Assert.Null(GfsRule.Parse(GfsTier.Yearly, null, ""));

    [Fact]
    public void A_rule_of_another_tier_is_refused()
    {
        var monthly = GfsRule.Parse(GfsTier.Monthly, "4", "Last");
        AssertInvalid((RetentionPolicy.Default with { Weekly = monthly }).Validate, "Weekly");
        var unit = new GfsRule(new GfsKeep.Time(4, GfsTier.Yearly), new GfsDay.InWeek(DayOfWeek.Sunday));
        AssertInvalid((RetentionPolicy.Default with { Weekly = unit }).Validate, "weeks");
        var none = new GfsRule(new GfsKeep.Count(0), new GfsDay.InWeek(DayOfWeek.Sunday));
        AssertInvalid((RetentionPolicy.Default with { Weekly = none }).Validate, "from 1");
    }

    [Fact]
    public void A_policy_reads_as_one_line() => Assert.Equal(
        "5 days, Weekly 4 on Sunday, Yearly 7 years on Last of December",
        TestChain.Keep(days: 5, weekly: "4 on Sunday", yearly: "7 years on Last of December").ToString());

    private static void AssertInvalid(Action act, string remedy)
    {
        var error = Assert.Throws<BackupCopyException>(act);
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
    }
}
