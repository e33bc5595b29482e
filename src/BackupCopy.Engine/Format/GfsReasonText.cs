using System.Globalization;
using System.Text.RegularExpressions;

namespace BackupCopy.Format;

/// <summary>
/// Reads from a point's GFS reason which scheduled day each flag stands for: "Weekly for Sunday 2026-11-22".
/// </summary>
internal static partial class GfsReasonText
{
    /// <summary>The day of one flag; null when the text does not say it.</summary>
    public static DateOnly? DueOf(string reason, GfsFlags flag)
    {
        foreach (Match match in Flag().Matches(reason))
        {
            if (match.Groups[1].Value == flag.ToString()
                && DateOnly.TryParseExact(
                    match.Groups[2].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None,
                    out var day))
            {
                return day;
            }
        }

        return null;
    }

    [GeneratedRegex(@"\b(Weekly|Monthly|Quarterly|Yearly) for (?:[A-Z][a-z]+ )?(\d{4}-\d{2}-\d{2})")]
    private static partial Regex Flag();
}
