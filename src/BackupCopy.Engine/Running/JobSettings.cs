using BackupCopy.Blocks;
using BackupCopy.Running.Keeping;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running;

/// <summary>
/// What may be said of a job; null leaves a value as it is, or at its default for a new job.
/// </summary>
public sealed record JobSettings
{
    public string? Name { get; init; }
    public string? Target { get; init; }
    public IReadOnlyList<string>? Sources { get; init; }
    public IReadOnlyList<string>? Machines { get; init; }
    public IReadOnlyList<string>? Exclude { get; init; }
    public IReadOnlyList<string>? FromJobs { get; init; }
    public IReadOnlyList<string>? FromBackups { get; init; }
    public int? Parallel { get; init; }
    public Compression? Compression { get; init; }

    /// <summary>
    /// The backup in the target to take over, by folder or job name; empty returns to the job's own.
    /// </summary>
    public string? MapBackup { get; init; }

    /// <summary>What the job keeps, and when it makes fulls.</summary>
    public RetentionSettings? Retention { get; init; }

    /// <summary>When the job runs and transfers, its scripts, and who hears of it.</summary>
    public ControlSettings? Control { get; init; }

    /// <summary>When its copies are verified and put in order.</summary>
    public UpkeepSettings? Upkeep { get; init; }
}
