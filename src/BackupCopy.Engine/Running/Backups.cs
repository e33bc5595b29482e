using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running;

/// <summary>Backups, the folders of jobs in repositories: listed, and removed as a whole.</summary>
public sealed class Backups
{
    private readonly Engine _engine;

    internal Backups(Engine engine) => _engine = engine;

    /// <summary>The backups that match, by repository and folder.</summary>
    /// <param name="names">Names of jobs or folders, with wildcards; empty for all.</param>
    /// <param name="repositories">Names with wildcards; empty for all.</param>
    /// <param name="unavailable">Told of repositories that cannot be read.</param>
    public IEnumerable<BackupInfo> List(
        IReadOnlyList<string> names, IReadOnlyList<string> repositories,
        Action<BackupCopyException>? unavailable = null)
    {
        var owners = new BackupOwners(_engine);
        foreach (var definition in _engine.Catalog.Repositories()
            .Where(r => r.Images is null && Wildcard.MatchesAny(repositories, r.Name)))
        {
            RepositoryFolder repository;
            try
            {
                repository = _engine.Open(definition);
            }
            catch (BackupCopyException error)
            {
                unavailable?.Invoke(error);
                continue;
            }

            foreach (var backup in repository.Backups())
            {
                var info = Describe(definition, backup, owners);
                if (Wildcard.MatchesAny(names, info.Name) || Wildcard.MatchesAny(names, info.Folder))
                {
                    yield return info;
                }
            }
        }
    }

    /// <summary>Throws what <see cref="Remove"/> would, as far as a look without locks can tell.</summary>
    /// <param name="force">Also one that a job keeps or that holds points on hold.</param>
    public void CheckRemoval(BackupInfo backup, bool force) =>
        BackupRemoval.Check(Refuse(backup, force), force);

    /// <summary>Removes a backup with all its machines and points.</summary>
    /// <param name="force">Also one that a job keeps or that holds points on hold.</param>
    /// <param name="stop">Looked at between machines; what was begun is finished by the next run.</param>
    /// <returns>What was left, one sentence each.</returns>
    public IReadOnlyList<string> Remove(
        BackupInfo backup, bool force, CancellationToken stop = default)
    {
        var folder = Refuse(backup, force);
        using var removal = BackupRemoval.Begin(folder, force);

        // First: a job that has forgotten it too early only remembers it anew.
        WentBack.Forget(_engine, folder);
        return removal.Run(stop);
    }

    private BackupFolder Refuse(BackupInfo backup, bool force)
    {
        var definition = _engine.Repository(backup.RepositoryId);
        var repository = _engine.Open(definition);
        var folder = repository.Backups().FirstOrDefault(b => b.FolderName == backup.Folder)
            ?? throw new BackupCopyException(
                ErrorCode.BackupNotFound, $"{definition.Name} has no backup {backup.Folder} any more.",
                "List the backups again with Get-BackupCopyBackup.");
        if (new BackupOwners(_engine).JobOf(definition.Id, folder) is not { } job)
        {
            return folder;
        }

        if (!force)
        {
            throw new BackupCopyException(
                ErrorCode.BackupInUse, $"The job {job.Name} keeps the backup {folder.FolderName}.",
                $"Remove the job first with Remove-BackupCopyJob {job.Name}, or remove its backup with "
                + "-Force: it copies everything again then.");
        }

        return JobLock.IsHeld(_engine, job.Id)
            ? throw new BackupCopyException(
                ErrorCode.JobRunning, $"The job {job.Name} runs, and it keeps {folder.FolderName}.",
                "Wait until it has ended, or stop it; Get-BackupCopySession -Running shows it.")
            : folder;
    }

    private static BackupInfo Describe(
        RepositoryDefinition definition, BackupFolder backup, BackupOwners owners)
    {
        var summary = BackupSummary.Of(backup);
        var name = summary?.JobName ?? backup.FolderName[..^9];
        var job = owners.JobOf(definition.Id, backup);
        var times = (summary?.Machines ?? []).SelectMany(m => m.Points)
            .Select(p => p.TimeUtc).Where(t => t != default).ToList();
        return new BackupInfo
        {
            Name = name,
            Folder = backup.FolderName,
            Repository = definition.Name,
            RepositoryId = definition.Id,
            JobId = summary?.JobId ?? default,
            Job = job?.Name ?? "",
            IsOrphaned = job is null && !BackupOwners.IsMadeByHand(backup, name),
            MachineCount = summary?.Machines.Count ?? 0,
            RestorePointCount = summary?.PointCount ?? 0,
            StoredBytes = summary?.StoredBytes ?? BlockBytes(backup),
            Oldest = times.Count == 0 ? null : times.Min().ToLocalTime(),
            Newest = times.Count == 0 ? null : times.Max().ToLocalTime(),
            Path = backup.Path,
        };
    }

    // What points left behind that are gone.
    private static long BlockBytes(BackupFolder backup) => backup.Chains().Sum(BlockFiles.AllocatedBytes);
}
