using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>Where a job's copies go: its own backup folder, or the one that it took over.</summary>
internal sealed class TargetBackup
{
    private readonly JobDefinition _job;

    private TargetBackup(JobDefinition job, RepositoryFolder repository, BackupFolder folder)
    {
        _job = job;
        Repository = repository;
        Folder = folder;
    }

    public RepositoryFolder Repository { get; }

    public BackupFolder Folder { get; }

    /// <summary>Opens it; a backup of the same name that belongs to another job is an error.</summary>
    public static TargetBackup Open(Engine engine, JobDefinition job)
    {
        var repository = engine.Open(engine.Repository(job.TargetRepositoryId));
        var folder = job.MappedBackupFolder is { } mapped
            ? Mapped(repository, mapped)
            : repository.BackupFor(job.Name, job.Id);
        if (job.MappedBackupFolder is null)
        {
            RefuseForeign(job, repository, folder);
        }

        return new TargetBackup(job, repository, folder);
    }

    /// <summary>
    /// The backup that an admin names, for taking it over or else: by folder or by the name of its job.
    /// </summary>
    /// <param name="parameter">Where the name was given.</param>
    public static BackupFolder Mapped(
        RepositoryFolder repository, string name, string parameter = "-MapBackup")
    {
        var backups = repository.Backups();
        var found = backups
            .Where(b => string.Equals(b.FolderName, name, StringComparison.OrdinalIgnoreCase))
            .ToList();
        if (found.Count == 0)
        {
            found = [.. backups
                .Where(b => string.Equals(b.Owner()?.JobName, name, StringComparison.OrdinalIgnoreCase))];
        }

        return found.Count switch
        {
            1 => found[0],
            0 => throw new BackupCopyException(
                ErrorCode.BackupNotFound,
                $"{repository.Path} has no backup {name}: it has {Listing(backups)}.",
                $"Name one of these with {parameter}."),
            _ => throw new BackupCopyException(
                ErrorCode.BackupMapAmbiguous,
                $"{repository.Path} has several backups called {name}: {Listing(found)}.",
                $"Name the folder with {parameter}."),
        };
    }

    /// <summary>
    /// The chain of a machine: by its id; in a backup that was taken over also by its name, when that is
    /// unique there. The id to write with is the chain's own.
    /// </summary>
    public (Chain Chain, Guid MachineId) ChainFor(string machine, Guid machineId)
    {
        var chain = Folder.ChainFor(machine, machineId);
        if (_job.MappedBackupFolder is null || chain.Newest() is not null || chain.Unfinished() is not null)
        {
            return (chain, machineId);
        }

        var named = Folder.Chains()
            .Select(c => (Chain: c, c.Newest()?.File))
            .Where(c => string.Equals(c.File?.MachineName, machine, StringComparison.OrdinalIgnoreCase))
            .ToList();
        return named.Count == 1 ? (named[0].Chain, named[0].File!.MachineId) : (chain, machineId);
    }

    /// <summary>What was copied last into a chain; null for an empty one.</summary>
    public static CopiedPoint? Last(Chain chain) => chain.Newest()?.File is { } file
        ? new CopiedPoint(file.Origin.RepositoryId, file.Origin.JobId, file.Origin.Sequence, file.TimeUtc)
        : null;

    /// <summary>Whose points a chain holds; null for one that is empty or cannot be read.</summary>
    public static OwnedChain? OwnerOf(Chain chain)
    {
        try
        {
            return (chain.Newest() ?? chain.Points().LastOrDefault(p => p.File is not null))?.File is { } file
                ? new OwnedChain(chain, file.MachineId, file.MachineName) : null;
        }
        catch (BackupCopyException)
        {
            // Whoever works with the chain meets the error itself.
            return null;
        }
    }

    /// <summary>The machine of a chain, by its points or else by its folder.</summary>
    public static string MachineOf(Chain chain) =>
        OwnerOf(chain)?.Machine ?? Path.GetFileName(chain.Path)[..^9];

    private static void RefuseForeign(JobDefinition job, RepositoryFolder repository, BackupFolder own)
    {
        var owner = own.Owner();
        if (owner?.JobId == job.Id)
        {
            return;
        }

        // Either nothing was copied yet and a namesake is there, or another job took this job's folder over.
        var foreign = owner is not null ? own : repository.Backups().FirstOrDefault(
            b => string.Equals(b.Owner()?.JobName, job.Name, StringComparison.OrdinalIgnoreCase));
        if (foreign is not null)
        {
            throw new BackupCopyException(
                ErrorCode.BackupBelongsToAnotherJob,
                $"{foreign.Path} belongs to another job, {foreign.Owner()!.JobName} "
                + "(of another catalog, or removed).",
                $"Take it over with -MapBackup {foreign.FolderName}, or give the job another name.");
        }
    }

    private static string Listing(IReadOnlyList<BackupFolder> backups) =>
        backups.Count == 0 ? "none" : string.Join(", ", backups.Select(b => b.FolderName));
}

/// <summary>A chain with points, and the machine that they are of.</summary>
internal sealed record OwnedChain(Chain Chain, Guid MachineId, string Machine);
