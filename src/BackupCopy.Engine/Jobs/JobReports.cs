namespace BackupCopy.Jobs;

/// <summary>After which sessions a report is sent.</summary>
public enum ReportOn
{
    /// <summary>Every one.</summary>
    Always,

    /// <summary>Those with a warning or worse.</summary>
    Warning,

    /// <summary>Those that failed.</summary>
    Failed,

    /// <summary>None of its own: the daily digest tells of it.</summary>
    Digest,

    /// <summary>None, and the digest leaves the job out.</summary>
    Never,
}

/// <summary>Who hears of a job's sessions, and how long a machine may go without its copy.</summary>
public sealed record JobReports
{
    /// <summary>Mail addresses; empty for those of the settings.</summary>
    public IReadOnlyList<string> MailTo { get; init; } = [];

    /// <summary>Null for that of the settings.</summary>
    public ReportOn? ReportOn { get; init; }

    /// <summary>
    /// How long after a restore point was ready its copy may be missing without a warning; null for any time.
    /// </summary>
    public TimeSpan? RpoWarning { get; init; }
}
