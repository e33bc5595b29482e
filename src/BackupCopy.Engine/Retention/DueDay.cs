namespace BackupCopy.Retention;

/// <summary>Whether a new point stands for a scheduled day: on it, or as the first one after it.</summary>
internal static class DueDay
{
    /// <param name="due">The most recent scheduled day up to the new point's.</param>
    /// <param name="date">The new point's day.</param>
    /// <param name="earlier">The days of the good points before it in sequence, in any order.</param>
    /// <remarks>
    /// A missed day is caught up by the first point since; a chain that began later, or a schedule set after
    /// a point had passed the day, waits for the next one. A point dated later than the new one was made
    /// under a wrong clock and says nothing about the day.
    /// </remarks>
    public static bool IsReached(DateOnly due, DateOnly date, IReadOnlyCollection<DateOnly> earlier) =>
        due == date
        || (earlier.Any(day => day < due) && !earlier.Any(day => day >= due && day <= date));
}
