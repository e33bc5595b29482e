using BackupCopy.Jobs;

namespace BackupCopy.Reporting;

/// <summary>Whether a job is at work, and what it waits for.</summary>
public enum JobState
{
    Idle,
    Running,

    /// <summary>Nothing runs it. While its last session has not ended, it shows what that does.</summary>
    Disabled,
    WaitingForRestorePoint,
    WaitingForWindow,
    WaitingForLock,
    WaitingForRepository,

    /// <summary>
    /// Its target shows an older state than the job left there: nothing is copied or removed until somebody
    /// accepts that.
    /// </summary>
    WaitingForConfirmation,
}

/// <summary>A job as the prompt shows it. Times are local.</summary>
public sealed partial record JobInfo
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required IReadOnlyList<string> Source { get; init => field = value.ForPrompt(); }
    public required string Target { get; init; }
    public required JobState State { get; init; }

    /// <summary>The result of the last session that ended; None before the first.</summary>
    public required SessionResult LastResult { get; init; }

    /// <summary>When the last session began; null before the first.</summary>
    public DateTime? LastRun { get; init; }

    /// <summary>
    /// When a service begins the next session; null for a job that is disabled, started by hand, or run
    /// whenever a restore point appears.
    /// </summary>
    public DateTime? NextRun { get; init; }

    /// <summary>
    /// How far the machine that is furthest behind is behind its newest source point; null while the target
    /// or a source cannot be read.
    /// </summary>
    public TimeSpan? Lag { get; init; }

    /// <summary>How many complete source points that machine, or another, has not been copied of.</summary>
    public int? LagPoints { get; init; }

    /// <summary>The same of every machine; empty while the target or a source cannot be read.</summary>
    public IReadOnlyList<MachineLag> MachineLag { get; init => field = value.ForPrompt(); } = [];
    public IReadOnlyList<string> Machine { get; init => field = value.ForPrompt(); } = [];
    public IReadOnlyList<string> Exclude { get; init => field = value.ForPrompt(); } = [];
    public IReadOnlyList<string> FromJob { get; init => field = value.ForPrompt(); } = [];
    public IReadOnlyList<string> FromBackup { get; init => field = value.ForPrompt(); } = [];
    public required int Parallel { get; init; }

    /// <summary>The job's own setting; null takes the target repository's.</summary>
    public Blocks.Compression? Compression { get; init; }

    /// <summary>The backup folder it took over; empty for its own.</summary>
    public string MapBackup { get; init; } = "";

    /// <summary>What it keeps, in words; what is wrong with it where that cannot be said.</summary>
    public string Retention { get; init; } = "";

    /// <summary>How many of the newest points stay; null when days count.</summary>
    public int? KeepPoints { get; init; }

    /// <summary>How many days points stay; null when points count.</summary>
    public int? KeepDays { get; init; }

    /// <summary>A count or a time such as "8 weeks"; empty without this tier.</summary>
    public string Weekly { get; init; } = "";
    public string WeeklyOn { get; init; } = "";
    public string Monthly { get; init; } = "";
    public string MonthlyOn { get; init; } = "";
    public string Quarterly { get; init; } = "";
    public string QuarterlyOn { get; init; } = "";
    public string Yearly { get; init; } = "";
    public string YearlyOn { get; init; } = "";

    /// <summary>Whether points with a GFS flag are read whole.</summary>
    public bool ReadEntirePoint { get; init; }

    /// <summary>The days on which a full is made; empty for none.</summary>
    public IReadOnlyList<string> ActiveFullOn { get; init => field = value.ForPrompt(); } = [];

    /// <summary>
    /// After how long without the machine in any source its points go; null for never.
    /// </summary>
    public TimeSpan? RemoveDeletedAfter { get; init; }

    /// <summary>The zone whose dates count; empty for that of the machine.</summary>
    public string TimeZone { get; init; } = "";

    /// <summary>
    /// Restore points that should have been gone after the last session and were not; 0 before the first.
    /// </summary>
    public int RetentionDebt { get; init; }

    /// <summary>The days on which its copies are verified; empty for none.</summary>
    public IReadOnlyList<string> HealthCheckOn { get; init => field = value.ForPrompt(); } = [];

    /// <summary>The days on which its copies are put in disk order; empty for none.</summary>
    public IReadOnlyList<string> CompactOn { get; init => field = value.ForPrompt(); } = [];

    /// <summary>The day of the last health check by this schedule; null before the first.</summary>
    public DateOnly? LastHealthCheck { get; init; }

    /// <summary>The day of the last compaction by this schedule; null before the first.</summary>
    public DateOnly? LastCompaction { get; init; }

    /// <summary>
    /// What is older in the target than the job left it and has to be confirmed; empty for nothing.
    /// </summary>
    public string WentBack { get; init; } = "";

    internal JobInfo With(JobRetention retention) => this with
    {
        Retention = retention.InWords(),
        KeepPoints = retention.KeepPoints,
        KeepDays = retention.KeepDays,
        Weekly = retention.Weekly,
        WeeklyOn = retention.WeeklyOn,
        Monthly = retention.Monthly,
        MonthlyOn = retention.MonthlyOn,
        Quarterly = retention.Quarterly,
        QuarterlyOn = retention.QuarterlyOn,
        Yearly = retention.Yearly,
        YearlyOn = retention.YearlyOn,
        ReadEntirePoint = retention.ReadEntirePoint,
        ActiveFullOn = Days(retention.ActiveFullOn),
        RemoveDeletedAfter = retention.RemoveDeletedAfterDays > 0
            ? TimeSpan.FromDays(retention.RemoveDeletedAfterDays) : null,
        TimeZone = retention.TimeZone,
    };

    private static string[] Days(string days) =>
        days.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
