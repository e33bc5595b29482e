using System.Globalization;
using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>The texts of scheduled days, and which dates they mean.</summary>
public sealed class GfsDayTests
{
    [Theory]
    [InlineData(GfsTier.Weekly, "Sunday", "Sunday")]
    [InlineData(GfsTier.Weekly, " mONDAY ", "Monday")]
    [InlineData(GfsTier.Monthly, "First Sunday", "First Sunday")]
    [InlineData(GfsTier.Monthly, "second  tuesday", "Second Tuesday")]
    [InlineData(GfsTier.Monthly, "Third Wednesday", "Third Wednesday")]
    [InlineData(GfsTier.Monthly, "Fourth Thursday", "Fourth Thursday")]
    [InlineData(GfsTier.Monthly, "LAST FRIDAY", "Last Friday")]
    [InlineData(GfsTier.Monthly, "15", "15")]
    [InlineData(GfsTier.Monthly, "31", "31")]
    [InlineData(GfsTier.Monthly, "1", "First")]
    [InlineData(GfsTier.Monthly, "First", "First")]
    [InlineData(GfsTier.Monthly, "Last", "Last")]
    [InlineData(GfsTier.Quarterly, "First Sunday", "First Sunday of month 1")]
    [InlineData(GfsTier.Quarterly, "15", "15 of month 1")]
    [InlineData(GfsTier.Quarterly, "Fourth Sunday", "Fourth Sunday of month 1")]
    [InlineData(GfsTier.Quarterly, "Last Friday", "Last Friday of month 3")]
    [InlineData(GfsTier.Quarterly, "Last", "Last of month 3")]
    [InlineData(GfsTier.Quarterly, "Last of Month 2", "Last of month 2")]
    [InlineData(GfsTier.Quarterly, "First of month 3", "First of month 3")]
    [InlineData(GfsTier.Yearly, "First Sunday of January", "First Sunday of January")]
    [InlineData(GfsTier.Yearly, "15 of june", "15 of June")]
    [InlineData(GfsTier.Yearly, "1 January", "First of January")]
    [InlineData(GfsTier.Yearly, "Last of December", "Last of December")]
    [InlineData(GfsTier.Yearly, "last sunday october", "Last Sunday of October")]
    public void A_day_is_read_in_any_case_and_written_back_to_itself(
        GfsTier tier, string text, string written)
    {
        var day = GfsDay.Parse(tier, text);
        Assert.Equal(written, day.ToString());
        Assert.Equal(day, GfsDay.Parse(tier, written));
        Assert.Equal(tier, day.Tier);
    }

    [Theory]
    [InlineData(GfsTier.Weekly, "", "Sunday")]
    [InlineData(GfsTier.Weekly, "Sun", "Sunday")]
    [InlineData(GfsTier.Weekly, "0", "Sunday")]
    [InlineData(GfsTier.Weekly, "First Sunday", "Sunday")]
    [InlineData(GfsTier.Monthly, "Sunday", "First Sunday")]
    [InlineData(GfsTier.Monthly, "Fifth Sunday", "First Sunday")]
    [InlineData(GfsTier.Monthly, "0", "15")]
    [InlineData(GfsTier.Monthly, "32", "15")]
    [InlineData(GfsTier.Monthly, "-1", "15")]
    [InlineData(GfsTier.Monthly, "15 of June", "15")]
    [InlineData(GfsTier.Quarterly, "First Sunday of month 4", "of month 3")]
    [InlineData(GfsTier.Quarterly, "of month 1", "of month 3")]
    [InlineData(GfsTier.Yearly, "First Sunday", "15 of June")]
    [InlineData(GfsTier.Yearly, "15 of Juno", "15 of June")]
    [InlineData(GfsTier.Yearly, "of June", "15 of June")]
    public void An_unreadable_day_is_refused_and_the_remedy_names_the_forms(
        GfsTier tier, string text, string form)
    {
        var error = Assert.Throws<BackupCopyException>(() => GfsDay.Parse(tier, text));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains($"\"{text}\"", error.Message, StringComparison.Ordinal);
        Assert.Contains(form, error.Remedy, StringComparison.Ordinal);
    }

    // The classic suites flag the first day of the last week of a month, the 24th of a 30-day month; here a
    // day is named, so "Last" is the month's last day and "Last Friday" its last Friday.
    [Theory]
    [InlineData(GfsTier.Weekly, "Sunday", "2026-11-22", "2026-11-22", "2026-11-29")]
    [InlineData(GfsTier.Weekly, "Sunday", "2026-11-21", "2026-11-15", "2026-11-22")]
    [InlineData(GfsTier.Weekly, "Monday", "2026-11-22", "2026-11-16", "2026-11-23")]
    [InlineData(GfsTier.Weekly, "Sunday", "2021-01-02", "2020-12-27", "2021-01-03")]
    [InlineData(GfsTier.Monthly, "Last", "2026-11-30", "2026-11-30", "2026-12-31")]
    [InlineData(GfsTier.Monthly, "Last", "2026-11-29", "2026-10-31", "2026-11-30")]
    [InlineData(GfsTier.Monthly, "Last Friday", "2026-11-30", "2026-11-27", "2026-12-25")]
    [InlineData(GfsTier.Monthly, "Last Monday", "2026-11-30", "2026-11-30", "2026-12-28")]
    [InlineData(GfsTier.Monthly, "First Sunday", "2026-11-01", "2026-11-01", "2026-12-06")]
    [InlineData(GfsTier.Monthly, "Fourth Saturday", "2026-02-28", "2026-02-28", "2026-03-28")]
    [InlineData(GfsTier.Monthly, "31", "2026-02-28", "2026-02-28", "2026-03-31")]
    [InlineData(GfsTier.Monthly, "30", "2024-02-28", "2024-01-30", "2024-02-29")]
    [InlineData(GfsTier.Quarterly, "First Sunday", "2026-03-31", "2026-01-04", "2026-04-05")]
    [InlineData(GfsTier.Quarterly, "Last", "2026-03-30", "2025-12-31", "2026-03-31")]
    [InlineData(GfsTier.Quarterly, "15 of month 2", "2026-08-15", "2026-08-15", "2026-11-15")]
    [InlineData(GfsTier.Yearly, "First Sunday of January", "2026-01-03", "2025-01-05", "2026-01-04")]
    [InlineData(GfsTier.Yearly, "29 of February", "2025-12-31", "2025-02-28", "2026-02-28")]
    [InlineData(GfsTier.Yearly, "29 of February", "2024-02-28", "2023-02-28", "2024-02-29")]
    [InlineData(GfsTier.Yearly, "Last of December", "2026-12-31", "2026-12-31", "2027-12-31")]
    public void The_due_days_around_a_date(
        GfsTier tier, string text, string date, string onOrBefore, string after)
    {
        var day = GfsDay.Parse(tier, text);
        Assert.Equal(Date(onOrBefore), day.DueOnOrBefore(Date(date)));
        Assert.Equal(Date(after), day.DueAfter(Date(date)));
    }

    [Theory]
    [InlineData(GfsTier.Weekly, "Thursday")]
    [InlineData(GfsTier.Monthly, "Last Monday")]
    [InlineData(GfsTier.Monthly, "31")]
    [InlineData(GfsTier.Quarterly, "31 of month 2")]
    [InlineData(GfsTier.Yearly, "29 of February")]
    public void Every_period_has_one_due_day_and_both_directions_agree(GfsTier tier, string text)
    {
        var day = GfsDay.Parse(tier, text);
        var due = day.DueOnOrBefore(Date("2019-12-31"));
        for (var date = Date("2020-01-01"); date < Date("2032-01-01"); date = date.AddDays(1))
        {
            var next = day.DueAfter(due);
            Assert.Equal(GfsPeriod.Later(tier, GfsPeriod.Start(tier, due), 1), GfsPeriod.Start(tier, next));
            due = date == next ? next : due;
            Assert.Equal(due, day.DueOnOrBefore(date));
        }
    }

    private static DateOnly Date(string text) => DateOnly.Parse(text, CultureInfo.InvariantCulture);
}
