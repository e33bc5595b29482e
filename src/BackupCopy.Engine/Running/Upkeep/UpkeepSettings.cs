using BackupCopy.Jobs;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// What may be said of the days on which a job's copies are verified and put in order; null leaves them as
/// they are, and no text, or None, removes them.
/// </summary>
public sealed record UpkeepSettings
{
    /// <summary>Weekdays and days of the month.</summary>
    public IReadOnlyList<string>? HealthCheckOn { get; init; }

    /// <summary>Weekdays and days of the month.</summary>
    public IReadOnlyList<string>? CompactOn { get; init; }

    /// <exception cref="BackupCopyException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    internal JobUpkeep Change(JobUpkeep upkeep, DateTime nowUtc)
    {
        var (check, checkSince) = Days(
            HealthCheckOn, upkeep.HealthCheckOn, upkeep.HealthCheckSinceUtc, nowUtc);
        var (compact, compactSince) = Days(CompactOn, upkeep.CompactOn, upkeep.CompactSinceUtc, nowUtc);
        var changed = upkeep with
        {
            HealthCheckOn = check,
            HealthCheckSinceUtc = checkSince,
            CompactOn = compact,
            CompactSinceUtc = compactSince,
        };
        changed.HealthChecks();
        changed.Compactions();
        return changed;
    }

    // Saying the same again catches up what was missed all the same.
    private static (string Days, DateTime? Since) Days(
        IReadOnlyList<string>? given, string known, DateTime? since, DateTime nowUtc)
    {
        var days = given is null ? known
            : string.Join(", ", given.Select(d => d.Trim()).Where(d => d.Length > 0));
        days = days.Equals("None", StringComparison.OrdinalIgnoreCase) ? "" : days;
        return days == known ? (known, since) : (days, days.Length == 0 ? null : nowUtc);
    }
}
