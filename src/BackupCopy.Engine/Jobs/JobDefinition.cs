namespace BackupCopy.Jobs;

/// <summary>
/// A backup copy job: what is copied, from where, to where. Immutable; a change is a new value.
/// </summary>
public sealed record JobDefinition
{
    /// <summary>The job's identity; the backup folder and every restore point carry it.</summary>
    public required Guid Id { get; init; }

    /// <summary>The name at the prompt, unique in a catalog without regard to case.</summary>
    public required string Name { get; init; }

    /// <summary>The repository that receives the copies.</summary>
    public required Guid TargetRepositoryId { get; init; }

    /// <summary>The repositories that are searched, in order of priority; never empty.</summary>
    public required IReadOnlyList<Guid> SourceRepositoryIds { get; init; }

    /// <summary>Which machines, of which jobs or backups.</summary>
    public JobSelection Selection { get; init; } = new();

    /// <summary>How many machines are copied at once.</summary>
    /// <value>2 unless changed, 1 to 64.</value>
    public int Parallel { get; init; } = DefaultParallel;

    /// <summary>How stored blocks are compressed; null takes the target repository's setting.</summary>
    public string? Compression { get; init; }

    /// <summary>False for a job that was disabled: nothing runs it.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>When it runs by itself and when it may transfer.</summary>
    public JobSchedule Schedule { get; init; } = new();

    /// <summary>What runs before and after its sessions.</summary>
    public JobScripts Scripts { get; init; } = new();

    /// <summary>Who hears of its sessions.</summary>
    public JobReports Reports { get; init; } = new();

    /// <summary>What stays of each machine, and when fulls are made.</summary>
    public JobRetention Retention { get; init; } = new();

    /// <summary>When its copies are verified and put in order.</summary>
    public JobUpkeep Upkeep { get; init; } = new();

    /// <summary>
    /// The backup folder in the target that the job took over, null for a folder of its own.
    /// </summary>
    public string? MappedBackupFolder { get; init; }

    /// <summary>When the job was made, UTC.</summary>
    public required DateTime CreatedUtc { get; init; }

    /// <summary>The default of <see cref="Parallel"/>.</summary>
    public const int DefaultParallel = 2;
}

/// <summary>The three ways to choose what a job copies; the lists hold names with wildcards.</summary>
public sealed record JobSelection
{
    /// <summary>Machine names to take; empty takes every machine.</summary>
    public IReadOnlyList<string> Machines { get; init; } = [];

    /// <summary>Machine names to leave out; an exclusion beats an inclusion.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Only points that these jobs made (names or ids); empty for points of any job.</summary>
    public IReadOnlyList<string> FromJobs { get; init; } = [];

    /// <summary>Only points in these backups (names or folders); empty for any backup.</summary>
    public IReadOnlyList<string> FromBackups { get; init; } = [];
}
