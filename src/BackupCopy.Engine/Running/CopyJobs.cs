using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running.Keeping;

namespace BackupCopy.Running;

/// <summary>Backup copy jobs: defined, changed, planned and run.</summary>
public sealed partial class CopyJobs
{
    private readonly Engine _engine;

    internal CopyJobs(Engine engine) => _engine = engine;

    /// <summary>Defines a job; name, target and sources are needed.</summary>
    public JobInfo Create(JobSettings settings)
    {
        var job = Draft(settings);
        _engine.Catalog.AddJob(job);
        return Describe(job);
    }

    /// <summary>Throws what <see cref="Create"/> would; stores nothing.</summary>
    /// <param name="warn">Told of what is possible and perhaps not meant.</param>
    public void CheckCreate(JobSettings settings, Action<string>? warn = null) =>
        Warn(JobWarnings.Of(null, Draft(settings), _engine.NowUtc), warn);

    /// <summary>Changes what is given and nothing else.</summary>
    public JobInfo Update(string name, JobSettings settings)
    {
        var known = _engine.Job(name);
        var changed = _engine.Catalog.UpdateJob(known.Id, Changing(known, settings));
        if (IntervalClock.RuleOf(known) != IntervalClock.RuleOf(changed))
        {
            // At once: when the old end has passed nobody can tell any more that a longer one was meant.
            _engine.Catalog.UpdateRun(
                known.Id, run => IntervalClock.Follow(changed, run, _engine.NowUtc));
        }

        if (known.TargetRepositoryId != changed.TargetRepositoryId
            || known.MappedBackupFolder != changed.MappedBackupFolder)
        {
            // What it left in the other backup says nothing of this one.
            _engine.Catalog.UpdateRun(known.Id, run => run with { Chains = [], WentBack = "" });
        }

        return Describe(changed);
    }

    /// <summary>Throws what <see cref="Update"/> would; stores nothing.</summary>
    /// <param name="warn">Told of what is possible and perhaps not meant.</param>
    /// <returns>
    /// What would become different: policy and schedule in words, of other settings the names.
    /// </returns>
    public IReadOnlyList<string> CheckUpdate(
        string name, JobSettings settings, Action<string>? warn = null)
    {
        var known = _engine.Job(name);
        var changed = Changing(known, settings)(known);
        Warn(JobWarnings.Of(known, changed, _engine.NowUtc), warn);
        return JobChanges.Of(known, changed);
    }

    /// <summary>Forgets a job; its backups stay where they are.</summary>
    /// <returns>
    /// The backup folder that stays, empty when the job has none yet or its target is away.
    /// </returns>
    public string Remove(string name)
    {
        var job = _engine.Job(name);
        var folder = "";
        try
        {
            var target = TargetBackup.Open(_engine, job);
            folder = target.Folder.Owner() is null ? "" : target.Folder.Path;
        }
        catch (BackupCopyException)
        {
            // Forgetting a job must work while its target is away.
        }

        RefuseWhileRunning(job);
        _engine.Catalog.RemoveJob(job.Id);
        return folder;
    }

    /// <summary>The jobs whose names match, by name.</summary>
    public IEnumerable<JobInfo> List(string pattern = "*") =>
        _engine.Catalog.Jobs().Where(j => Wildcard.Matches(pattern, j.Name)).Select(Describe);

    /// <summary>The names that match, without a look at the jobs' repositories.</summary>
    public IEnumerable<string> Names(string pattern = "*") =>
        _engine.Catalog.Jobs().Select(j => j.Name).Where(n => Wildcard.Matches(pattern, n));

    public JobInfo Get(string name) => Describe(_engine.Job(name));

    /// <summary>What a sync would do now, machine by machine; changes nothing.</summary>
    public IEnumerable<SyncPlanInfo> Plan(string name, IReadOnlyList<string> machines, bool full = false) =>
        new SyncPlan(_engine, _engine.Job(name)).Run(machines, full);

    /// <summary>
    /// Runs a job once: copies the newest state of each machine and returns when all are done.
    /// </summary>
    public Task<SessionInfo> SyncAsync(
        string name, SyncOptions options, IProgress<IReadOnlyList<MachineProgress>>? progress,
        CancellationToken cancellation) =>
        new SyncRunner(_engine, _engine.Job(name), options).RunAsync(progress, cancellation);

    private static void Warn(IEnumerable<string> warnings, Action<string>? warn)
    {
        if (warn is not null)
        {
            foreach (var warning in warnings)
            {
                warn(warning);
            }
        }
    }

    private JobDefinition Draft(JobSettings settings)
    {
        var draft = new JobDefinition
        {
            Id = Guid.NewGuid(),
            Name = settings.Name ?? "",
            TargetRepositoryId = default,
            SourceRepositoryIds = [],
            Retention = new JobRetention { TimeZone = RetentionSettings.LocalTimeZone() },
            CreatedUtc = _engine.NowUtc,
        };
        var job = Resolve(settings, draft)(draft);
        TargetBackup.Open(_engine, job);
        return job;
    }

    private Func<JobDefinition, JobDefinition> Changing(JobDefinition known, JobSettings settings)
    {
        var change = Resolve(settings, known);
        TargetBackup.Open(_engine, change(known));
        return change;
    }

    // Looks everything up first: the change itself runs under the catalog's lock and
    // must not read the catalog.
    private Func<JobDefinition, JobDefinition> Resolve(JobSettings settings, JobDefinition job)
    {
        var name = settings.Name ?? job.Name;
        if (!Format.Names.IsAcceptable(name, out var reason))
        {
            throw new BackupCopyException(
                ErrorCode.InvalidName, $"\"{name}\" cannot be a job's name: {reason}.",
                "Choose another name.");
        }

        if (_engine.Catalog.FindJob(name) is { } other && other.Id != job.Id)
        {
            throw _engine.Catalog.JobExists(other);
        }

        if (settings.Parallel is < 1 or > 64)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, $"{settings.Parallel} machines at once are not possible.",
                "Choose 1 to 64.");
        }

        var target = settings.Target is null ? (Guid?)null : _engine.Repository(settings.Target).Id;
        var sources = settings.Sources?.Select(s => _engine.Repository(s).Id).Distinct().ToList();
        Check(target ?? job.TargetRepositoryId, sources ?? job.SourceRepositoryIds);
        settings.Control?.CheckScripts();
        if (settings.MapBackup is null)
        {
            return current => Change(current, settings, target, sources);
        }

        var folder = Map(Change(job, settings, target, sources), settings.MapBackup);
        return current => Change(current, settings, target, sources) with { MappedBackupFolder = folder };
    }

    private JobDefinition Change(
        JobDefinition job, JobSettings settings, Guid? target, IReadOnlyList<Guid>? sources)
    {
        var changed = job with
        {
            Name = settings.Name ?? job.Name,
            TargetRepositoryId = target ?? job.TargetRepositoryId,
            SourceRepositoryIds = sources ?? job.SourceRepositoryIds,
            Parallel = settings.Parallel ?? job.Parallel,
            Compression = settings.Compression?.ToString() ?? job.Compression,
            Selection = new JobSelection
            {
                Machines = settings.Machines ?? job.Selection.Machines,
                Exclude = settings.Exclude ?? job.Selection.Exclude,
                FromJobs = settings.FromJobs ?? job.Selection.FromJobs,
                FromBackups = settings.FromBackups ?? job.Selection.FromBackups,
            },
            Retention = settings.Retention?.Change(job.Retention) ?? job.Retention,
            Upkeep = settings.Upkeep?.Change(job.Upkeep, _engine.NowUtc) ?? job.Upkeep,
        };
        return settings.Control?.Change(changed) ?? changed;
    }

    private void Check(Guid target, IReadOnlyList<Guid> sources)
    {
        if (sources.Count == 0)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, "A job needs at least one source repository.",
                "Name it with -Source.");
        }

        if (sources.Contains(target))
        {
            throw new BackupCopyException(
                ErrorCode.TargetIsSource,
                $"The repository {_engine.Repository(target).Name} cannot be source and target of one job.",
                "Choose another target; two repositories may lie on one disk.");
        }

        if (_engine.Catalog.FindRepository(target) is { } known)
        {
            Engine.RefuseImages(known);
        }
    }

    private string? Map(JobDefinition job, string backup)
    {
        if (backup.Length == 0)
        {
            return null;
        }

        var repository = _engine.Open(_engine.Repository(job.TargetRepositoryId));
        var folder = TargetBackup.Mapped(repository, backup);
        var user = new BackupOwners(_engine).JobOf(job.TargetRepositoryId, folder, except: job.Id);
        return user is null ? folder.FolderName : throw new BackupCopyException(
            ErrorCode.BackupBelongsToAnotherJob,
            $"The backup {folder.FolderName} belongs to the job {user.Name}.",
            $"Remove that job first with Remove-BackupCopyJob {user.Name}; its files stay.");
    }

    private void RefuseWhileRunning(JobDefinition job)
    {
        if (JobLock.IsHeld(_engine, job.Id))
        {
            throw new BackupCopyException(
                ErrorCode.JobRunning, $"The job {job.Name} runs.",
                "Wait until it has ended, or stop it; Get-BackupCopySession -Running shows it.");
        }
    }
}
