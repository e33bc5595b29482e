namespace BackupCopy.Retention;

/// <summary>
/// Dates of a time zone. Only the way from UTC to local time is used, which always has one answer: a local
/// time that was skipped or that came twice needs no rule of its own. Answers are remembered, so one value
/// serves one thread.
/// </summary>
internal sealed class LocalDays(TimeZoneInfo zone)
{
    // A clock can hold any time; within these no period added to a date overflows.
    private static readonly DateTime s_first = new(10, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime s_last = new(8000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    // No zone is further from UTC, and a zone that changes sides skips or repeats one day.
    private static readonly TimeSpan s_furthest = TimeSpan.FromHours(40);

    private readonly Dictionary<DateTime, DateOnly> _days = [];
    private readonly Dictionary<DateOnly, DateTime> _starts = [];

    public DateOnly Of(DateTime utc)
    {
        if (!_days.TryGetValue(utc, out var day))
        {
            _days.Add(utc, day = DateOnly.FromDateTime(Local(utc)));
        }

        return day;
    }

    public DateTime Local(DateTime utc)
    {
        var inRange = utc < s_first ? s_first : utc > s_last ? s_last : utc;
        return TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(inRange, DateTimeKind.Utc), zone);
    }

    /// <summary>When the day begins: at midnight, or at the first time after a skipped one.</summary>
    public DateTime StartUtc(DateOnly day)
    {
        if (!_starts.TryGetValue(day, out var start))
        {
            _starts.Add(day, start = ToUtc(day.ToDateTime(TimeOnly.MinValue)));
        }

        return start;
    }

    /// <summary>
    /// When a clock on the wall reaches this time, or passes it where it was skipped; where it comes twice,
    /// one of the two.
    /// </summary>
    public DateTime ToUtc(DateTime local)
    {
        var wall = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        var guess = DateTime.SpecifyKind(wall - zone.GetUtcOffset(wall), DateTimeKind.Utc);
        return Local(guess) == wall && Local(guess.AddTicks(-1)) < wall ? guess : Search(wall);
    }

    private DateTime Search(DateTime wall)
    {
        var before = DateTime.SpecifyKind(wall, DateTimeKind.Utc) - s_furthest;
        var seconds = (Before: 0L, Reached: (long)(2 * s_furthest.TotalSeconds));
        while (seconds.Reached - seconds.Before > 1)
        {
            var middle = (seconds.Before + seconds.Reached) / 2;
            seconds = Local(before.AddSeconds(middle)) < wall
                ? (middle, seconds.Reached) : (seconds.Before, middle);
        }

        return before.AddSeconds(seconds.Reached);
    }
}
