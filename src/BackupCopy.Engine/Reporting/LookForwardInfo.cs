namespace BackupCopy.Reporting;

/// <summary>Whether a job, or every job without a word of its own, looks forward.</summary>
public sealed record LookForwardInfo
{
    /// <summary>Empty for the global setting.</summary>
    public required string Job { get; init; }

    /// <summary>What counts.</summary>
    public required bool Enabled { get; init; }

    /// <summary>What the job itself says; null where the global setting decides.</summary>
    public bool? Own { get; init; }

    /// <summary>Whether the global setting decides for the job.</summary>
    public bool IsInherited => Job.Length > 0 && Own is null;
}
