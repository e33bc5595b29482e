using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>On which days something is due that a job does once a day. 2026-11-20 is a Friday.</summary>
public sealed class DayScheduleTests
{
    private static readonly DateOnly s_created = new(2026, 11, 1);

    [Theory]
    [InlineData("Friday", "11-20", null, "11-20")]
    [InlineData("Friday", "11-20", "11-13", "11-20")]
    [InlineData("Friday", "11-20", "11-20", null)]
    [InlineData("Friday", "11-19", "11-13", null)]
    [InlineData("Friday", "11-19", "11-14", null)]
    [InlineData("Friday", "11-19", "11-12", "11-13")]
    [InlineData("Friday", "11-05", null, null)]
    [InlineData("Friday", "11-06", null, "11-06")]
    [InlineData("Friday, Sunday", "11-23", "11-20", "11-22")]
    [InlineData("Last Friday", "11-26", null, null)]
    [InlineData("Last Friday", "11-27", null, "11-27")]
    [InlineData("15", "11-20", null, "11-15")]
    [InlineData("15", "11-20", "11-15", null)]
    [InlineData("Friday", "11-20", "12-20", "11-20")]
    [InlineData("", "11-20", null, null)]
    public void A_day_is_due_once_and_caught_up_when_it_was_missed(
        string days, string today, string? done, string? due) => Assert.Equal(
            due is null ? null : Day(due),
            DaySchedule.Parse(days, "a check").Due(
                Day(today), s_created, done is null ? null : Day(done)));

    [Theory]
    [InlineData("Friday", "11-20", "11-27")]
    [InlineData("Friday, 22", "11-20", "11-22")]
    [InlineData("Last Friday", "11-01", "11-27")]
    public void The_next_day_is_later_than_today(string days, string today, string next) =>
        Assert.Equal(Day(next), DaySchedule.Parse(days, "a check").Next(Day(today)));

    [Fact]
    public void Without_days_nothing_is_ever_due()
    {
        var never = DaySchedule.Parse("", "a check");
        Assert.True(never.IsEmpty);
        Assert.Null(never.Next(Day("11-20")));
    }

    [Theory]
    [InlineData("Someday")]
    [InlineData("Friday, 15 of June")]
    public void Other_days_are_refused(string text)
    {
        var error = Assert.Throws<BackupCopyException>(() => DaySchedule.Parse(text, "a check"));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains("is no day for a check", error.Message, StringComparison.Ordinal);
        Assert.Contains("\"Last\"", error.Remedy, StringComparison.Ordinal);
    }

    private static DateOnly Day(string text) =>
        DateOnly.ParseExact($"2026-{text}", "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
