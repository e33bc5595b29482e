namespace BackupCopy.Retention;

/// <summary>
/// The days on which the first point is an active full, one that shares nothing with the past. A missed day
/// is caught up by the next point.
/// </summary>
public sealed record FullSchedule
{
    private FullSchedule(IReadOnlyList<GfsDay> days) => Days = days;

    /// <summary>Weekdays and days of the month; empty when no day is scheduled.</summary>
    public IReadOnlyList<GfsDay> Days { get; }

    /// <summary>
    /// Reads weekdays and days of the month, "Sunday", "1", "15", "Last", "First Sunday", each its own text
    /// or several in one with commas between.
    /// </summary>
    /// <exception cref="BackupCopyException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static FullSchedule Parse(params IEnumerable<string> texts) =>
        new(DaySchedule.Read(texts, "an active full"));

    public bool Equals(FullSchedule? other) => other is not null && Days.SequenceEqual(other.Days);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The days with commas between, which <see cref="Parse"/> reads back.</summary>
    public override string ToString() => string.Join(", ", Days);

    /// <summary>Whether a new point has to be a full.</summary>
    /// <param name="existing">The good points of the chain; the new one follows them in sequence.</param>
    internal bool IsDue(
        DateTime pointTimeUtc, IReadOnlyList<(DateTime TimeUtc, bool IsFull)> existing, TimeZoneInfo zone)
    {
        if (Days.Count == 0)
        {
            return false;
        }

        var local = new LocalDays(zone);
        var date = local.Of(pointTimeUtc);
        var due = Days.Max(d => d.DueOnOrBefore(date));
        var earlier = existing.Select(p => (Date: local.Of(p.TimeUtc), p.IsFull)).ToList();
        return !earlier.Any(p => p.IsFull && p.Date == due)
            && DueDay.IsReached(due, date, [.. earlier.Select(p => p.Date)]);
    }
}
