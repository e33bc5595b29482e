using System.Globalization;
using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>When days begin, east and west, and where a clock change falls on midnight.</summary>
public sealed class LocalDaysTests
{
    [Theory]
    [InlineData("UTC", "2024-02-29", "2024-02-29 00:00")]
    [InlineData("Europe/Berlin", "2024-03-31", "2024-03-30 23:00")]
    [InlineData("Europe/Berlin", "2024-04-01", "2024-03-31 22:00")]
    [InlineData("Europe/Berlin", "2024-10-27", "2024-10-26 22:00")]
    [InlineData("Europe/Berlin", "2024-10-28", "2024-10-27 23:00")]
    [InlineData("America/New_York", "2024-03-10", "2024-03-10 05:00")]
    [InlineData("America/New_York", "2024-03-11", "2024-03-11 04:00")]
    [InlineData("America/New_York", "2024-11-03", "2024-11-03 04:00")]
    [InlineData("America/New_York", "2024-11-04", "2024-11-04 05:00")]
    [InlineData("Asia/Kathmandu", "2024-06-01", "2024-05-31 18:15")]
    [InlineData("Pacific/Kiritimati", "2024-06-01", "2024-05-31 10:00")]
    [InlineData("Pacific/Pago_Pago", "2024-06-01", "2024-06-01 11:00")]

    // Midnight is skipped: the day begins at one.
    [InlineData("America/Havana", "2024-03-10", "2024-03-10 05:00")]
    [InlineData("Africa/Cairo", "2024-04-26", "2024-04-25 22:00")]

    // Midnight comes twice: the day begins with the first.
    [InlineData("America/Havana", "2024-11-03", "2024-11-03 04:00")]
    [InlineData("America/Havana", "2024-11-04", "2024-11-04 05:00")]

    // At midnight the clock goes back to eleven: the day begins an hour later.
    [InlineData("Africa/Cairo", "2024-11-01", "2024-10-31 22:00")]

    // The island that crossed the date line had no 30th; what waits for it begins with the 31st.
    [InlineData("Pacific/Apia", "2011-12-29", "2011-12-29 10:00")]
    [InlineData("Pacific/Apia", "2011-12-30", "2011-12-30 10:00")]
    [InlineData("Pacific/Apia", "2011-12-31", "2011-12-30 10:00")]
    [InlineData("Pacific/Apia", "2012-01-01", "2011-12-31 10:00")]
    public void A_day_begins_at_its_first_moment(string zone, string day, string utc) => Assert.Equal(
        utc, TestChain.Stamp(Days(zone).StartUtc(DateOnly.Parse(day, CultureInfo.InvariantCulture))));

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("America/Havana")]
    [InlineData("America/Sao_Paulo")]
    [InlineData("Africa/Cairo")]
    [InlineData("Pacific/Apia")]
    [InlineData("Asia/Beirut")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Asia/Kathmandu")]
    public void Before_its_beginning_it_is_another_day(string zone)
    {
        var days = Days(zone);
        for (var day = new DateOnly(2008, 1, 1); day < new DateOnly(2027, 1, 1); day = day.AddDays(1))
        {
            var start = days.StartUtc(day);
            Assert.True(days.Of(start) >= day, $"{day}: {start}");
            Assert.True(days.Of(start.AddTicks(-1)) < day, $"{day}: {start}");
        }
    }

    [Theory]
    [InlineData("0001-01-01 00:00")]
    [InlineData("9999-12-31 23:59")]
    public void A_clock_gone_mad_breaks_no_plan(string time)
    {
        var chain = new TestChain(TestChain.Keep(
            days: 36500, weekly: "999 weeks on Sunday", monthly: "999 on Last",
            quarterly: "999 quarters on Last", yearly: "999 years on Last of December",
            zone: "Pacific/Kiritimati"));
        chain.Add(time);
        chain.Add("2026-11-22");
        chain.Add(time);
        Assert.Equal(3, chain.Plan(time).Count);
        Assert.Equal(3, chain.Plan("2026-11-22").Count);
    }

    private static LocalDays Days(string zone) => new(TimeZoneInfo.FindSystemTimeZoneById(zone));
}
