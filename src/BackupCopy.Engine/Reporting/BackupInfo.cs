namespace BackupCopy.Reporting;

/// <summary>
/// A backup, the folder of one job in a repository, as the prompt shows it. Times are local.
/// </summary>
public sealed record BackupInfo
{
    /// <summary>The name of the job that wrote it last, or that of the folder where no point tells.</summary>
    public required string Name { get; init; }

    /// <summary>The folder in the repository.</summary>
    public required string Folder { get; init; }
    public required string Repository { get; init; }
    public required Guid RepositoryId { get; init; }

    /// <summary>The id of the job that wrote it last; empty where no point tells.</summary>
    public required Guid JobId { get; init; }

    /// <summary>The job of the catalog that keeps it; empty without one.</summary>
    public required string Job { get; init; }

    /// <summary>
    /// Whether a job made it that is not in this catalog. A backup that was made by hand never had one.
    /// </summary>
    public required bool IsOrphaned { get; init; }
    public required int MachineCount { get; init; }
    public required int RestorePointCount { get; init; }

    /// <summary>The bytes that its block files take, without the holes in them.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>The state of its oldest point; null without points.</summary>
    public DateTime? Oldest { get; init; }

    /// <summary>The state of its newest point; null without points.</summary>
    public DateTime? Newest { get; init; }
    public required string Path { get; init; }
}
