namespace BackupCopy.Retention;

/// <summary>
/// Which GFS flags a new point gets. A point is flagged when it is made, for the most recent scheduled day of
/// each tier, so a flag costs nothing and never appears later.
/// </summary>
internal static class GfsFlagging
{
    /// <param name="pointTimeUtc">The time of the new point, whose local date counts.</param>
    /// <param name="existing">All points of the chain; the new one follows them in sequence.</param>
    /// <returns>The flags, and a sentence for each that says why; empty without flags.</returns>
    public static (IReadOnlyList<GfsFlag> Flags, string Reason) FlagsFor(
        DateTime pointTimeUtc, IReadOnlyList<RetentionPoint> existing, RetentionPolicy policy) =>
        FlagsFor(pointTimeUtc, existing, policy, new LocalDays(policy.Zone()));

    /// <param name="days">Of the policy's zone.</param>
    public static (IReadOnlyList<GfsFlag> Flags, string Reason) FlagsFor(
        DateTime pointTimeUtc, IReadOnlyList<RetentionPoint> existing, RetentionPolicy policy, LocalDays days)
    {
        var date = days.Of(pointTimeUtc);
        var good = existing.Where(p => p.IsGood).ToList();
        var carried = good.SelectMany(p => p.Flags).ToHashSet();
        var earlier = good.Select(p => days.Of(p.TimeUtc)).ToHashSet();
        var flags = Enum.GetValues<GfsTier>()
            .Where(tier => policy.Rule(tier) is not null)
            .Select(tier => new GfsFlag(tier, policy.Rule(tier)!.On.DueOnOrBefore(date)))
            .Where(flag => !carried.Contains(flag) && DueDay.IsReached(flag.Due, date, earlier))
            .ToList();
        return (flags, string.Join(' ', flags.Select(f => f.Due == date ? $"{f}." : $"{f}, caught up.")));
    }
}
