using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Reporting;

namespace BackupCopy.Running;

/// <summary>Looks at every file of a repository and adds up what was found.</summary>
internal sealed class RepositoryRescan
{
    private readonly string _name;
    private readonly RepositoryFolder _repository;
    private readonly bool _deep;
    private readonly List<string> _damage = [];
    private readonly List<string> _skipped = [];
    private int _machines;
    private int _points;
    private int _incomplete;
    private int _rebuilt;
    private long _leakedBytes;
    private long _reclaimedBytes;

    /// <param name="deep">Also walks all maps and gives back what nothing uses.</param>
    public RepositoryRescan(string name, RepositoryFolder repository, bool deep)
    {
        _name = name;
        _repository = repository;
        _deep = deep;
    }

    public RescanResult Run(CancellationToken cancellation)
    {
        var backups = 0;
        var stored = 0L;
        foreach (var backup in _repository.Backups())
        {
            foreach (var chain in backup.Chains())
            {
                cancellation.ThrowIfCancellationRequested();
                Look(chain, cancellation);
            }

            var summary = _repository.IsReadOnly ? BackupSummary.Of(backup) : BackupSummary.Refresh(backup);
            backups += summary is null ? 0 : 1;
            stored += summary?.StoredBytes ?? 0;
        }

        return new RescanResult
        {
            Repository = _name,
            BackupCount = backups,
            MachineCount = _machines,
            RestorePointCount = _points,
            IncompleteCount = _incomplete,
            Damage = _damage,
            Skipped = _skipped,
            RebuiltIndexCount = _rebuilt,
            StoredBytes = stored,
            LeakedBytes = _leakedBytes,
            ReclaimedBytes = _reclaimedBytes,
        };
    }

    private void Look(Chain chain, CancellationToken cancellation)
    {
        var findings = ChainRescan.Run(chain);
        _machines++;
        _points += findings.Points;
        _incomplete += findings.Incomplete;
        _rebuilt += findings.RebuiltIndexes;
        _damage.AddRange(findings.Damage);
        if (_deep && findings.Damage.Count == 0)
        {
            LookDeep(chain, cancellation);
        }
    }

    private void LookDeep(Chain chain, CancellationToken cancellation)
    {
        try
        {
            var deep = DeepRescan.Run(chain, cancellation);
            _leakedBytes += deep.LeakedBytes;
            _reclaimedBytes += deep.ReclaimedBytes;
            _damage.AddRange(deep.Damage);
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.ChainLocked)
        {
            _skipped.Add(error.Message);
        }
    }
}
