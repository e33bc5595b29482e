namespace BackupCopy.Retention;

/// <summary>
/// What retention does with every point of a chain: a pure function of points, policy and time. Order is the
/// sequence. A point goes only when nothing wants it; damaged points are neither counted nor removed, so a
/// chain never loses good points to bad ones, and the newest good point always stays. Planning again after
/// the removals removes nothing more.
/// </summary>
internal static class RetentionPlan
{
    /// <param name="points">All points of one machine in one backup, in any order.</param>
    /// <param name="spacing">
    /// The time between points to come, for the estimates; null takes the median of the newest points.
    /// </param>
    /// <returns>A decision for every point, oldest first.</returns>
    /// <exception cref="BackupCopyException">The policy is not valid.</exception>
    public static IReadOnlyList<RetentionDecision> Make(
        IReadOnlyList<RetentionPoint> points, RetentionPolicy policy, DateTime nowUtc,
        TimeSpan? spacing = null)
    {
        policy.Validate();
        return Make(points, policy, nowUtc, spacing, new LocalDays(policy.Zone()));
    }

    /// <param name="policy">A valid one.</param>
    /// <param name="days">Of the policy's zone.</param>
    public static IReadOnlyList<RetentionDecision> Make(
        IReadOnlyList<RetentionPoint> points, RetentionPolicy policy, DateTime nowUtc, TimeSpan? spacing,
        LocalDays days)
    {
        var chain = new PlannedChain(points, policy, nowUtc, days);
        var shortTerm = new ShortTermWants(chain, policy, new ComingPoints(chain, spacing));
        var tiers = Enum.GetValues<GfsTier>().ToDictionary(t => t, t => new GfsWants(t, chain, policy));
        return
        [
            .. chain.Points.Select(p => p.IsGood
                ? Decide(chain, p, [shortTerm.For(p), .. p.Flags.Select(f => tiers[f.Tier].For(p, f))])
                : LeftAlone(p)),
        ];
    }

    private static RetentionDecision Decide(
        PlannedChain chain, RetentionPoint point, IReadOnlyList<Want> wants)
    {
        var reasons = wants.OfType<Want.Stays>().Select(w => w.Reason).ToList();
        if (point.IsHeld)
        {
            reasons.Add(new KeepReason.Hold());
        }

        if (reasons.Count == 0)
        {
            return new()
            {
                Point = point,
                Keep = false,
                RemoveReasons = [.. wants.OfType<Want.Goes>().Select(w => w.Reason)],
            };
        }

        if (chain.Rank(point) == 1 && chain.DamagedAfter(point) is > 0 and var damaged)
        {
            reasons.Add(new KeepReason.LastGood(damaged));
        }

        return new()
        {
            Point = point,
            Keep = true,
            Reasons = reasons,
            ExpectedChangeUtc = point.IsHeld ? null : Latest([.. wants.OfType<Want.Stays>()]),
        };
    }

    private static RetentionDecision LeftAlone(RetentionPoint point) => new()
    {
        Point = point,
        Keep = true,
        Reasons = point.IsHeld ? [new KeepReason.NotCounted(), new KeepReason.Hold()]
            : [new KeepReason.NotCounted()],
    };

    // A reason whose end is unknown makes the latest end unknown.
    private static DateTime? Latest(IReadOnlyList<Want.Stays> reasons) =>
        reasons.Any(r => r.EndUtc is null) ? null : reasons.Max(r => r.EndUtc);
}

/// <summary>What one part of the policy wants with a point.</summary>
internal abstract record Want
{
    private Want()
    {
    }

    /// <param name="EndUtc">When it is expected to want the point no longer; null when not known.</param>
    public sealed record Stays(KeepReason Reason, DateTime? EndUtc) : Want;

    public sealed record Goes(RemoveReason Reason) : Want;
}
