using System.Globalization;

namespace BackupCopy.Reporting;

/// <summary>Numbers as people read them.</summary>
public static class ReadableText
{
    private static readonly string[] s_units = ["bytes", "KB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>A size with three digits, such as 1.25 GB; a KB is 1,024 bytes as in PowerShell.</summary>
    public static string Size(long bytes, IFormatProvider form)
    {
        var value = (double)bytes;
        var unit = 0;
        // Rounds up to the next unit where four digits would be shown: 1,023.7 KB is 1 MB.
        while (Math.Abs(value) >= 999.5 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var digits = unit == 0 || value >= 99.95 ? "0" : value >= 9.995 ? "0.#" : "0.##";
        return $"{value.ToString(digits, form)} {s_units[unit]}";
    }

    /// <summary>A duration by its two largest units, such as 1h 05m.</summary>
    public static string Duration(TimeSpan span, IFormatProvider form) => span switch
    {
        { TotalSeconds: < 9.95 } => span.TotalSeconds.ToString("0.0", form) + "s",
        { TotalMinutes: < 1 } => $"{span.Seconds}s",
        { TotalHours: < 1 } => $"{span.Minutes}m {span.Seconds:00}s",
        { TotalDays: < 1 } => $"{span.Hours}h {span.Minutes:00}m",
        _ => $"{span.Days}d {span.Hours:00}h",
    };

    internal static string Size(long bytes) => Size(bytes, CultureInfo.InvariantCulture);

    internal static string Duration(TimeSpan span) => Duration(span, CultureInfo.InvariantCulture);

    /// <summary>A ratio such as 2.1:1; null where there is none to speak of.</summary>
    internal static string? Ratio(long before, long after)
    {
        if (before <= 0 || after <= 0)
        {
            return null;
        }

        var ratio = (double)before / after;
        return ratio.ToString(ratio < 9.95 ? "0.0" : "#,##0", CultureInfo.InvariantCulture) + ":1";
    }

    /// <summary>A number of things, such as 1 job or 2 jobs.</summary>
    internal static string Count(int number, string one, string? many = null) => number == 1
        ? $"1 {one}"
        : $"{number.ToString("N0", CultureInfo.InvariantCulture)} {many ?? one + "s"}";
}
