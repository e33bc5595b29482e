namespace BackupCopy.Retention;

/// <summary>What one tier of the policy wants: the newest periods with a flagged point, or a time.</summary>
internal sealed class GfsWants
{
    private readonly GfsTier _tier;
    private readonly PlannedChain _chain;
    private readonly GfsRule? _rule;

    // Period -> place among the periods that have a flagged point, 1 for the newest.
    private readonly Dictionary<DateOnly, int> _ranks = [];

    // The days that add a period, soonest first; filled as far as somebody asked.
    private readonly List<DateOnly> _comingDues = [];

    public GfsWants(GfsTier tier, PlannedChain chain, RetentionPolicy policy)
    {
        (_tier, _chain, _rule) = (tier, chain, policy.Rule(tier));
        if (_rule?.Keep is not GfsKeep.Count)
        {
            return;
        }

        // The newest period is that of the newest point in sequence, so a false date does not stay for ever.
        foreach (var flag in chain.GoodNewestFirst.SelectMany(FlagsNewestFirst))
        {
            _ranks.TryAdd(GfsPeriod.Start(tier, flag.Due), _ranks.Count + 1);
        }

        // A missed day is made up by the next point, which may come at any time now.
        _comingDues.AddRange(
            chain.PendingFlags.Where(f => f.Tier == tier).Select(f => f.Due).Where(IsNewPeriod));
    }

    public Want For(RetentionPoint good, GfsFlag flag) => _rule?.Keep switch
    {
        GfsKeep.Count count => ForCount(flag, count.Periods),
        GfsKeep.Time time => ForTime(good, flag, time.Length),
        _ => new Want.Goes(new RemoveReason.TierGone(flag)),
    };

    private Want ForCount(GfsFlag flag, int periods)
    {
        var rank = _ranks[GfsPeriod.Start(_tier, flag.Due)];
        return rank <= periods
            ? new Want.Stays(
                new KeepReason.GfsCount(flag, rank, periods), ComingPeriodUtc(periods - rank + 1))
            : new Want.Goes(new RemoveReason.FlagOutnumbered(flag, periods));
    }

    private Want ForTime(RetentionPoint good, GfsFlag flag, int length)
    {
        var lastDay = GfsPeriod.LastDay(_tier, _chain.Days.Of(good.TimeUtc), length);
        return _chain.Today <= lastDay
            ? new Want.Stays(new KeepReason.GfsTime(flag, lastDay), _chain.DayAfterUtc(lastDay))
            : new Want.Goes(new RemoveReason.FlagExpired(flag, lastDay));
    }

    private IEnumerable<GfsFlag> FlagsNewestFirst(RetentionPoint point) =>
        point.Flags.Where(f => f.Tier == _tier).OrderByDescending(f => f.Due);

    // When the n-th next period begins to have a point, should every scheduled day bring one.
    private DateTime ComingPeriodUtc(int n)
    {
        while (_comingDues.Count < n)
        {
            var last = _comingDues is [.., var known] && known > _chain.Today ? known : _chain.Today;
            do
            {
                last = _rule!.On.DueAfter(last);
            }
            while (!IsNewPeriod(last));
            _comingDues.Add(last);
        }

        var start = _chain.Days.StartUtc(_comingDues[n - 1]);
        return start > _chain.NowUtc ? start : _chain.NowUtc;
    }

    private bool IsNewPeriod(DateOnly due) => !_ranks.ContainsKey(GfsPeriod.Start(_tier, due));
}
