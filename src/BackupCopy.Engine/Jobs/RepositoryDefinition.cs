namespace BackupCopy.Jobs;

/// <summary>
/// What the catalog knows of a repository: where it was last seen and how it may be used. Everything that a
/// restore needs lies in the repository itself, which is recognised by its id and never by its path. A folder
/// of images holds no id; it is known by its path.
/// </summary>
public sealed record RepositoryDefinition
{
    /// <summary>The id in the repository's own repository.json; of a folder of images one made up.</summary>
    public required Guid Id { get; init; }

    /// <summary>The name at the prompt, unique in a catalog without regard to case.</summary>
    public required string Name { get; init; }

    /// <summary>The absolute folder.</summary>
    public required string Path { get; init; }

    /// <summary>How many machine tasks may use the repository at once.</summary>
    /// <value>4 unless changed.</value>
    public int MaxTasks { get; init; } = DefaultMaxTasks;

    /// <summary>The rate that the machine tasks of one process share, in bytes per second.</summary>
    /// <value>0, no limit, unless changed.</value>
    public long MaxRateBytesPerSecond { get; init; }

    /// <summary>Set for a folder of images; null for a repository of restore points.</summary>
    public ImageFolderSettings? Images { get; init; }

    /// <summary>When the catalog first saw it, UTC.</summary>
    public required DateTime AddedUtc { get; init; }

    /// <summary>The default of <see cref="MaxTasks"/>.</summary>
    public const int DefaultMaxTasks = 4;
}
