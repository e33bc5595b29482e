using System.Globalization;

namespace BackupCopy.Retention;

/// <summary>The tiers of long retention, shortest period first.</summary>
public enum GfsTier
{
    Weekly,
    Monthly,
    Quarterly,
    Yearly,
}

/// <summary>A flag that a point carries, and the scheduled day that it stands for.</summary>
/// <param name="Due">
/// The scheduled day in the policy's time zone; earlier than the point's own day when the day was missed and
/// caught up.
/// </param>
public sealed record GfsFlag(GfsTier Tier, DateOnly Due)
{
    /// <summary>Such as "Weekly for Sunday 2026-11-22".</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Tier} for {Due:dddd yyyy-MM-dd}");
}

/// <summary>The periods that the tiers count: ISO weeks, months, quarters and years.</summary>
internal static class GfsPeriod
{
    /// <summary>The first day of the period that holds the date; an ISO week begins on Monday.</summary>
    public static DateOnly Start(GfsTier tier, DateOnly date) => tier switch
    {
        GfsTier.Weekly => date.AddDays(-DaysAfterMonday(date.DayOfWeek)),
        GfsTier.Monthly => new DateOnly(date.Year, date.Month, 1),
        GfsTier.Quarterly => new DateOnly(date.Year, ((date.Month - 1) / 3 * 3) + 1, 1),
        _ => new DateOnly(date.Year, 1, 1),
    };

    /// <summary>The date some periods later, clipped to the end of a shorter month.</summary>
    public static DateOnly Later(GfsTier tier, DateOnly date, int periods) => tier switch
    {
        GfsTier.Weekly => date.AddDays(7 * periods),
        GfsTier.Monthly => date.AddMonths(periods),
        GfsTier.Quarterly => date.AddMonths(3 * periods),
        _ => date.AddYears(periods),
    };

    /// <summary>
    /// The last day on which a point of this date is kept for so many periods. Weeks end the day before the
    /// same weekday; the others keep the clipped day itself: 31 January and a month goes on 1 March.
    /// </summary>
    public static DateOnly LastDay(GfsTier tier, DateOnly date, int periods) =>
        Later(tier, date, periods).AddDays(tier == GfsTier.Weekly ? -1 : 0);

    public static int DaysAfterMonday(DayOfWeek day) => ((int)day + 6) % 7;
}
