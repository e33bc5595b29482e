using System.Globalization;

namespace BackupCopy.Retention;

/// <summary>Why a point stays; <see cref="ToString"/> is the text for the prompt and the report.</summary>
public abstract record KeepReason
{
    private KeepReason()
    {
    }

    /// <summary>One of the newest points that the policy keeps; rank 1 is the newest.</summary>
    public sealed record Newest(int Rank, int Of) : KeepReason;

    /// <summary>Within the days that the policy keeps.</summary>
    /// <param name="LastDay">The last day on which it is, in the policy's zone.</param>
    public sealed record WithinDays(int Days, DateOnly LastDay) : KeepReason;

    /// <summary>Older than the policy's days, but one of the newest 3, which always stay.</summary>
    public sealed record Minimum(int Rank, int Of) : KeepReason;

    /// <summary>Its flag is of one of the newest periods that the tier keeps; rank 1 is the newest.</summary>
    public sealed record GfsCount(GfsFlag Flag, int Rank, int Of) : KeepReason;

    /// <summary>Its flag has not expired.</summary>
    /// <param name="LastDay">The last day on which it counts, in the policy's zone.</param>
    public sealed record GfsTime(GfsFlag Flag, DateOnly LastDay) : KeepReason;

    /// <summary>Held by an admin.</summary>
    public sealed record Hold : KeepReason;

    /// <summary>The newest point that can be restored, and newer ones are damaged: a warning.</summary>
    public sealed record LastGood(int NewerDamaged) : KeepReason;

    /// <summary>Damaged, incomplete or set aside: retention neither counts nor removes it.</summary>
    public sealed record NotCounted : KeepReason;

    /// <summary>Whether an admin should look at it.</summary>
    public bool IsWarning => this is LastGood;

    public sealed override string ToString() => this switch
    {
        Newest newest => Text($"{newest.Rank} of the newest {newest.Of} points"),
        WithinDays days => Text($"within {days.Days} days, through {days.LastDay:yyyy-MM-dd}"),
        Minimum minimum => Text($"{minimum.Rank} of the newest {minimum.Of}, which stay at any age"),
        GfsCount gfs => Text($"{gfs.Flag}, {gfs.Rank} of {gfs.Of}"),
        GfsTime gfs => Text($"{gfs.Flag}, through {gfs.LastDay:yyyy-MM-dd}"),
        Hold => "held",
        LastGood last => Text($"last good point, newer and damaged: {last.NewerDamaged}"),
        _ => "damaged or incomplete: not counted, left alone",
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
