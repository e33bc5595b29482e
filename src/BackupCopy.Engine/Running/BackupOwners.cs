using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Inventory;
using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>
/// Which job of the catalog keeps which backup: the one that opens its folder as the target's. Looks at the
/// jobs once.
/// </summary>
internal sealed class BackupOwners(Engine engine)
{
    private readonly IReadOnlyList<JobDefinition> _jobs = engine.Catalog.Jobs();

    /// <summary>Null for a backup that was made by hand, or whose job is not in this catalog.</summary>
    /// <param name="except">A job that does not count.</param>
    public JobDefinition? JobOf(Guid repositoryId, BackupFolder backup, Guid except = default)
    {
        var jobs = _jobs.Where(j => j.TargetRepositoryId == repositoryId && j.Id != except).ToList();
        return jobs.Find(j => j.MappedBackupFolder == backup.FolderName)
            ?? jobs.Find(j => j.MappedBackupFolder is null
                && backup.FolderName.EndsWith(SuffixOf(j.Id), StringComparison.Ordinal)
                && backup.IsOf(j.Id));
    }

    /// <summary>Whether a backup of this name was made by hand; no job ever kept it then.</summary>
    public static bool IsMadeByHand(BackupFolder backup, string name) =>
        backup.IsOf(Identity.OfBackup(name));

    private static string SuffixOf(Guid id) => Names.Folder("", id)[^9..];
}
