namespace BackupCopy.Retention;

/// <summary>One tier of a policy: how long it keeps its points, and the day that flags one.</summary>
public sealed record GfsRule(GfsKeep Keep, GfsDay On)
{
    /// <summary>Such as "4 on Sunday".</summary>
    public override string ToString() => $"{Keep} on {On}";

    /// <summary>Reads a tier from its two texts; null when both are missing.</summary>
    /// <exception cref="BackupCopyException">
    /// <see cref="ErrorCode.InvalidArgument"/>: one text without the other, or an unreadable one.
    /// </exception>
    public static GfsRule? Parse(GfsTier tier, string? keep, string? on)
    {
        var (hasKeep, hasDay) = (!string.IsNullOrWhiteSpace(keep), !string.IsNullOrWhiteSpace(on));
        // What was written is judged before what is missing: "none" needs no day.
        var read = hasKeep ? GfsKeep.Parse(tier, keep!) : null;
        if (hasKeep != hasDay)
        {
            throw hasKeep
                ? new BackupCopyException(
                    ErrorCode.InvalidArgument, $"The {tier} tier keeps {keep} but names no day.",
                    $"Say on which day, with {tier}On.")
                : new BackupCopyException(
                    ErrorCode.InvalidArgument, $"The {tier} tier names a day, {on}, but not what it keeps.",
                    $"Say how many or how long, with {tier}, or leave the day out.");
        }

        return read is null ? null : new GfsRule(read, GfsDay.Parse(tier, on!));
    }

    internal void Validate(GfsTier tier)
    {
        Keep.Validate(tier);
        if (On.Tier != tier)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument,
                $"\"{On}\" is a day of the {On.Tier} tier, not of the {tier} tier.",
                $"Give a day of the {tier} tier.");
        }
    }
}
