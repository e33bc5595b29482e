using BackupCopy.Jobs;

namespace BackupCopy.Reporting;

/// <summary>Whether a job is at work.</summary>
public enum JobState
{
    Idle,
    Running,
}

/// <summary>A job as the prompt shows it. Times are local.</summary>
public sealed record JobInfo
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required IReadOnlyList<string> Source { get; init; }
    public required string Target { get; init; }
    public required JobState State { get; init; }

    /// <summary>The result of the last session that ended; None before the first.</summary>
    public required SessionResult LastResult { get; init; }

    /// <summary>When the last session began; null before the first.</summary>
    public DateTime? LastRun { get; init; }

    /// <summary>Null for a job that is started by hand.</summary>
    public DateTime? NextRun { get; init; }

    /// <summary>How far the machine that is furthest behind is behind its newest source point.</summary>
    public TimeSpan Lag { get; init; }
    public IReadOnlyList<string> Machine { get; init; } = [];
    public IReadOnlyList<string> Exclude { get; init; } = [];
    public IReadOnlyList<string> FromJob { get; init; } = [];
    public IReadOnlyList<string> FromBackup { get; init; } = [];
    public required int Parallel { get; init; }

    /// <summary>The job's own setting; null takes the target repository's.</summary>
    public Blocks.Compression? Compression { get; init; }

    /// <summary>The backup folder it took over; empty for its own.</summary>
    public string MapBackup { get; init; } = "";
}
