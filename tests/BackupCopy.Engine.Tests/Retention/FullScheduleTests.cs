using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>Which points have to be active fulls.</summary>
public sealed class FullScheduleTests
{
    [Theory]
    [InlineData("Sunday", "Sunday")]
    [InlineData("sunday, wednesday", "Sunday, Wednesday")]
    [InlineData("1", "First")]
    [InlineData("15,Last,Sunday", "15, Last, Sunday")]
    [InlineData("first sunday", "First Sunday")]
    [InlineData("Sunday,SUNDAY", "Sunday")]
    [InlineData("", "")]
    public void A_schedule_is_written_back_to_itself(string text, string written)
    {
        var schedule = FullSchedule.Parse(text);
        Assert.Equal(written, schedule.ToString());
        Assert.Equal(schedule, FullSchedule.Parse(written));
        Assert.Equal(schedule, FullSchedule.Parse(written.Split(',', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Theory]
    [InlineData("Someday")]
    [InlineData("Sunday, 32")]
    [InlineData("15 of June")]
    [InlineData(" ")]
    public void Other_days_are_refused(string text)
    {
        var error = Assert.Throws<BackupCopyException>(() => FullSchedule.Parse(text));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains("\"Last\"", error.Remedy, StringComparison.Ordinal);
    }

    // Points in sequence, F for a full; then the new one. 2026-11-22 is a Sunday.
    [Theory]
    [InlineData("Sunday", "11-21", "11-22", true)]
    [InlineData("Sunday", "11-21 11-22F", "11-22", false)]
    [InlineData("Sunday", "11-21", "11-24", true)]
    [InlineData("Sunday", "11-21 11-23F", "11-24", false)]
    [InlineData("Sunday", "11-21 11-22", "11-24", false)]
    [InlineData("Sunday", "11-21 11-23", "11-24", false)]
    [InlineData("Sunday", "11-23F", "11-24", false)]
    [InlineData("Sunday", "", "11-24", false)]
    [InlineData("Sunday", "", "11-22", true)]
    [InlineData("Sunday", "11-15F 11-21", "11-22", true)]
    [InlineData("Sunday", "11-15F 11-22F 11-25", "11-22", false)]
    [InlineData("Sunday, Wednesday", "11-22F 11-24", "11-25", true)]
    [InlineData("Sunday, Wednesday", "11-22F 11-24", "11-26", true)]
    [InlineData("15, Last", "11-29", "11-30", true)]
    [InlineData("15, Last", "11-14", "11-20", true)]
    [InlineData("15, Last", "11-15F 11-16", "11-20", false)]
    [InlineData("", "11-15F", "11-22", false)]
    public void The_first_point_on_a_listed_day_is_a_full_and_a_missed_day_is_caught_up(
        string schedule, string existing, string point, bool isDue) => Assert.Equal(
            isDue, FullSchedule.Parse(schedule).IsDue(
                TestChain.Utc("2026-" + point), [.. existing.Split(' ').Where(p => p != "").Select(Point)],
                TimeZoneInfo.Utc));

    [Theory]
    [InlineData("Europe/Berlin", "2026-11-21 23:00", true)]
    [InlineData("Europe/Berlin", "2026-11-22 23:00", false)]
    [InlineData("America/New_York", "2026-11-23 04:59", true)]
    public void The_day_is_that_of_the_zone(string zone, string time, bool isDue) => Assert.Equal(
        isDue, FullSchedule.Parse("Sunday").IsDue(
            TestChain.Utc(time), [], TimeZoneInfo.FindSystemTimeZoneById(zone)));

    private static (DateTime TimeUtc, bool IsFull) Point(string text) =>
        (TestChain.Utc("2026-" + text[..5]), text.EndsWith('F'));
}
