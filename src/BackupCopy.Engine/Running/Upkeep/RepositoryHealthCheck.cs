using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// The files that belong to a repository and its backups, and to no chain: its description and the second
/// copy of it, and the backups' summaries.
/// </summary>
internal sealed class RepositoryHealthCheck
{
    private readonly Engine _engine;
    private readonly RepositoryDefinition _definition;
    private readonly HealthCheckOptions _options;

    public RepositoryHealthCheck(Engine engine, RepositoryDefinition definition, HealthCheckOptions options)
    {
        _engine = engine;
        _definition = definition;
        _options = options;
    }

    private bool Repairs => _options.Repair && !_options.LookOnly;

    /// <summary>Opens it, also one without a description that verifies, if that is to be healed.</summary>
    public async Task<RepositoryFolder> OpenAsync(CancellationToken cancellation)
    {
        try
        {
            return _engine.Open(_definition);
        }
        catch (BackupCopyException error)
            when (error.Code is ErrorCode.DamagedFile or ErrorCode.NotARepository)
        {
            if (!Repairs)
            {
                await TellAsync([NoDescription(error)]);
                throw new BackupCopyException(
                    error.Code, error.Message,
                    $"{error.Remedy} Invoke-HealthCheck -Repository {_definition.Name} -Repair makes it anew "
                    + "from the restore points that are there.",
                    error);
            }

            var outcome = Repair(cancellation);
            await TellAsync(
            [
                .. outcome.Healed.Select(Healed),
                .. outcome.Left.Select(l => Findings.Left(Findings.Of(_definition, l.Damage), l.Why)),
            ]);
            if (outcome.Healed.Count == 0)
            {
                throw;
            }

            return _engine.Open(_definition);
        }
    }

    public async Task CheckAsync(
        RepositoryFolder repository, IReadOnlyList<BackupFolder> backups, CancellationToken cancellation)
    {
        var findings = Descriptions(repository, cancellation);
        findings.AddRange(backups.SelectMany(b => RepositoryCheck.Run(b).Select(d => Summary(b, d))));
        await TellAsync(findings);
        var bad = findings
            .Where(f => f.State is HealthFindingState.Found or HealthFindingState.Left).ToList();
        if (bad.Count > 0)
        {
            _options.Fail?.Invoke(_definition.Name, new BackupCopyException(
                ErrorCode.DamageFound,
                $"{ReadableText.Count(bad.Count, "file")} of the repository {_definition.Name} itself "
                + $"{(bad.Count == 1 ? "does" : "do")} not verify: {bad[0].Message}",
                Repairs
                    ? $"Keep what is in {_definition.Path} as it is, and look at what its storage reports."
                    : $"Invoke-HealthCheck -Repository {_definition.Name} -Repair writes it anew."));
        }
    }

    private List<HealthFinding> Descriptions(RepositoryFolder repository, CancellationToken cancellation)
    {
        var damage = RepositoryCheck.Run(repository);
        if (damage.Count == 0 || !Repairs || repository.IsReadOnly)
        {
            var from = damage.Count == 1 ? "its second copy" : "";
            return [.. damage.Select(d => Findings.Of(_definition, d, from))];
        }

        var outcome = Repair(cancellation);
        var healed = outcome.Healed.ToDictionary(h => h.Damage.Path);
        var left = outcome.Left.ToDictionary(l => l.Damage.Path, l => l.Why);
        return
        [
            .. damage.Select(d => healed.TryGetValue(d.Path, out var by)
                ? Healed(by with { Damage = d })
                : Findings.Left(
                    Findings.Of(_definition, d),
                    left.GetValueOrDefault(d.Path, "Nobody can tell which of the two is right."))),
        ];
    }

    private RepairOutcome Repair(CancellationToken cancellation) => RepositoryRepair.Run(
        _engine.Storage, _definition.Path, _engine.NowUtc, cancellation: cancellation);

    private HealthFinding Healed(HealedDamage healed) =>
        Findings.Of(_definition, healed.Damage, healed.From) with { State = HealthFindingState.Healed };

    private HealthFinding NoDescription(BackupCopyException error) => new()
    {
        Kind = HealthFindingKind.DamagedDescription,
        State = HealthFindingState.Found,
        Repository = _definition.Name,
        Path = Path.Combine(_definition.Path, Names.RepositoryFile),
        Message = error.Message,
    };

    private HealthFinding Summary(BackupFolder backup, ChainDamage damage)
    {
        var finding = Findings.Of(_definition, damage) with { BackupFolder = backup.FolderName };
        if (!Repairs || backup.Repository.IsReadOnly)
        {
            return finding;
        }

        BackupSummaries.Refresh(backup);
        return RepositoryCheck.Run(backup).Count > 0 ? finding
            : finding with { State = HealthFindingState.Healed, RepairableFrom = "the restore points" };
    }

    private async Task TellAsync(IReadOnlyList<HealthFinding> findings)
    {
        if (_options.Found is { } tell)
        {
            foreach (var finding in findings)
            {
                await tell(finding);
            }
        }
    }
}
