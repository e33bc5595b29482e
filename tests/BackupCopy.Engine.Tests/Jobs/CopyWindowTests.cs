using BackupCopy.Jobs;

namespace BackupCopy.Tests.Jobs;

/// <summary>
/// When data may be transferred: a table of windows and times, and days on which the clock is changed.
/// </summary>
public sealed class CopyWindowTests
{
    // 2026-11-01 is a Sunday; Berlin went back to winter time on 2026-10-25 at 03:00.
    private const string Berlin = "Europe/Berlin";

    [Theory]
    [InlineData("", "", "2026-11-04T03:00", true, 0, "")]
    [InlineData("Mon-Fri 20:00-06:00", "", "2026-11-04T19:59", false, 0, "2026-11-04T20:00")]
    [InlineData("Mon-Fri 20:00-06:00", "", "2026-11-04T20:00", true, 0, "2026-11-05T06:00")]
    [InlineData("Mon-Fri 20:00-06:00", "", "2026-11-05T05:59", true, 0, "2026-11-05T06:00")]
    [InlineData("Mon-Fri 20:00-06:00", "", "2026-11-05T06:00", false, 0, "2026-11-05T20:00")]
    // Past midnight belongs to the day on which it begins: Saturday morning is Friday's.
    [InlineData("Mon-Fri 20:00-06:00", "", "2026-11-07T05:00", true, 0, "2026-11-07T06:00")]
    [InlineData("Mon-Fri 20:00-06:00", "", "2026-11-02T05:00", false, 0, "2026-11-02T20:00")]
    // Saturday's night reaches into Sunday, over the end of the week as it is stored.
    [InlineData("Sat 22:00-02:00", "", "2026-11-08T01:30", true, 0, "2026-11-08T02:00")]
    [InlineData("Sat,Sun", "", "2026-11-07T00:00", true, 0, "2026-11-09T00:00")]
    [InlineData("Fri-Mon", "", "2026-11-03T00:00", false, 0, "2026-11-06T00:00")]
    [InlineData("22:00-24:00", "", "2026-11-04T23:59", true, 0, "2026-11-05T00:00")]
    [InlineData("", "Mon-Fri 08:00-18:00", "2026-11-04T08:00", false, 0, "2026-11-04T18:00")]
    [InlineData("20:00-08:00", "Sun", "2026-11-08T01:00", false, 0, "2026-11-09T00:00")]
    [InlineData("any|Wed 08:00-18:00 at 2MB/s", "", "2026-11-04T09:00", true, 2097152, "2026-11-04T18:00")]
    [InlineData("any|Mon-Fri 08:00-18:00 at 20MB/s", "", "2026-11-04T18:00", true, 0, "2026-11-05T08:00")]
    [InlineData("any at 8Mbit/s|Wed at 16Mbit/s", "", "2026-11-04T09:00", true, 1000000, "")]
    [InlineData("monday-FRIDAY 8:00-18:00", "", "2026-11-04T08:00", true, 0, "2026-11-04T18:00")]
    public void Window_says_whether_how_fast_and_until_when(
        string allow, string deny, string time, bool isOpen, long rate, string until)
    {
        var state = Window(allow, deny, "UTC").At(Utc(time));
        Assert.Equal(
            (isOpen, rate, until),
            (state.IsOpen, state.RateBytesPerSecond, $"{state.UntilUtc:yyyy-MM-ddTHH:mm}"));
    }

    [Theory]
    // The hour from 02:00 comes twice: open in both.
    [InlineData("02:00-03:00", "2026-10-25T00:30", true, "2026-10-25T02:00")]
    [InlineData("02:00-03:00", "2026-10-24T23:00", false, "2026-10-25T00:00")]
    // It is skipped in spring: the window does not open on that day.
    [InlineData("02:00-03:00", "2026-03-28T20:00", false, "2026-03-30T00:00")]
    [InlineData("01:00-04:00", "2026-03-29T00:30", true, "2026-03-29T02:00")]
    public void Window_follows_a_clock_that_is_changed(string allow, string time, bool isOpen, string until)
    {
        var state = Window(allow, "", Berlin).At(Utc(time));
        Assert.Equal((isOpen, until), (state.IsOpen, $"{state.UntilUtc:yyyy-MM-ddTHH:mm}"));
    }

    [Fact]
    public void Every_minute_of_a_year_agrees_with_the_minute_at_which_it_was_said_to_change()
    {
        var window = Window("Mon-Fri 20:00-06:00|Sat", "Wed 01:30-02:30", Berlin);
        var at = Utc("2026-01-01T00:00");
        var state = window.At(at);
        for (; at < Utc("2027-01-01T00:00"); at = at.AddMinutes(1))
        {
            var now = window.At(at);
            Assert.Equal(at < state.UntilUtc, now == state);
            state = now;
        }
    }

    [Theory]
    [InlineData("Mon-Fri 20:00", "not of the form")]
    [InlineData("Mon-Fry 20:00-22:00", "no weekday Fry")]
    [InlineData("Mo 20:00-22:00", "no weekday Mo")]
    [InlineData("25:00-26:00", "no time 25:00")]
    [InlineData("20:60-22:00", "no time 20:60")]
    [InlineData("20:00-20:00", "begins when it ends")]
    [InlineData("Mon at 20", "20 is no rate")]
    [InlineData("Mon at 0MB/s", "0MB/s is no rate")]
    [InlineData("at 20MB/s", "neither days nor times")]
    [InlineData("", "neither days nor times")]
    public void Period_that_means_nothing_is_refused(string allow, string why)
    {
        var error = Assert.Throws<BackupCopyException>(
            () => CopyWindow.Parse(new JobSchedule { Allow = [allow] }, "UTC"));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Window_that_is_never_open_is_refused()
    {
        var error = Assert.Throws<BackupCopyException>(
            () => Window("Mon 08:00-10:00", "Mon 07:00-11:00", "UTC"));
        Assert.Contains("never open", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Denied_period_has_no_rate() => Assert.Contains(
        "no rate",
        Assert.Throws<BackupCopyException>(() => Window("", "Mon at 20MB/s", "UTC")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Unknown_zone_is_refused() =>
        Assert.Throws<BackupCopyException>(() => Window("", "", "Mars/Olympus"));

    private static CopyWindow Window(string allow, string deny, string zone) => CopyWindow.Parse(
        new JobSchedule
        {
            Allow = allow.Split('|', StringSplitOptions.RemoveEmptyEntries),
            Deny = deny.Split('|', StringSplitOptions.RemoveEmptyEntries),
        },
        zone);

    private static DateTime Utc(string text) => DateTime.SpecifyKind(
        DateTime.Parse(text, System.Globalization.CultureInfo.InvariantCulture), DateTimeKind.Utc);
}
