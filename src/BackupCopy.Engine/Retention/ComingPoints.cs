namespace BackupCopy.Retention;

/// <summary>When points to come are expected, for estimates that depend on them.</summary>
internal sealed class ComingPoints
{
    // Enough gaps for a median that one late point does not move.
    private const int MostPoints = 15;

    private readonly DateTime _nextUtc;
    private readonly TimeSpan? _spacing;

    public ComingPoints(PlannedChain chain, TimeSpan? spacing)
    {
        _spacing = spacing ?? MedianSpacing(chain.GoodNewestFirst.Take(chain.ShortTermCount));
        if (_spacing is not { } gap || gap <= TimeSpan.Zero || gap > TimeSpan.FromDays(36500)
            || chain.GoodNewestFirst is not [var newest, ..])
        {
            _spacing = null;
            return;
        }

        // An overdue point is expected now; one dated in the future does not delay the next.
        var last = newest.TimeUtc > chain.NowUtc ? chain.NowUtc : newest.TimeUtc;
        _nextUtc = chain.NowUtc - last > gap ? chain.NowUtc : last + gap;
    }

    /// <summary>When so many more points are expected to be there, 1 or more; null when not known.</summary>
    public DateTime? After(int points)
    {
        if (_spacing is not { } gap)
        {
            return null;
        }

        var ticks = _nextUtc.Ticks + ((Int128)gap.Ticks * (points - 1));
        return ticks > DateTime.MaxValue.Ticks ? null : new DateTime((long)ticks, DateTimeKind.Utc);
    }

    /// <summary>The median of the newest gaps; null where there is none.</summary>
    public static TimeSpan? MedianSpacing(IEnumerable<RetentionPoint> newestFirst)
    {
        var newest = newestFirst.Take(MostPoints).ToList();
        var gaps = newest.Zip(newest.Skip(1), (newer, older) => newer.TimeUtc - older.TimeUtc)
            .Where(gap => gap > TimeSpan.Zero).Order().ToList();
        return gaps.Count > 0 ? gaps[(gaps.Count - 1) / 2] : null;
    }
}
