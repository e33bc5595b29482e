using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Retention;

namespace BackupCopy.Running.Keeping;

/// <summary>
/// A chain as retention sees it: everything that decides comes from point files and marks (I-4), so a lost
/// catalog changes no decision once the job is defined again.
/// </summary>
internal static class ChainRetention
{
    private static readonly (GfsFlags Flag, GfsTier Tier)[] s_tiers =
    [
        (GfsFlags.Weekly, GfsTier.Weekly), (GfsFlags.Monthly, GfsTier.Monthly),
        (GfsFlags.Quarterly, GfsTier.Quarterly), (GfsFlags.Yearly, GfsTier.Yearly),
    ];

    public static IReadOnlyList<RetentionPoint> Points(
        IEnumerable<ChainPoint> points, RetentionPolicy policy)
    {
        var days = new LocalDays(policy.Zone());
        return [.. points.Select(p => Point(p, days))];
    }

    /// <summary>What stays and what goes now, with the reasons.</summary>
    public static IReadOnlyList<RetentionDecision> Decide(
        IEnumerable<ChainPoint> points, RetentionPolicy policy, DateTime nowUtc) =>
        RetentionPlan.Make(Points(points, policy), policy, nowUtc);

    /// <summary>
    /// The flags that a new point of this time gets, as the point file holds them.
    /// </summary>
    public static (GfsFlags Flags, string Reason) FlagsFor(
        DateTime timeUtc, IReadOnlyList<ChainPoint> existing, RetentionPolicy policy)
    {
        var (flags, reason) = GfsFlagging.FlagsFor(timeUtc, Points(existing, policy), policy);
        return (
            flags.Aggregate(GfsFlags.None, (all, f) => all | s_tiers.Single(t => t.Tier == f.Tier).Flag),
            reason);
    }

    /// <summary>Whether a new point of this time has to be a full by the job's schedule.</summary>
    public static bool IsFullDue(
        DateTime timeUtc, IReadOnlyList<ChainPoint> existing, JobRetention retention,
        RetentionPolicy policy) =>
        retention.ActiveFulls().IsDue(
            timeUtc,
            [.. existing.Where(p => p.IsUsable).Select(p => (p.File!.TimeUtc, p.File.IsFull))],
            policy.Zone());

    /// <summary>The flags of a point that still count.</summary>
    public static IReadOnlyList<GfsTier> Tiers(ChainPoint point) => Tiers(Flags(point));

    public static IReadOnlyList<GfsTier> Tiers(GfsFlags flags) =>
        [.. s_tiers.Where(t => flags.HasFlag(t.Flag)).Select(t => t.Tier)];

    private static GfsFlags Flags(ChainPoint point) =>
        (point.File?.Gfs ?? GfsFlags.None) & ~(point.Mark?.RemovedGfs ?? GfsFlags.None);

    private static RetentionPoint Point(ChainPoint point, LocalDays days)
    {
        var time = point.TimeUtc;
        var flags = Flags(point);
        return new RetentionPoint
        {
            Sequence = point.Sequence,
            TimeUtc = time,
            IsGood = point.IsUsable && !point.HasTwin,
            // Nobody knows what a mark says that does not verify: the point stays.
            IsHeld = point.Mark is { IsHeld: true } || point.MarkDamage is not null,
            Flags =
            [
                .. s_tiers.Where(t => flags.HasFlag(t.Flag)).Select(t => new GfsFlag(
                    t.Tier, GfsReasonText.DueOf(point.File!.GfsReason, t.Flag) ?? days.Of(time))),
            ],
        };
    }
}
