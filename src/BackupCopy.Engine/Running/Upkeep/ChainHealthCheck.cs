using BackupCopy.Chains;
using BackupCopy.Health;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// The health check of one chain: verified in as many parts as others who wait for its points make of it,
/// then healed or said where it could be healed from.
/// </summary>
internal sealed class ChainHealthCheck
{
    private readonly Engine _engine;
    private readonly UpkeepChain _chain;
    private readonly IReadOnlyList<long> _sequences;
    private readonly HealthCheckOptions _options;
    private readonly UpkeepProgress _progress;
    private readonly List<ChainDamage> _damage = [];
    private readonly SortedSet<long> _points = [];
    private readonly HashSet<(HealthFindingKind, string, long, string)> _known = [];
    private IReadOnlyList<long> _setAside = [];
    private bool _hasMore;
    private long _checkedBytes;
    private long _totalBytes;

    /// <param name="sequences">The points that are checked; none for what the options say.</param>
    public ChainHealthCheck(
        Engine engine, UpkeepChain chain, IReadOnlyList<long> sequences, HealthCheckOptions options)
    {
        _engine = engine;
        _chain = chain;
        _sequences = sequences;
        _options = options;
        _progress = new UpkeepProgress(chain.Machine, "Verifying", engine.Time);
    }

    private Chain Chain => _chain.Chain;

    private CheckScope Scope => _sequences.Count > 0 ? CheckScope.Points
        : _options.All ? CheckScope.All
        : _options.Percent is not null ? CheckScope.Percent
        : CheckScope.Newest;

    public async Task<ChainHealth> RunAsync(CancellationToken cancellation)
    {
        bool isComplete;
        await using (new ProgressPump(_options.Progress, _progress.Now, _engine.Time))
        {
            isComplete = await CheckAsync(cancellation);
        }

        var findings = _options.Repair && !_options.LookOnly
            ? await RepairAsync(cancellation) : Describe(cancellation);
        if (_options.Found is { } tell)
        {
            foreach (var finding in findings)
            {
                await tell(finding);
            }
        }

        var health = Summary(findings, isComplete);
        if (_options.Checked is { } tellChain)
        {
            await tellChain(health);
        }

        if (Trouble(findings) is { } trouble)
        {
            _options.Fail?.Invoke(_chain.Machine, trouble);
        }

        return health;
    }

    private async Task<bool> CheckAsync(CancellationToken cancellation)
    {
        var share = Limits.ShareOf(_chain.Repository, _options.MaxRateBytesPerSecond, _engine.Time);
        var percent = _options.Percent ?? 100;
        while (true)
        {
            var request = new CheckRequest
            {
                Depth = _options.Depth,
                Scope = Scope,
                Percent = percent,
                Sequences = _sequences,
                NowUtc = _engine.NowUtc,
                Take = share.Take,
                Progress = _progress.Set,
            };
            var part = await ChainCheck.RunAsync(Chain, request, cancellation);
            _damage.AddRange(part.Damage.Where(d => _known.Add(KeyOf(d))));
            _hasMore |= part.HasMoreDamage;
            _points.UnionWith(part.Points);
            _checkedBytes += part.CheckedBytes;
            _totalBytes = part.TotalBytes;
            if (!part.GaveWay)
            {
                return part.IsComplete;
            }

            if (Scope == CheckScope.Percent && part.TotalBytes > 0)
            {
                percent -= 100.0 * part.CheckedBytes / part.TotalBytes;
                if (percent <= 0)
                {
                    return part.IsComplete;
                }
            }

            _progress.Before = _checkedBytes;
            await GiveWayAsync(cancellation);
        }
    }

    private static (HealthFindingKind, string, long, string) KeyOf(ChainDamage damage) =>
        (damage.Kind, Path.GetFileName(damage.Path), damage.Offset, damage.Record?.ToString() ?? "");

    // Until those who asked for a point have tried again.
    private async Task GiveWayAsync(CancellationToken cancellation)
    {
        do
        {
            await Task.Delay(_options.Poll, _engine.Time, cancellation);
        }
        while (Chain.Points().Any(p => Chain.Locks.IsHeld(Chain.WishFor(p.Stem))));
    }

    private async Task<HealthFinding[]> RepairAsync(CancellationToken cancellation)
    {
        // What an earlier check found elsewhere is healed with it.
        _damage.AddRange(ChainMemory.Damage(Chain).Where(d => _known.Add(KeyOf(d))));
        if (_damage.Count == 0)
        {
            return [];
        }

        RepairOutcome outcome;
        try
        {
            using var slot = await Limits.TakeSlotAsync(
                Chain.Repository, _chain.Repository, _engine.Time, cancellation);
            outcome = Repair(cancellation);
        }
        catch (BackupCopyException error)
        {
            // Somebody writes the chain, or nobody may. What was found is told all the same.
            _options.Fail?.Invoke(_chain.Machine, error);
            return Describe(cancellation);
        }

        _setAside = outcome.SetAside;
        ChainMemory.Forget(Chain, outcome.Healed.Select(h => h.Damage));
        BackupSummaries.Refresh(_chain.Backup);
        return
        [
            .. outcome.Healed.Select(h => Findings.Of(_chain, h)),
            .. outcome.Left.Select(l => Findings.Of(_chain, l)),
        ];
    }

    // A point file that was made anew is not taken for an older state; an older state stays one.
    private RepairOutcome Repair(CancellationToken cancellation)
    {
        var isOwn = _chain.Job is { } job && !WentBack.Find(_engine, job).Any(f => f.Path == Chain.Path);
        var outcome = ChainRepair.Run(Chain, _damage, Holders(), _engine.NowUtc, cancellation);
        if (isOwn)
        {
            WentBack.Remember(_engine, _chain.Job!, Chain);
        }

        return outcome;
    }

    private HealthFinding[] Describe(CancellationToken cancellation)
    {
        if (_damage.Count == 0)
        {
            return [];
        }

        var from = ChainRepair.Find(Chain, _damage, Holders(), cancellation);
        return [.. _damage.Select(d => Findings.Of(_chain, d, from.GetValueOrDefault(d, "")))];
    }

    private IReadOnlyList<Holder> Holders() => HolderFinder.Of(
        _engine, _chain.Job, Chain.Repository, Chain, _chain.MachineId, _chain.Machine);

    private ChainHealth Summary(IReadOnlyList<HealthFinding> findings, bool isComplete)
    {
        var (found, healed, left, harmless) = (
            findings.Count(HealthFindingState.Found), findings.Count(HealthFindingState.Healed),
            findings.Count(HealthFindingState.Left), findings.Count(HealthFindingState.Harmless));
        var memory = ChainMemory.Read(Chain);
        var newest = Chain.Newest()?.Sequence;
        return new ChainHealth
        {
            Job = _chain.Job?.Name ?? "",
            Repository = _chain.Repository.Name,
            Backup = _chain.Backup.FolderName,
            Machine = _chain.Machine,
            Depth = _options.Depth,
            Points = _points.ToArray(),
            CheckedBytes = _checkedBytes,
            TotalBytes = _totalBytes,
            Found = found + healed + left,
            Healed = healed,
            Left = found + left,
            Harmless = harmless,
            HasMoreDamage = _hasMore,
            SetAside = _setAside.ToArray(),
            Duration = _progress.Elapsed,
            IsComplete = isComplete,
            LastVerified = memory.Points.FirstOrDefault(p => p.Sequence == newest)?.VerifiedUtc.ToLocalTime(),
            IsRemembered = !Chain.Repository.IsReadOnly,
        };
    }

    private BackupCopyException? Trouble(IReadOnlyList<HealthFinding> findings)
    {
        var bad = findings
            .Where(f => f.State is HealthFindingState.Found or HealthFindingState.Left).ToList();
        if (bad.Count == 0)
        {
            return null;
        }

        var points = bad.SelectMany(f => f.AffectedPoints).Distinct().Order().ToList();
        var left = bad.Count(HealthFindingState.Left);
        var harm = points.Count == 0 ? ""
            : $" of restore point{(points.Count == 1 ? "" : "s")} {string.Join(", ", points)}";
        return new BackupCopyException(
            ErrorCode.DamageFound,
            $"{ReadableText.Count(bad.Count, "place")}{harm} in the backup {_chain.Backup.FolderName} of "
            + $"{_chain.Repository.Name} {(bad.Count == 1 ? "is" : "are")} damaged"
            + (left > 0 ? $" and could not be healed: {bad[0].Message}" : "."),
            Remedy(bad, left > 0));
    }

    private string Remedy(List<HealthFinding> bad, bool wasTried)
    {
        if (wasTried)
        {
            return "Attach a repository that holds the same bytes and run it again; restore points that are "
                + "not named restore whole. A sync copies what the machine's newest state still has.";
        }

        var from = bad.Select(f => f.RepairableFrom).Where(f => f.Length > 0).ToList();
        var all = from.Count == bad.Count ? "all of it" : $"{from.Count} of {bad.Count}";
        var by = _chain.Job is { } job
            ? $"Invoke-HealthCheck -Job {job.Name} -Repair, or the next sync, heals"
            : "Invoke-HealthCheck -Repair heals";
        return from.Count == 0
            ? "Nobody who can be reached holds these bytes: attach a repository that does, then run "
                + "Invoke-HealthCheck -Repair."
            : $"{by} {all}, from {string.Join(" and ", from.Distinct().Take(3))}.";
    }
}
