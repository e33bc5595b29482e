using System.Globalization;

namespace BackupCopy.Retention;

/// <summary>A day of any month: by number, by weekday, or the last one.</summary>
public abstract record MonthDay
{
    private static readonly string[] s_ordinals = ["First", "Second", "Third", "Fourth"];

    private MonthDay()
    {
    }

    /// <summary>The day with this number, 1 to 31; in a shorter month its last day.</summary>
    public sealed record Number(int Day) : MonthDay;

    /// <summary>The first to fourth (1 to 4) such weekday.</summary>
    public sealed record Nth(int Week, DayOfWeek Day) : MonthDay;

    /// <summary>The last such weekday.</summary>
    public sealed record LastWeekday(DayOfWeek Day) : MonthDay;

    /// <summary>The last day.</summary>
    public sealed record Last : MonthDay;

    internal bool CountsFromTheEnd => this is Last or LastWeekday;

    internal DateOnly In(int year, int month)
    {
        var length = DateTime.DaysInMonth(year, month);
        return this switch
        {
            Number number => new DateOnly(year, month, Math.Min(number.Day, length)),
            Nth nth => OnOrAfter(new DateOnly(year, month, 1 + (7 * (nth.Week - 1))), nth.Day),
            LastWeekday last => OnOrAfter(new DateOnly(year, month, length - 6), last.Day),
            _ => new DateOnly(year, month, length),
        };
    }

    /// <summary>The text that the day is read from; "1" is written as "First".</summary>
    public sealed override string ToString() => this switch
    {
        Number { Day: 1 } => s_ordinals[0],
        Number number => number.Day.ToString(CultureInfo.InvariantCulture),
        Nth nth => $"{s_ordinals[nth.Week - 1]} {nth.Day}",
        LastWeekday last => $"Last {last.Day}",
        _ => "Last",
    };

    /// <summary>Null when the words, in lower case, name no day of a month.</summary>
    internal static MonthDay? Read(ReadOnlySpan<string> words) => words switch
    {
        ["first"] => new Number(1),
        ["last"] => new Last(),
        ["last", var day] when Weekday(day) is { } weekday => new LastWeekday(weekday),
        [var ordinal, var day] when Ordinal(ordinal) is > 0 and var week && Weekday(day) is { } weekday =>
            new Nth(week, weekday),
        [var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= 31 => new Number(number),
        _ => null,
    };

    internal static DayOfWeek? Weekday(string word)
    {
        foreach (var day in Enum.GetValues<DayOfWeek>())
        {
            if (word.Equals(day.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                return day;
            }
        }

        return null;
    }

    // 1 to 4, 0 when the word is no ordinal.
    private static int Ordinal(string word) =>
        1 + Array.FindIndex(s_ordinals, o => o.Equals(word, StringComparison.OrdinalIgnoreCase));

    private static DateOnly OnOrAfter(DateOnly date, DayOfWeek day) =>
        date.AddDays(((int)day - (int)date.DayOfWeek + 7) % 7);
}
