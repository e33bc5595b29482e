namespace BackupCopy.Jobs;

/// <summary>A complete restore point in a source that is newer than what was copied last.</summary>
/// <param name="ReadyUtc">Since when it could have been copied.</param>
public readonly record struct WaitingPoint(DateTime TimeUtc, DateTime ReadyUtc);

/// <summary>Whether a machine's copy is later than its job allows.</summary>
/// <param name="Warning">What to warn of now; null for nothing new.</param>
/// <param name="Waits">The point that has waited longest; null when nothing waits.</param>
/// <param name="WarnedPointUtc">What to remember, see <see cref="MachineRun.WarnedPointUtc"/>.</param>
internal sealed record RpoVerdict(
    SessionEventId? Warning, WaitingPoint? Waits, DateTime? WarnedPointUtc);

/// <summary>
/// Says of one machine whether its recovery point objective is missed: a restore point has been ready for
/// longer than the job allows, and neither it nor a later one is copied. The point that waits longest counts,
/// or a source that makes points faster than that would never miss anything. One warning for each breach; a
/// breach lasts until the point that was warned of, or a later one, is copied.
/// </summary>
internal static class RpoRules
{
    /// <param name="waiting">Complete points newer than the last one copied, in any order.</param>
    /// <param name="lastUtc">The time of the point that was copied last; null for none.</param>
    /// <param name="warnedPointUtc">What was remembered of the machine.</param>
    /// <param name="sinceUtc">Since when there is a job; nothing could be copied before.</param>
    public static RpoVerdict Judge(
        IReadOnlyCollection<WaitingPoint> waiting, DateTime? lastUtc, DateTime? warnedPointUtc,
        DateTime sinceUtc, TimeSpan limit, DateTime nowUtc)
    {
        if (waiting.Count == 0)
        {
            return new RpoVerdict(null, null, null);
        }

        var longest = waiting.MinBy(point => point.ReadyUtc);
        var known = lastUtc >= warnedPointUtc ? null : warnedPointUtc;
        var ready = longest.ReadyUtc > sinceUtc ? longest.ReadyUtc : sinceUtc;
        return known is null && nowUtc - ready > limit
            ? new RpoVerdict(
                lastUtc is null ? SessionEventId.MachineNeverCopied : SessionEventId.RpoMissed, longest,
                longest.TimeUtc)
            : new RpoVerdict(null, longest, known);
    }
}
