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

            if (Summary(backup) is { } summary)
            {
                backups++;
                stored += summary.StoredBytes;
            }
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

    private BackupSummary? Summary(BackupFolder backup)
    {
        try
        {
            return _repository.IsReadOnly ? BackupSummary.Of(backup) : BackupSummary.Refresh(backup);
        }
        catch (BackupCopyException error)
        {
            Note(error);
            return null;
        }
    }

    // One chain's trouble is its own: the others are looked at all the same.
    private void Look(Chain chain, CancellationToken cancellation)
    {
        _machines++;
        try
        {
            LookAtFiles(chain, cancellation);
        }
        catch (BackupCopyException error)
        {
            Note(error);
        }
    }

    private void LookAtFiles(Chain chain, CancellationToken cancellation)
    {
        var findings = ChainRescan.Run(chain);
        _points += findings.Points;
        _incomplete += findings.Incomplete;
        _rebuilt += findings.RebuiltIndexes;
        _damage.AddRange(findings.Damage);
        if (_deep && findings.Damage.Count == 0)
        {
            var deep = DeepRescan.Run(chain, cancellation);
            _leakedBytes += deep.LeakedBytes;
            _reclaimedBytes += deep.ReclaimedBytes;
            _damage.AddRange(deep.Damage);
        }
    }

    private void Note(BackupCopyException error)
    {
        var found = error.Code == ErrorCode.ChainLocked ? _skipped : _damage;
        if (!found.Contains(error.Message))
        {
            found.Add(error.Message);
        }
    }
}
