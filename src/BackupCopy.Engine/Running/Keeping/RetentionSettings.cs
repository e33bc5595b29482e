using BackupCopy.Jobs;
using BackupCopy.Retention;

namespace BackupCopy.Running.Keeping;

/// <summary>
/// What may be said of a retention, as an admin writes it; null leaves a value as it is. What cannot be
/// carried out is refused as a whole, so a job never holds a policy that its sync could not follow.
/// </summary>
public sealed record RetentionSettings
{
    /// <summary>Points count from now on, and days no more.</summary>
    public int? KeepPoints { get; init; }

    /// <summary>Days count from now on, and points no more.</summary>
    public int? KeepDays { get; init; }

    /// <summary>A count, or a time such as "8 weeks"; empty or 0 removes the tier and its day.</summary>
    public string? Weekly { get; init; }
    public string? WeeklyOn { get; init; }
    public string? Monthly { get; init; }
    public string? MonthlyOn { get; init; }
    public string? Quarterly { get; init; }
    public string? QuarterlyOn { get; init; }
    public string? Yearly { get; init; }
    public string? YearlyOn { get; init; }

    /// <summary>The id of the zone whose dates count; empty for that of the machine.</summary>
    public string? TimeZone { get; init; }

    public bool? ReadEntirePoint { get; init; }

    /// <summary>Weekdays and days of the month; none, or empty texts alone, for no active fulls.</summary>
    public IReadOnlyList<string>? ActiveFullOn { get; init; }

    /// <summary>Whole days, 3 at least unless forced; zero for never.</summary>
    public TimeSpan? RemoveDeletedAfter { get; init; }

    /// <summary>Allows <see cref="RemoveDeletedAfter"/> below 3 days.</summary>
    public bool Force { get; init; }

    private bool IsEmpty => this with { Force = false } == new RetentionSettings();

    /// <summary>The zone of this machine, by the id that it is found by; empty when it has none.</summary>
    internal static string LocalTimeZone() =>
        TimeZoneInfo.TryFindSystemTimeZoneById(TimeZoneInfo.Local.Id, out var zone) ? zone.Id : "";

    /// <summary>The retention with what is given, if that can be carried out.</summary>
    /// <exception cref="BackupCopyException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    internal JobRetention Change(JobRetention retention)
    {
        if (IsEmpty)
        {
            return retention;
        }

        if (KeepPoints is not null && KeepDays is not null)
        {
            throw Invalid(
                "Points and days cannot both be what is kept.", "Give either KeepPoints or KeepDays.");
        }

        var (weekly, weeklyOn) = Tier((retention.Weekly, retention.WeeklyOn), Weekly, WeeklyOn);
        var (monthly, monthlyOn) = Tier((retention.Monthly, retention.MonthlyOn), Monthly, MonthlyOn);
        var (quarterly, quarterlyOn) =
            Tier((retention.Quarterly, retention.QuarterlyOn), Quarterly, QuarterlyOn);
        var (yearly, yearlyOn) = Tier((retention.Yearly, retention.YearlyOn), Yearly, YearlyOn);
        var changed = retention with
        {
            KeepPoints = KeepDays is null ? KeepPoints ?? retention.KeepPoints : null,
            KeepDays = KeepPoints is null ? KeepDays ?? retention.KeepDays : null,
            Weekly = weekly,
            WeeklyOn = weeklyOn,
            Monthly = monthly,
            MonthlyOn = monthlyOn,
            Quarterly = quarterly,
            QuarterlyOn = quarterlyOn,
            Yearly = yearly,
            YearlyOn = yearlyOn,
            TimeZone = TimeZone?.Trim() ?? retention.TimeZone,
            ReadEntirePoint = ReadEntirePoint ?? retention.ReadEntirePoint,
            ActiveFullOn = ActiveFullOn is null
                ? retention.ActiveFullOn
                : string.Join(", ", ActiveFullOn.Select(d => d.Trim()).Where(d => d.Length > 0)),
            RemoveDeletedAfterDays = DeletedDays() ?? retention.RemoveDeletedAfterDays,
        };
        changed.Policy();
        changed.ActiveFulls();
        return changed;
    }

    private static (string Keep, string On) Tier((string Keep, string On) known, string? keep, string? on) =>
        keep?.Trim() is "" or "0" ? ("", "") : (keep?.Trim() ?? known.Keep, on?.Trim() ?? known.On);

    private int? DeletedDays()
    {
        if (RemoveDeletedAfter is not { } after)
        {
            return null;
        }

        if (after < TimeSpan.Zero || after.Ticks % TimeSpan.TicksPerDay != 0
            || after.Days > RetentionPolicy.MostDays)
        {
            throw Invalid(
                $"Deleted machines cannot be removed after {after}.",
                $"Give RemoveDeletedAfter whole days, up to {RetentionPolicy.MostDays}d; 0d is never.");
        }

        if (after > TimeSpan.Zero && after.Days < JobRetention.FewestDeletedDays && !Force)
        {
            throw Invalid(
                $"After {after.Days} days without a machine nobody can tell a deleted one from one that was "
                + "away.",
                $"Give RemoveDeletedAfter {JobRetention.FewestDeletedDays}d or more, or say -Force.");
        }

        return after.Days;
    }

    private static BackupCopyException Invalid(string sentence, string remedy) =>
        new(ErrorCode.InvalidArgument, sentence, remedy);
}
