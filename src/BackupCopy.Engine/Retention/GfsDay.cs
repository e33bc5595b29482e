using System.Globalization;

namespace BackupCopy.Retention;

/// <summary>
/// The day of its period on which a tier flags a point. Every period has exactly one such day.
/// </summary>
public abstract record GfsDay
{
    private GfsDay()
    {
    }

    /// <summary>A weekday: "Sunday".</summary>
    public sealed record InWeek(DayOfWeek Day) : GfsDay;

    /// <summary>A day of every month: "First Sunday", "Last Friday", "15", "First", "Last".</summary>
    public sealed record InMonth(MonthDay Day) : GfsDay;

    /// <summary>A day of one month of every quarter: "First Sunday of month 1".</summary>
    /// <param name="Month">
    /// 1, 2 or 3. A text without it means 3 for the forms that begin with Last, and 1 for the others.
    /// </param>
    public sealed record InQuarter(MonthDay Day, int Month) : GfsDay;

    /// <summary>A day of one month of every year: "First Sunday of January", "15 of June".</summary>
    /// <param name="Month">1 to 12.</param>
    public sealed record InYear(MonthDay Day, int Month) : GfsDay;

    /// <summary>The tier whose period this is a day of.</summary>
    public GfsTier Tier => this switch
    {
        InWeek => GfsTier.Weekly,
        InMonth => GfsTier.Monthly,
        InQuarter => GfsTier.Quarterly,
        _ => GfsTier.Yearly,
    };

    /// <summary>The most recent scheduled day, which may be the date itself.</summary>
    public DateOnly DueOnOrBefore(DateOnly date)
    {
        var start = GfsPeriod.Start(Tier, date);
        var due = In(start);
        return due <= date ? due : In(GfsPeriod.Later(Tier, start, -1));
    }

    /// <summary>The next scheduled day, later than the date.</summary>
    public DateOnly DueAfter(DateOnly date)
    {
        var start = GfsPeriod.Start(Tier, date);
        var due = In(start);
        return due > date ? due : In(GfsPeriod.Later(Tier, start, 1));
    }

    /// <summary>The text that <see cref="Parse"/> reads back to the same day.</summary>
    public sealed override string ToString() => this switch
    {
        InWeek week => week.Day.ToString(),
        InMonth month => month.Day.ToString(),
        InQuarter quarter => string.Create(
            CultureInfo.InvariantCulture, $"{quarter.Day} of month {quarter.Month}"),
        InYear year => $"{year.Day} of {GfsDayText.MonthName(year.Month)}",
        _ => "",
    };

    /// <summary>Reads a day of the tier; English names in any case, whatever the culture.</summary>
    /// <exception cref="BackupCopyException">
    /// <see cref="ErrorCode.InvalidArgument"/>; the remedy names the forms.
    /// </exception>
    public static GfsDay Parse(GfsTier tier, string text) => GfsDayText.Parse(tier, text);

    private DateOnly In(DateOnly start) => this switch
    {
        InWeek week => start.AddDays(GfsPeriod.DaysAfterMonday(week.Day)),
        InMonth month => month.Day.In(start.Year, start.Month),
        InQuarter quarter => quarter.Day.In(start.Year, start.Month + quarter.Month - 1),
        InYear year => year.Day.In(start.Year, year.Month),
        _ => start,
    };
}
