using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Retention;

namespace BackupCopy.Running.Keeping;

/// <summary>What a new point of a chain will be; the plan and the copy ask the same.</summary>
/// <param name="Gfs">The flags that it gets, as the point file holds them.</param>
/// <param name="GfsReason">Which days the flags stand for; empty without flags.</param>
/// <param name="WantsFull">Why it has to be a full; empty when it may share with its parent.</param>
internal sealed record NewPoint(GfsFlags Gfs, string GfsReason, string WantsFull)
{
    public static NewPoint Of(
        DateTime timeUtc, IReadOnlyList<ChainPoint> existing, JobRetention retention, bool isFullAskedFor)
    {
        var policy = retention.Policy();
        var (gfs, reason) = ChainRetention.FlagsFor(timeUtc, existing, policy);
        return new NewPoint(gfs, reason, isFullAskedFor ? "A full was asked for."
            : retention.ReadEntirePoint && gfs != GfsFlags.None
                ? $"Points with a GFS flag are read entirely: {reason}"
            : ChainRetention.IsFullDue(timeUtc, existing, retention, policy)
                ? $"A full is due by the schedule {retention.ActiveFulls()}."
            : "");
    }

    /// <summary>Why a point is a full although nothing wants one: it has no parent to share with.</summary>
    public static string WhyNoParent(IReadOnlyList<ChainPoint> existing) => existing switch
    {
        [] => "The first copy is a full.",
        [.., { File: null }] => "A full, since the newest restore point is damaged.",
        [.., { IsUsable: false }] => "A full, since the newest restore point is set aside.",
        _ => "A full, since the block size of the target has changed.",
    };

    /// <summary>The decisions on a chain once the new point is there, oldest first.</summary>
    public static IReadOnlyList<RetentionDecision> DecideWith(
        DateTime timeUtc, IReadOnlyList<ChainPoint> existing, RetentionPolicy policy, DateTime nowUtc)
    {
        var points = ChainRetention.Points(existing, policy);
        var added = new RetentionPoint
        {
            Sequence = points is [.., var last] ? last.Sequence + 1 : 1,
            TimeUtc = timeUtc,
            Flags = GfsFlagging.FlagsFor(timeUtc, points, policy).Flags,
        };
        return RetentionPlan.Make([.. points, added], policy, nowUtc);
    }
}
