using BackupCopy.Chains;
using BackupCopy.Health;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// One health check outside a session: first what belongs to no chain, then a chain after the other, since
/// each uses all cores. One chain's trouble is its own; the others are checked.
/// </summary>
internal sealed class HealthCheckRun
{
    private readonly Engine _engine;
    private readonly HealthCheckOptions _options;
    private readonly List<ChainHealth> _results = [];

    public HealthCheckRun(Engine engine, HealthCheckOptions options)
    {
        _engine = engine;
        _options = options;
    }

    public async Task<IReadOnlyList<ChainHealth>> RunAsync(HealthScope scope, CancellationToken cancellation)
    {
        CheckOptions(scope);
        switch (scope)
        {
            case HealthScope.OfJob { Name: var name }:
                await CheckJobAsync(_engine.Job(name), cancellation);
                break;
            case HealthScope.OfRepository { Name: var name }:
                await CheckRepositoryAsync(_engine.Repository(name), cancellation);
                break;
            case HealthScope.OfPoints { Points: var points }:
                foreach (var chain in RestorePoints.ByChain(points))
                {
                    await CheckPointsAsync(chain, cancellation);
                }

                break;
        }

        return _results;
    }

    private async Task CheckJobAsync(JobDefinition job, CancellationToken cancellation)
    {
        var definition = _engine.Repository(job.TargetRepositoryId);
        var own = new RepositoryHealthCheck(_engine, definition, _options);
        var repository = await own.OpenAsync(cancellation);
        var backup = Seen(TargetBackup.Open(_engine, job).Folder);
        var chains = UpkeepChain.Of(job, definition, backup, _options.Machines);
        await own.CheckAsync(repository, [backup], cancellation);
        await TellWentBackAsync(job, definition);
        foreach (var chain in chains)
        {
            await CheckAsync(chain, [], cancellation);
        }
    }

    private async Task CheckRepositoryAsync(RepositoryDefinition definition, CancellationToken cancellation)
    {
        var own = new RepositoryHealthCheck(_engine, definition, _options);
        var repository = Seen(await own.OpenAsync(cancellation));
        var owners = new BackupOwners(_engine);
        var backups = repository.Backups();
        var chains = (
            from backup in backups
            let job = owners.JobOf(definition.Id, backup)
            from chain in backup.Chains().Select(c => UpkeepChain.Of(job, definition, backup, c))
            where Wildcard.MatchesAny(_options.Machines, chain.Machine)
            select chain).ToList();
        if (chains.Count == 0 && _options.Machines.Count > 0)
        {
            throw UpkeepChain.NoMachine(
                $"The repository {definition.Name}", definition.Name, _options.Machines);
        }

        await own.CheckAsync(repository, backups, cancellation);
        foreach (var chain in chains)
        {
            await CheckAsync(chain, [], cancellation);
        }
    }

    private async Task CheckPointsAsync(
        IReadOnlyList<RestorePointInfo> points, CancellationToken cancellation)
    {
        try
        {
            var (definition, folder, chain) = _engine.RestorePoints.PlaceOf(points);
            var there = There(chain, points);
            if (there.Count > 0)
            {
                var backup = Seen(folder);
                var job = new BackupOwners(_engine).JobOf(definition.Id, backup);
                await CheckAsync(
                    UpkeepChain.Of(job, definition, backup, new Chain(backup.Repository, chain.Path)), there,
                    cancellation);
            }
        }
        catch (BackupCopyException error)
        {
            _options.Fail?.Invoke(points[0].Machine, error);
        }
    }

    private async Task CheckAsync(
        UpkeepChain chain, IReadOnlyList<long> sequences, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            _results.Add(
                await new ChainHealthCheck(_engine, chain, sequences, _options).RunAsync(cancellation));
        }
        catch (BackupCopyException error)
        {
            _options.Fail?.Invoke(chain.Machine, error);
        }
    }

    // A point may have gone, or is not finished.
    private List<long> There(Chain chain, IReadOnlyList<RestorePointInfo> asked)
    {
        var known = chain.Points().Select(p => p.Sequence).ToHashSet();
        foreach (var point in asked.Where(p => !known.Contains(p.Sequence)))
        {
            _options.Fail?.Invoke(
                point.Machine,
                point.State is RestorePointState.Locked or RestorePointState.Incomplete
                    ? Unfinished(point) : RestorePoints.Gone(point));
        }

        return [.. asked.Select(p => p.Sequence).Where(known.Contains).Order()];
    }

    private async Task TellWentBackAsync(JobDefinition job, RepositoryDefinition definition)
    {
        var findings = WentBack.Find(_engine, job);
        foreach (var finding in findings.Where(_ => _options.Found is not null))
        {
            await _options.Found!(new HealthFinding
            {
                Kind = HealthFindingKind.WentBack,
                State = HealthFindingState.Found,
                Repository = definition.Name,
                BackupFolder = Path.GetFileName(Path.GetDirectoryName(finding.Path)) ?? "",
                Machine = finding.Machine,
                Path = finding.Path,
                Message = finding.Message,
            });
        }

        if (findings.Count > 0)
        {
            _options.Fail?.Invoke(findings[0].Machine, WentBack.Error(job, findings));
        }
    }

    private RepositoryFolder Seen(RepositoryFolder repository) =>
        _options.LookOnly ? repository.ForLooking() : repository;

    private BackupFolder Seen(BackupFolder backup) =>
        _options.LookOnly ? new BackupFolder(backup.Repository.ForLooking(), backup.Path) : backup;

    private static BackupCopyException Unfinished(RestorePointInfo point) => new(
        ErrorCode.PointLocked,
        $"The restore point of {point.Machine} of {point.Time.ToLocalText()} is not finished. "
        + point.Reason,
        "Check it once it is complete.");

    private void CheckOptions(HealthScope scope)
    {
        if (_options.Percent is { } percent && !(percent is > 0 and <= 100))
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument, $"{percent} percent of a chain cannot be checked.",
                "Give more than 0 and up to 100 percent.");
        }

        if ((_options.Percent is not null ? 1 : 0) + (_options.All ? 1 : 0)
            + (scope is HealthScope.OfPoints ? 1 : 0) > 1)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument,
                "All restore points, a part of them, and chosen ones cannot be checked at once.",
                "Give one of them: all, a percentage, or restore points.");
        }
    }
}
