namespace BackupCopy.Retention;

/// <summary>The points of one plan in order, with what every rule asks of them.</summary>
internal sealed class PlannedChain
{
    private readonly Dictionary<RetentionPoint, int> _ranks;
    private readonly RetentionPolicy _policy;
    private IReadOnlyList<GfsFlag>? _pendingFlags;

    public PlannedChain(
        IReadOnlyList<RetentionPoint> points, RetentionPolicy policy, DateTime nowUtc, LocalDays days)
    {
        _policy = policy;
        Days = days;
        NowUtc = nowUtc;
        Today = Days.Of(nowUtc);
        Points = [.. points.OrderBy(p => p.Sequence)];
        GoodNewestFirst = [.. Points.Where(p => p.IsGood).Reverse()];
        _ranks = GoodNewestFirst.Select((p, i) => (Point: p, Rank: i + 1)).ToDictionary(
            p => p.Point, p => p.Rank, (IEqualityComparer<RetentionPoint>)ReferenceEqualityComparer.Instance);
    }

    public LocalDays Days { get; }
    public DateTime NowUtc { get; }
    public DateOnly Today { get; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<RetentionPoint> Points { get; }
    public IReadOnlyList<RetentionPoint> GoodNewestFirst { get; }

    /// <summary>The place among the good points; 1 is the newest.</summary>
    public int Rank(RetentionPoint good) => _ranks[good];

    /// <summary>When the day after begins: what lasts through a day ends there.</summary>
    public DateTime DayAfterUtc(DateOnly day) => Days.StartUtc(day.AddDays(1));

    /// <summary>The flags that a point made now would get.</summary>
    public IReadOnlyList<GfsFlag> PendingFlags =>
        _pendingFlags ??= GfsFlagging.FlagsFor(NowUtc, Points, _policy, Days).Flags;

    /// <summary>
    /// How many of the newest good points stand close together; those before them are what the tiers left.
    /// </summary>
    public int ShortTermCount => _policy.KeepDays is not { } days ? _policy.KeepPoints!.Value
        : Math.Max(
            ShortTermWants.MinimumOfDays,
            GoodNewestFirst.Count(p => Days.Of(p.TimeUtc).AddDays(days) >= Today));

    public int DamagedAfter(RetentionPoint point) =>
        Points.Count(p => !p.IsGood && p.Sequence > point.Sequence);
}
