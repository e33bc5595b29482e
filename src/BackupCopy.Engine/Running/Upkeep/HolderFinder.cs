using BackupCopy.Chains;
using BackupCopy.Health;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// Where the bytes of a damaged chain may be had from: the machine's chains in the job's sources, those that
/// the job selects first, then its chains in other backups of the same repository. For a backup without a
/// job every other repository of the catalog is a source. What cannot be opened holds nothing.
/// </summary>
internal static class HolderFinder
{
    public static IReadOnlyList<Holder> Of(
        Engine engine, JobDefinition? job, RepositoryFolder repository, Chain chain, Guid machineId,
        string machine)
    {
        var known = engine.Catalog.Repositories();
        var sources = job is not null
            ? job.SourceRepositoryIds.Select(id => known.FirstOrDefault(r => r.Id == id))
                .OfType<RepositoryDefinition>()
            : known.Where(r => r.Id != repository.File.Id);
        var own = known.FirstOrDefault(r => r.Id == repository.File.Id)?.Name ?? repository.Path;
        return
        [
            .. sources.SelectMany(s => InSource(engine, job, s, machineId, machine)),
            .. In(repository, own, machineId, machine).Select(f => f.Holder)
                .Where(h => h.Chain.Path != chain.Path),
        ];
    }

    private static List<Holder> InSource(
        Engine engine, JobDefinition? job, RepositoryDefinition source, Guid machineId, string machine)
    {
        try
        {
            var found = In(engine.Open(source), source.Name, machineId, machine);
            return
            [
                .. found.OrderBy(f => job is null || Selects(engine, job, f) ? 0 : 1).Select(f => f.Holder),
            ];
        }
        catch (BackupCopyException)
        {
            // A source that is away heals nothing now; the next sync asks it again.
            return [];
        }
    }

    private static bool Selects(
        Engine engine, JobDefinition job, (Holder Holder, BackupFolder Backup) found) =>
        NewestOf(found.Holder.Chain)?.File is { } file
        && new SourceScan(engine, job).IsSelected(file, found.Backup);

    private static List<(Holder Holder, BackupFolder Backup)> In(
        RepositoryFolder repository, string name, Guid machineId, string machine) =>
    [
        .. from backup in repository.Backups()
           from chain in ChainsOf(backup, machineId, machine)
           select (new Holder($"repository {name}, backup {backup.FolderName[..^9]}", chain), backup),
    ];

    // By the id at the end of the folder's name; in a backup that was taken over the name alone may tell.
    private static List<Chain> ChainsOf(BackupFolder backup, Guid machineId, string machine)
    {
        try
        {
            var suffix = "." + machineId.ToString("N")[..8];
            var all = backup.Chains();
            var same = all.Where(c => c.Path.EndsWith(suffix, StringComparison.Ordinal)
                && (TargetBackup.OwnerOf(c)?.MachineId ?? machineId) == machineId).ToList();
            return same.Count > 0 ? same : [.. all.Where(c => string.Equals(
                TargetBackup.OwnerOf(c)?.Machine, machine, StringComparison.OrdinalIgnoreCase))];
        }
        catch (BackupCopyException)
        {
            return [];
        }
    }

    private static ChainPoint? NewestOf(Chain chain)
    {
        try
        {
            return chain.Newest();
        }
        catch (BackupCopyException)
        {
            return null;
        }
    }
}
