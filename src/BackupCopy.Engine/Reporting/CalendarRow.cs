using System.Globalization;
using BackupCopy.Retention;

namespace BackupCopy.Reporting;

/// <summary>A month of a calendar that has a point.</summary>
/// <param name="EmptyMonthsBefore">Months without a point between the row before and this one.</param>
internal sealed record CalendarRow(DateOnly Month, int EmptyMonthsBefore, IReadOnlyList<CalendarDay> Days)
{
    public string Label => Month.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public static IReadOnlyList<CalendarRow> Make(IReadOnlyList<RetainedPoint> points)
    {
        var rows = new List<CalendarRow>();
        var months = points.GroupBy(p => new DateOnly(p.Date.Year, p.Date.Month, 1)).OrderBy(m => m.Key);
        foreach (var month in months)
        {
            var days = month.ToLookup(p => p.Date.Day);
            rows.Add(new CalendarRow(
                month.Key,
                rows is [.., var last] ? Months(month.Key) - Months(last.Month) - 1 : 0,
                [
                    .. Enumerable.Range(1, DateTime.DaysInMonth(month.Key.Year, month.Key.Month))
                        .Select(day => new CalendarDay(month.Key.AddDays(day - 1), [.. days[day]])),
                ]));
        }

        return rows;
    }

    private static int Months(DateOnly date) => (date.Year * 12) + date.Month;
}

/// <summary>A day of a calendar and its points.</summary>
internal sealed record CalendarDay(DateOnly Date, IReadOnlyList<RetainedPoint> Points)
{
    public bool IsEmpty => Points.Count == 0;
    public bool IsHeld => Points.Any(p => p.IsHeld);

    /// <summary>The initial of the highest tier that flagged a point of the day, o without one.</summary>
    public string Mark => Points.SelectMany(p => p.Flags).Select(f => (GfsTier?)f.Tier).Max() switch
    {
        GfsTier.Yearly => "Y",
        GfsTier.Quarterly => "Q",
        GfsTier.Monthly => "M",
        GfsTier.Weekly => "W",
        _ => "o",
    };

    /// <summary>The day, its points' times (UTC) and flags, a line each.</summary>
    public string Details => string.Join('\n', Points.OrderBy(p => p.Sequence).Select(Describe));

    private static string Describe(RetainedPoint point) => string.Join(", ",
    [
        string.Create(CultureInfo.InvariantCulture, $"{point.TimeUtc:yyyy-MM-dd HH:mm} UTC"),
        .. point.Flags.Select(f => f.ToString()),
        .. point.IsHeld ? ["held"] : Array.Empty<string>(),
        .. point.IsExpected ? ["expected"] : Array.Empty<string>(),
    ]);
}
