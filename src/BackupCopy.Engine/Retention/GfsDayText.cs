using System.Globalization;

namespace BackupCopy.Retention;

/// <summary>The grammar of <see cref="GfsDay"/>'s texts.</summary>
internal static class GfsDayText
{
    private const string MonthForms =
        "\"First Sunday\" (Second, Third, Fourth, Last), a day such as \"15\", \"First\" or \"Last\"";

    public static GfsDay Parse(GfsTier tier, string text) =>
        Read(tier, Words(text)) ?? throw new BackupCopyException(
            ErrorCode.InvalidArgument, $"\"{text}\" is no day of the {tier} tier.", Forms(tier));

    /// <summary>A weekday or a day of the month; null for any other text.</summary>
    public static GfsDay? ReadWeekOrMonth(string text) =>
        Read(GfsTier.Weekly, Words(text)) ?? Read(GfsTier.Monthly, Words(text));

    public static string MonthName(int month) =>
        CultureInfo.InvariantCulture.DateTimeFormat.GetMonthName(month);

    /// <summary>The words in lower case.</summary>
    public static string[] Words(string text) =>
        text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static GfsDay? Read(GfsTier tier, string[] words) => tier switch
    {
        GfsTier.Weekly => words is [var word] && MonthDay.Weekday(word) is { } weekday
            ? new GfsDay.InWeek(weekday) : null,
        GfsTier.Monthly => MonthDay.Read(words) is { } day ? new GfsDay.InMonth(day) : null,
        GfsTier.Quarterly => ReadQuarter(words),
        _ => ReadYear(words),
    };

    private static GfsDay.InQuarter? ReadQuarter(string[] words)
    {
        var (dayWords, month) = words switch
        {
            [.. var head, "of", "month", "1"] => (head, 1),
            [.. var head, "of", "month", "2"] => (head, 2),
            [.. var head, "of", "month", "3"] => (head, 3),
            _ => (words, 0),
        };
        return MonthDay.Read(dayWords) is not { } day ? null
            : new GfsDay.InQuarter(day, month > 0 ? month : day.CountsFromTheEnd ? 3 : 1);
    }

    private static GfsDay.InYear? ReadYear(string[] words)
    {
        if (words is not [.. var head, var name] || MonthNumber(name) is not (> 0 and var month))
        {
            return null;
        }

        var dayWords = head is [.. var before, "of"] ? before : head;
        return MonthDay.Read(dayWords) is { } day ? new GfsDay.InYear(day, month) : null;
    }

    // 0 when the word is no month.
    private static int MonthNumber(string word) =>
        1 + Array.FindIndex(
            CultureInfo.InvariantCulture.DateTimeFormat.MonthNames,
            name => name.Equals(word, StringComparison.OrdinalIgnoreCase));

    private static string Forms(GfsTier tier) => tier switch
    {
        GfsTier.Weekly => "Give a weekday such as \"Sunday\".",
        GfsTier.Monthly => $"Give {MonthForms}.",
        GfsTier.Quarterly =>
            $"Give {MonthForms}, and if you like a month of the quarter: \"Last Friday of month 3\".",
        _ => $"Give {MonthForms}, with a month: \"First Sunday of January\", \"15 of June\".",
    };
}
