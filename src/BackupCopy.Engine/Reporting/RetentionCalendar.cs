using System.Globalization;
using System.Text;
using BackupCopy.Retention;

namespace BackupCopy.Reporting;

/// <summary>
/// A calendar of the points that exist: a row a month, a column a day, a mark where a point is. Months
/// without a point between two that have one shrink to a line. Pure: text in, text out.
/// </summary>
public static partial class RetentionCalendar
{
    private const int LabelWidth = 8;

    /// <summary>For the console: at most 80 columns, lines end in \n.</summary>
    public static string ToText(IReadOnlyList<RetainedPoint> points)
    {
        var text = new StringBuilder();
        Line(text, "", Days.Select(d => d % 10 == 0 ? Digit(d / 10) : ""));
        Line(text, "", Days.Select(d => Digit(d % 10)));
        foreach (var row in CalendarRow.Make(points))
        {
            if (row.EmptyMonthsBefore > 0)
            {
                text.Append(Gap(row.EmptyMonthsBefore)).Append('\n');
            }

            Line(text, row.Label, row.Days.Select(d => d.IsEmpty ? "." : (d.IsHeld ? "*" : "") + d.Mark));
        }

        return text.Append(Legend).Append("  * held").Append('\n').ToString();
    }

    private const string Legend =
        "o point  W weekly  M monthly  Q quarterly  Y yearly (a day's highest)";

    private static IEnumerable<int> Days => Enumerable.Range(1, 31);

    private static string Digit(int digit) => digit.ToString(CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, string label, IEnumerable<string> cells)
    {
        var line = label.PadRight(LabelWidth) + string.Concat(cells.Select(c => c.PadLeft(2)));
        text.Append(line.TrimEnd()).Append('\n');
    }

    private static string Gap(int months) => string.Create(
        CultureInfo.InvariantCulture, $"({months} {(months == 1 ? "month" : "months")} without a point)");
}
