namespace BackupCopy.Jobs;

/// <summary>Which restore points a job copies by itself.</summary>
public enum JobMode
{
    /// <summary>The newest state of each machine, once an interval.</summary>
    Periodic,

    /// <summary>Every restore point, oldest first, as soon as it appears.</summary>
    Immediate,
}

/// <summary>When a job runs by itself, what it looks for then, and when it may transfer.</summary>
public sealed record JobSchedule
{
    public static TimeSpan ShortestInterval { get; } = TimeSpan.FromMinutes(1);
    public static TimeSpan LongestInterval { get; } = TimeSpan.FromDays(366);

    /// <summary>The interval's length; null for a job that is started by hand.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>The clock time at which intervals of whole days begin, in the job's zone.</summary>
    /// <value>Midnight.</value>
    public TimeOnly At { get; init; }

    public JobMode Mode { get; init; }

    /// <summary>
    /// Whether only points count that are created after the interval began; null takes the global setting.
    /// </summary>
    public bool? LookForward { get; init; }

    /// <summary>When data may be transferred, as it was typed; empty for any time.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <summary>When no data may be transferred; beats <see cref="Allow"/>.</summary>
    public IReadOnlyList<string> Deny { get; init; } = [];

    /// <summary>What the job's machine tasks may transfer together; 0 for no limit.</summary>
    public long MaxRateBytesPerSecond { get; init; }

    /// <summary>Whether a service runs the job without being asked.</summary>
    public bool IsAutomatic => Every is not null || Mode == JobMode.Immediate;

    /// <summary>Whether the interval is of whole days, which begin at a clock time.</summary>
    public bool CountsDays => Every is { } every && every.Ticks % TimeSpan.TicksPerDay == 0;

    /// <exception cref="BackupCopyException">An interval or a window that cannot be.</exception>
    public void Validate(string timeZone)
    {
        if (Every is { } every && (every < ShortestInterval || every > LongestInterval))
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, $"An interval of {DurationText.Of(every)} is not possible.",
                "Choose 1m to 366d, such as 15m, 4h or 1d.");
        }

        if (At != default && !CountsDays)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument,
                $"A start time ({At:HH:mm}) needs an interval of whole days.",
                "Give -Every in days, such as 1d, or leave -At out.");
        }

        if (MaxRateBytesPerSecond < 0)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, "A rate cannot be negative.",
                "Choose a rate such as 20MB/s, or 0 for none.");
        }

        CopyWindow.Parse(this, timeZone);
    }

    /// <summary>Such as "every 1d at 22:00"; "by hand" for a job without an interval.</summary>
    public string InWords() => this switch
    {
        { Mode: JobMode.Immediate } => "as points appear",
        { Every: null } => "by hand",
        { CountsDays: true } => $"every {DurationText.Of(Every.Value)} at {At:HH:mm}",
        _ => $"every {DurationText.Of(Every.Value)}",
    };
}
