using BackupCopy.Chains;
using BackupCopy.Inventory;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Upkeep;

/// <summary>A chain that is verified or put in order, and whose it is.</summary>
/// <param name="Job">The job of the catalog that keeps the backup; null without one.</param>
/// <param name="MachineId">The start of ids for a chain that no readable point names.</param>
internal sealed record UpkeepChain(
    JobDefinition? Job, RepositoryDefinition Repository, BackupFolder Backup, Chain Chain, Guid MachineId,
    string Machine)
{
    private const int IdSuffix = 9;

    public static UpkeepChain Of(
        JobDefinition? job, RepositoryDefinition repository, BackupFolder backup, Chain chain)
    {
        var owner = TargetBackup.OwnerOf(chain);
        return new UpkeepChain(
            job, repository, backup, chain, owner?.MachineId ?? default,
            owner?.Machine ?? Path.GetFileName(chain.Path)[..^IdSuffix]);
    }

    /// <summary>Those of a backup whose machines match; none that does is an error.</summary>
    public static IReadOnlyList<UpkeepChain> Of(
        JobDefinition? job, RepositoryDefinition repository, BackupFolder backup,
        IReadOnlyList<string> machines)
    {
        var chains = backup.Chains().Select(c => Of(job, repository, backup, c))
            .Where(c => Wildcard.MatchesAny(machines, c.Machine)).ToList();
        return chains.Count > 0 || machines.Count == 0 ? chains : throw NoMachine(
            $"The backup {backup.FolderName}", repository.Name, machines);
    }

    public static BackupCopyException NoMachine(
        string where, string repository, IReadOnlyList<string> machines) => new(
            ErrorCode.MachineNotFound,
            $"{where} has no machine {string.Join(" or ", machines)}.",
            $"Get-BackupCopyRestorePoint -Repository {repository} lists the machines.");
}
