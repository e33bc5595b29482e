using BackupCopy.Chains;
using BackupCopy.Chains.Compacting;
using BackupCopy.Health;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// What a session does to single chains for their health: the real work, which tests of the sessions' own
/// decisions replace by what happens to be found.
/// </summary>
internal sealed record UpkeepWork
{
    public Func<Chain, CheckRequest, CancellationToken, Task<CheckOutcome>> Check { get; init; } =
        ChainCheck.RunAsync;

    /// <summary>What is wrong with the repository's own files and the backup's summary.</summary>
    public Func<BackupFolder, IReadOnlyList<ChainDamage>> CheckDescriptions { get; init; } = backup =>
        [.. RepositoryCheck.Run(backup.Repository), .. RepositoryCheck.Run(backup)];

    /// <summary>The damage that is remembered of a chain.</summary>
    public Func<Chain, IReadOnlyList<ChainDamage>> Damage { get; init; } = ChainMemory.Damage;

    /// <summary>What was healed is not remembered any more.</summary>
    public Action<Chain, IReadOnlyList<ChainDamage>> Forget { get; init; } =
        ChainMemory.Forget;

    public Func<Chain, IReadOnlyList<ChainDamage>, IReadOnlyList<Holder>, DateTime, CancellationToken,
        RepairOutcome> Repair { get; init; } = ChainRepair.Run;

    public Func<Chain, CompactRequest, CancellationToken, CompactPlan?> Plan { get; init; } =
        ChainCompact.Plan;

    public Func<Chain, CompactRequest, CancellationToken, Task<CompactOutcome?>> Compact { get; init; } =
        ChainCompact.RunAsync;
}
