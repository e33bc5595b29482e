using System.Globalization;

namespace BackupCopy;

/// <summary>Times and points in the words that an admin reads: local, as the prompt shows them.</summary>
internal static class LocalText
{
    public static string ToLocalText(this DateTime time) =>
        time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A point by its sequence and its time, such as "3 (2026-11-04 23:30:00)".</summary>
    /// <param name="time">The start of time where it is not known.</param>
    public static string OfPoint(long sequence, DateTime time) =>
        time == default ? $"{sequence}" : $"{sequence} ({time.ToLocalText()})";
}
