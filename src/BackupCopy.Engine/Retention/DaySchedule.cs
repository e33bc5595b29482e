namespace BackupCopy.Retention;

/// <summary>
/// Days on which a job does something once, in its first session of the day; a missed day is caught up by the
/// next session.
/// </summary>
internal sealed class DaySchedule
{
    private readonly IReadOnlyList<GfsDay> _days;

    private DaySchedule(IReadOnlyList<GfsDay> days) => _days = days;

    public bool IsEmpty => _days.Count == 0;

    /// <summary>Reads weekdays and days of the month with commas between.</summary>
    /// <param name="what">What is done on them, such as "an active full".</param>
    /// <exception cref="BackupCopyException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static DaySchedule Parse(string text, string what) => new(Read([text], what));

    /// <summary>The scheduled day that is to be done now; null when none is.</summary>
    /// <param name="today">The local day.</param>
    /// <param name="since">Days before this one were never meant.</param>
    /// <param name="done">
    /// The day on which it was done last. A later one than today was seen by a wrong clock and says nothing.
    /// </param>
    public DateOnly? Due(DateOnly today, DateOnly since, DateOnly? done)
    {
        if (IsEmpty)
        {
            return null;
        }

        var due = _days.Max(d => d.DueOnOrBefore(today));
        return due < since || (done >= due && done <= today) ? null : due;
    }

    /// <summary>The next scheduled day after today; null without days.</summary>
    public DateOnly? Next(DateOnly today) => IsEmpty ? null : _days.Min(d => d.DueAfter(today));

    internal static IReadOnlyList<GfsDay> Read(IEnumerable<string> texts, string what) =>
    [
        .. texts.SelectMany(t => t.Split(',', StringSplitOptions.RemoveEmptyEntries))
            .Select(t => ReadDay(t, what)).Distinct(),
    ];

    private static GfsDay ReadDay(string text, string what) =>
        GfsDayText.ReadWeekOrMonth(text) ?? throw new BackupCopyException(
            ErrorCode.InvalidArgument, $"\"{text.Trim()}\" is no day for {what}.",
            "Give weekdays or days of the month such as \"Sunday\", \"15\", \"First Sunday\" or \"Last\".");
}
