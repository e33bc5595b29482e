using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Compacting;
using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// Compacting of one backup outside a session. It holds the job's lock, so that it and a sync never meet.
/// One machine's trouble is its own; the others go on.
/// </summary>
internal sealed class CompactionRun
{
    private readonly Engine _engine;
    private readonly JobDefinition? _job;
    private readonly RepositoryDefinition _repository;
    private readonly BackupFolder _backup;
    private readonly CompactionOptions _options;

    private CompactionRun(
        Engine engine, JobDefinition? job, RepositoryDefinition repository, BackupFolder backup,
        CompactionOptions options)
    {
        _engine = engine;
        _job = job;
        _repository = repository;
        _backup = backup;
        _options = options;
    }

    // What the copies of a job are made with counts for what they were made with before.
    private CompactRequest Request => new()
    {
        Compression = _job?.Compression is { } own ? Enum.Parse<Compression>(own) : null,
    };

    public static CompactionRun Of(Engine engine, CompactionScope scope, CompactionOptions options)
    {
        switch (scope)
        {
            case CompactionScope.OfJob { Name: var name }:
                var job = engine.Job(name);
                return new CompactionRun(
                    engine, job, engine.Repository(job.TargetRepositoryId),
                    TargetBackup.Open(engine, job).Folder, options);
            case CompactionScope.OfBackup { Repository: var repository, Name: var backup }:
                var definition = engine.Repository(repository);
                var folder = TargetBackup.Mapped(engine.Open(definition), backup, "-Backup");
                var owner = new BackupOwners(engine).JobOf(definition.Id, folder);
                return new CompactionRun(engine, owner, definition, folder, options);
            default:
                throw new InvalidOperationException($"Nobody compacts {scope}.");
        }
    }

    public IReadOnlyList<CompactionResult> Plan(CancellationToken cancellation)
    {
        if (_job is not null)
        {
            JobLock.ThrowIfHeld(_engine, _job.Id, _job.Name);
        }

        var results = new List<CompactionResult>();
        foreach (var chain in Chains())
        {
            try
            {
                if (ChainCompact.Plan(chain.Chain, Request, cancellation) is { } plan)
                {
                    results.Add(Result(chain, plan.Before) with
                    {
                        IsPlan = true,
                        MovedBytes = plan.MovedBytes,
                        NeededBytes = plan.NeededBytes,
                    });
                }
            }
            catch (BackupCopyException error)
            {
                _options.Fail?.Invoke(chain.Machine, error);
            }
        }

        return results;
    }

    public async Task<IReadOnlyList<CompactionResult>> RunAsync(CancellationToken cancellation)
    {
        using var alone = JobLock.TakeOutsideSession(_engine, _job, "compacting");
        _backup.Repository.EnsureWritable();
        if (_job is not null)
        {
            // What an older state still holds of a newer one may be needed to understand it.
            WentBack.ThrowIfAny(_engine, _job);
        }

        var results = new List<CompactionResult>();
        using var slot = await Limits.TakeSlotAsync(
            _backup.Repository, _repository, _engine.Time, cancellation);
        try
        {
            foreach (var chain in Chains())
            {
                cancellation.ThrowIfCancellationRequested();
                await AttemptAsync(chain, results, cancellation);
            }
        }
        finally
        {
            BackupSummaries.Refresh(_backup);
        }

        return results;
    }

    private async Task AttemptAsync(
        UpkeepChain chain, List<CompactionResult> results, CancellationToken cancellation)
    {
        try
        {
            if (await RunAsync(chain, cancellation) is { } result)
            {
                results.Add(result);
                if (_options.Compacted is { } tell)
                {
                    await tell(result);
                }
            }
        }
        catch (BackupCopyException error)
        {
            _options.Fail?.Invoke(chain.Machine, error);
        }
    }

    private async Task<CompactionResult?> RunAsync(UpkeepChain chain, CancellationToken cancellation)
    {
        var share = Limits.ShareOf(_repository, _options.MaxRateBytesPerSecond, _engine.Time);
        var progress = new UpkeepProgress(chain.Machine, "Compacting", _engine.Time);
        await using var pump = new ProgressPump(_options.Progress, progress.Now, _engine.Time);
        var request = Request with { Take = share.Take, Progress = progress.Set };
        return await ChainCompact.RunAsync(chain.Chain, request, cancellation) is { } outcome
            ? Result(chain, outcome.Before) with
            {
                ExtentsPerGBAfter = outcome.After.ExtentsPerGigabyte,
                DeadBytesAfter = outcome.After.DeadBytes,
                MovedBytes = outcome.MovedBytes,
                ReturnedBytes = outcome.ReturnedBytes,
                Notes = outcome.Notes,
            }
            : null;
    }

    private IReadOnlyList<UpkeepChain> Chains() =>
        UpkeepChain.Of(_job, _repository, _backup, _options.Machines);

    private CompactionResult Result(UpkeepChain chain, Fragmentation before) => new()
    {
        Job = _job?.Name ?? "",
        Repository = _repository.Name,
        Backup = _backup.FolderName,
        Machine = chain.Machine,
        ExtentsPerGBBefore = before.ExtentsPerGigabyte,
        DeadBytesBefore = before.DeadBytes,
    };
}
