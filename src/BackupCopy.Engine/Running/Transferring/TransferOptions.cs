namespace BackupCopy.Running.Transferring;

/// <summary>How a machine task looks after its repositories and tells how far it is.</summary>
internal sealed record TransferOptions
{
    /// <summary>How often a repository that is away is looked for.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long it is looked for before the attempt counts as failed.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How often a copy makes sure that both repositories are still at their places.</summary>
    public TimeSpan Recheck { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a running copy's progress goes to the catalog.</summary>
    public TimeSpan Save { get; init; } = TimeSpan.FromSeconds(10);
}
