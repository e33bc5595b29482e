namespace BackupCopy.Running.Keeping;

/// <summary>Whose retention is meant.</summary>
public abstract record RetentionScope
{
    private RetentionScope()
    {
    }

    /// <summary>The backup of a job; the job's own policy decides.</summary>
    public sealed record OfJob(string Name) : RetentionScope;

    /// <summary>A backup that no job of the catalog copies into, by folder or job name.</summary>
    /// <param name="Policy">Has to say how many points or days stay.</param>
    public sealed record OfBackup(string Repository, string Name, RetentionSettings Policy) : RetentionScope;
}

/// <summary>How retention is run.</summary>
public sealed record RetentionOptions
{
    /// <summary>Machine names, with wildcards; empty for all of the backup.</summary>
    public IReadOnlyList<string> Machines { get; init; } = [];

    /// <summary>How long to wait for points that are being read.</summary>
    /// <value>Zero: they are left as a debt.</value>
    public TimeSpan Wait { get; init; }

    /// <summary>How often they are looked at.</summary>
    /// <value>2 seconds.</value>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Told of each machine of which not everything could be removed, once all is done.</summary>
    public Action<string, BackupCopyException>? Fail { get; init; }
}

/// <summary>What a forecast supposes.</summary>
public sealed record ForecastOptions
{
    /// <summary>How many days are forecast.</summary>
    /// <value>730, two years; 1 to 3660.</value>
    public int Days { get; init; } = 730;

    /// <summary>What a full takes in the repository.</summary>
    /// <value>Null takes what the newest point of the machine uses; 0 without one.</value>
    public long? SizeBytes { get; init; }

    /// <summary>The share of the size that a day changes, in percent.</summary>
    /// <value>3.</value>
    public double DailyChangePercent { get; init; } = 3;

    /// <summary>The time between points.</summary>
    /// <value>Null takes the median of the newest points, 15 minutes at least; a day without them.</value>
    public TimeSpan? Every { get; init; }
}
