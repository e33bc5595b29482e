using System.Globalization;

namespace BackupCopy.Sources.Patterns;

/// <summary>
/// Times in names: the limits of each part, and the spellings that {time} understands. A year is one from
/// 1970 to 2199, so that other numbers of four digits are seldom taken for one.
/// </summary>
internal static class TimeText
{
    /// <summary>So many ways to read one text there are at most.</summary>
    public const int MostStops = 6;

    private const string DateSigns = "-_.";
    private const string BetweenSigns = "_-T .";
    private const string ClockSigns = "-_:.";

    /// <summary>Reads so many digits in the part's limits.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, PartKind kind, int digits, out long number)
    {
        number = 0;
        if (text.Length < digits)
        {
            return false;
        }

        foreach (var sign in text[..digits])
        {
            if (!char.IsAsciiDigit(sign))
            {
                return false;
            }

            number = (number * 10) + (sign - '0');
        }

        return kind switch
        {
            PartKind.Year => number is >= 1970 and <= 2199,
            PartKind.Month => number is >= 1 and <= 12,
            PartKind.Day => number is >= 1 and <= 31,
            PartKind.Hour => number <= 23,
            PartKind.Minute or PartKind.Second => number <= 59,
            _ => text.Length == digits || !char.IsAsciiDigit(text[digits]),
        };
    }

    public static bool TryDate(long year, long month, long day, out DateTime date)
    {
        var isDate = day <= DateTime.DaysInMonth((int)year, (int)month);
        date = isDate ? new DateTime((int)year, (int)month, (int)day) : default;
        return isDate;
    }

    /// <summary>
    /// The ways to read a time at the beginning of the text, the longest last: 2026-11-22, 20261122,
    /// 2026_11_22-01_00_05, 2026-11-22_0100, 20261122T010005Z and the like.
    /// </summary>
    public static int Read(ReadOnlySpan<char> text, Span<TimeStop> stops)
    {
        var at = 0;
        if (!Next(text, ref at, PartKind.Year, out var year))
        {
            return 0;
        }

        var sign = Sign(text, at, DateSigns);
        at += sign.Length;
        if (!Next(text, ref at, PartKind.Month, out var month) || !text[at..].StartsWith(sign))
        {
            return 0;
        }

        at += sign.Length;
        if (!Next(text, ref at, PartKind.Day, out var day) || !TryDate(year, month, day, out var date))
        {
            return 0;
        }

        var count = Add(text, at, date, stops, 0);
        var between = Sign(text, at, BetweenSigns);
        if (between.Length == 0 && sign.Length > 0)
        {
            return count;
        }

        at += between.Length;
        if (!Next(text, ref at, PartKind.Hour, out var hour))
        {
            return count;
        }

        sign = Sign(text, at, ClockSigns);
        at += sign.Length;
        if (!Next(text, ref at, PartKind.Minute, out var minute))
        {
            return count;
        }

        date = date.AddMinutes((hour * 60) + minute);
        count = Add(text, at, date, stops, count);
        if (text[at..].StartsWith(sign))
        {
            at += sign.Length;
            if (Next(text, ref at, PartKind.Second, out var second))
            {
                count = Add(text, at, date.AddSeconds(second), stops, count);
            }
        }

        return count;
    }

    public static long Parse(ReadOnlySpan<char> digits) =>
        long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    private static bool Next(ReadOnlySpan<char> text, ref int at, PartKind kind, out long number)
    {
        var digits = kind == PartKind.Year ? 4 : 2;
        var isThere = TryNumber(text[at..], kind, digits, out number);
        at += isThere ? digits : 0;
        return isThere;
    }

    private static ReadOnlySpan<char> Sign(ReadOnlySpan<char> text, int at, string signs) =>
        at < text.Length && signs.Contains(text[at], StringComparison.Ordinal) ? text.Slice(at, 1) : default;

    private static int Add(
        ReadOnlySpan<char> text, int at, DateTime time, Span<TimeStop> stops, int count)
    {
        stops[count++] = new TimeStop(at, time, IsUtc: false);
        if (at < text.Length && text[at] is 'Z' or 'z')
        {
            stops[count++] = new TimeStop(at + 1, time, IsUtc: true);
        }

        return count;
    }
}

/// <summary>One way to read a time: how long its text is, and what it says.</summary>
internal readonly record struct TimeStop(int Length, DateTime Time, bool IsUtc);
