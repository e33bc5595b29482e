namespace BackupCopy.Retention;

/// <summary>
/// Plays a policy forward: points are made at their times, flagged and pruned by the very functions that a
/// job uses, so the forecast cannot differ from what happens when the points come as expected.
/// </summary>
internal sealed class RetentionSimulation
{
    private readonly RetentionScenario _scenario;
    private readonly LocalDays _days;
    private readonly List<RetentionPoint> _points;
    private readonly Dictionary<long, RetainedPoint> _shown;
    private readonly Dictionary<long, (DateTime TimeUtc, string Why)> _gone = [];
    private long _lastSequence;
    private DateTime _nowUtc;
    private int _mostPoints;
    private long _mostBytes;

    private RetentionSimulation(RetentionScenario scenario)
    {
        _scenario = scenario;
        _days = new LocalDays(scenario.Policy.Zone());
        _points = [.. scenario.Existing.OrderBy(p => p.Sequence)];
        _shown = _points.ToDictionary(p => p.Sequence, p => RetainedPoint.From(p, _days));
        _lastSequence = _points is [.., var last] ? last.Sequence : 0;
        _nowUtc = scenario.StartUtc;
        Measure();
    }

    /// <exception cref="BackupCopyException">The scenario is not valid.</exception>
    public static RetentionForecast Run(RetentionScenario scenario)
    {
        scenario.Validate();
        return new RetentionSimulation(scenario).Run();
    }

    private RetentionForecast Run()
    {
        var existing = _points.ToList();
        var first = _days.Of(_scenario.StartUtc);
        var days = new List<ForecastDay>(_scenario.Days);
        var made = 0;
        for (var day = 0; day < _scenario.Days; day++)
        {
            var date = first.AddDays(day);
            var end = _days.StartUtc(date.AddDays(1));
            var before = made;
            for (; TimeUtc(made) < end; made++)
            {
                Add(TimeUtc(made));
            }

            if (made == before)
            {
                // Days pass without points too: what has expired goes.
                Prune(end.AddTicks(-1));
            }

            days.Add(new ForecastDay(date, _points.Select(p => _shown[p.Sequence]).ToArray(), Bytes()));
        }

        return new()
        {
            Days = days,
            MostPoints = _mostPoints,
            MostBytes = _mostBytes,
            Existing = Outcomes(existing),
        };
    }

    private void Add(DateTime timeUtc)
    {
        var point = new RetentionPoint
        {
            Sequence = ++_lastSequence,
            TimeUtc = timeUtc,
            Flags = GfsFlagging.FlagsFor(timeUtc, _points, _scenario.Policy, _days).Flags,
        };
        _points.Add(point);
        _shown.Add(point.Sequence, RetainedPoint.From(point, _days, isExpected: true));
        Measure();
        Prune(timeUtc);
    }

    private void Measure()
    {
        _mostPoints = Math.Max(_mostPoints, _points.Count);
        _mostBytes = Math.Max(_mostBytes, Bytes());
    }

    private void Prune(DateTime nowUtc)
    {
        _nowUtc = nowUtc;
        foreach (var decision in Plan().Where(d => !d.Keep))
        {
            _gone.Add(decision.Point.Sequence, (nowUtc, decision.Why));
        }

        _points.RemoveAll(p => _gone.ContainsKey(p.Sequence));
    }

    private IReadOnlyList<RetentionDecision> Plan() =>
        RetentionPlan.Make(_points, _scenario.Policy, _nowUtc, _scenario.Spacing, _days);

    private ForecastOutcome[] Outcomes(IReadOnlyList<RetentionPoint> existing)
    {
        var stays = Plan().ToDictionary(d => d.Point.Sequence, d => d.Why);
        return
        [
            .. existing.Select(p => _gone.TryGetValue(p.Sequence, out var gone)
                ? new ForecastOutcome(_shown[p.Sequence], gone.TimeUtc, gone.Why)
                : new ForecastOutcome(_shown[p.Sequence], null, stays[p.Sequence])),
        ];
    }

    private DateTime TimeUtc(int number)
    {
        var passed = _scenario.Spacing * number;
        return _scenario.Spacing.Ticks % TimeSpan.TicksPerDay == 0
            ? _days.ToUtc(_days.Local(_scenario.StartUtc) + passed) : _scenario.StartUtc + passed;
    }

    // The oldest point takes the whole size. Every other one takes the blocks that changed since the point
    // before it that still exists: when a day changes the share c, d days change 1 - (1 - c)^d, since a block
    // written twice counts once.
    private long Bytes()
    {
        var unchanged = 1 - (_scenario.DailyChangePercent / 100);
        var fulls = _points.Count > 0 ? 1.0 : 0;
        for (var i = 1; i < _points.Count; i++)
        {
            var gap = Math.Max(0, (_points[i].TimeUtc - _points[i - 1].TimeUtc).TotalDays);
            fulls += 1 - Math.Pow(unchanged, gap);
        }

        return (long)(fulls * _scenario.SizeBytes);
    }
}
