using System.Globalization;

namespace BackupCopy.Retention;

/// <summary>Why a part of the policy no longer wants a point.</summary>
public abstract record RemoveReason
{
    private RemoveReason()
    {
    }

    public sealed record NotAmongNewest(int Points) : RemoveReason;

    /// <param name="LastDay">The last day on which the days kept it, in the policy's zone.</param>
    public sealed record OlderThanDays(int Days, DateOnly LastDay) : RemoveReason;

    /// <summary>Enough newer periods of the tier have a flagged point.</summary>
    public sealed record FlagOutnumbered(GfsFlag Flag, int Periods) : RemoveReason;

    /// <param name="LastDay">The last day on which the flag counted, in the policy's zone.</param>
    public sealed record FlagExpired(GfsFlag Flag, DateOnly LastDay) : RemoveReason;

    /// <summary>The policy has no such tier any more.</summary>
    public sealed record TierGone(GfsFlag Flag) : RemoveReason;

    /// <summary>The job's sources have not had the machine since, in any session.</summary>
    /// <param name="Since">The day of the first of them, in the policy's zone.</param>
    public sealed record MachineDeleted(DateOnly Since) : RemoveReason;

    public sealed override string ToString() => this switch
    {
        NotAmongNewest newest => Text($"older than the newest {newest.Points} points"),
        OlderThanDays days => Text($"older than {days.Days} days, kept through {days.LastDay:yyyy-MM-dd}"),
        FlagOutnumbered gfs => Text(
            $"flag {gfs.Flag} is older than the newest {gfs.Periods} {Units(gfs)} kept"),
        FlagExpired gfs => Text($"flag {gfs.Flag} expired, kept through {gfs.LastDay:yyyy-MM-dd}"),
        TierGone gfs => $"flag {gfs.Flag} does not count, the policy has no such tier",
        MachineDeleted gone => Text(
            $"its machine has not been in any source since {gone.Since:yyyy-MM-dd}"),
        _ => "",
    };

    private static string Units(FlagOutnumbered gfs) => GfsKeep.UnitName(gfs.Flag.Tier, gfs.Periods);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
