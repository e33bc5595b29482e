using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>A node of a map that does not verify, where the oldest point has it.</summary>
internal sealed record BadNode(MapPlace Place, MapEntry Entry, BackupCopyException Error);

/// <summary>
/// Verifies every node of the maps of all points, those that several points share once. A bad one costs what
/// is below it and no more. Where all verify, the chain's own promises are proven by the same walk.
/// </summary>
internal sealed class MapCheck
{
    private const int NodesBetweenLooks = 512;
    private const int MostSentences = 100;

    private readonly Chain _chain;
    private readonly IReadOnlyList<PointFile> _points;
    private readonly List<BadNode> _bad = [];
    private readonly FullMark _mark;
    private readonly CheckLocks _locks;
    private readonly ExpectedBlocks _expected;
    private readonly CancellationToken _stop;
    private int _nodes;

    private MapCheck(
        Chain chain, IReadOnlyList<PointFile> points, RecordStore store, CheckLocks locks,
        ExpectedBlocks expected, CancellationToken stop)
    {
        _chain = chain;
        _points = points;
        _mark = new FullMark(chain, store);
        _locks = locks;
        _expected = expected;
        _stop = stop;
    }

    public IReadOnlyList<BadNode> Bad => _bad;

    /// <summary>What some point uses; incomplete where a node is bad.</summary>
    public RecordSet Used => _mark.Used;

    /// <summary>Whether it ended early because somebody waits to remove a point.</summary>
    public bool GaveWay { get; private set; }

    /// <summary>Null where something that does not verify leaves no proof.</summary>
    public MarkFindings? Proof { get; private set; }

    /// <param name="expected">Told of all blocks.</param>
    public static MapCheck Run(
        Chain chain, IReadOnlyList<PointFile> points, RecordStore store, CheckLocks locks,
        ExpectedBlocks expected, CancellationToken stop)
    {
        var check = new MapCheck(chain, points, store, locks, expected, stop);
        var walk = new ChainWalk(store, check.Found) { Failed = check.Failed };
        try
        {
            PointFile? before = null;
            foreach (var point in points)
            {
                check._mark.Begin(point);
                walk.Visit(point, before);
                before = point;
            }
        }
        catch (GaveWayException)
        {
            check.GaveWay = true;
        }

        if (check is { GaveWay: false, Bad.Count: 0 })
        {
            expected.EndTelling();
        }

        return check;
    }

    /// <summary>Compares what is used with what the indexes hold.</summary>
    /// <returns>What does not hold.</returns>
    public IReadOnlyList<ChainDamage> Prove()
    {
        var wasQuiet = IsQuiet();
        try
        {
            Proof = _mark.Compare();
        }
        catch (BackupCopyException error) when (ReadFault.IsDamage(_chain.Repository, error))
        {
            // An index that nobody lists, or a file that went meanwhile: what is listed was looked at before.
            return [];
        }

        var broken = Proof.Violations.Take(MostSentences).Select(Broken);

        // Whoever writes the chain has files that nobody lists yet, and a removal has not released all.
        return [.. broken, .. wasQuiet && IsQuiet() ? Space(Proof) : []];
    }

    /// <summary>A promise of the format that does not hold.</summary>
    public ChainDamage Broken(string sentence) => new()
    {
        Kind = HealthFindingKind.BrokenPromise,
        Path = _chain.Path,
        Message = sentence,
    };

    private IEnumerable<ChainDamage> Space(MarkFindings proof)
    {
        var leakedBytes = proof.LeakedBytes - proof.Unlisted.Sum(e => e.Length);
        if (proof.Leaked > 0)
        {
            yield return new ChainDamage
            {
                Kind = HealthFindingKind.LeakedSpace,
                Path = _chain.Path,
                Message =
                    $"{proof.Leaked} records of {leakedBytes} bytes are used by no restore point and were "
                    + "not released.",
            };
        }

        foreach (var entry in proof.Unlisted)
        {
            yield return new ChainDamage
            {
                Kind = HealthFindingKind.UnlistedFile,
                Path = Path.Combine(_chain.Path, entry.Name),
                Message = $"{entry.Name} of {entry.Length} bytes is listed by no restore point.",
            };
        }
    }

    private bool IsQuiet() =>
        !_chain.IsBeingWritten(out _) && _chain.Tombstones().Count == 0
        && _chain.Points().Select(p => p.Sequence).SequenceEqual(_points.Select(p => p.Sequence));

    private void Found(in MapPlace place, in MapEntry entry)
    {
        if (!place.IsBlock)
        {
            _stop.ThrowIfCancellationRequested();
            if (_nodes++ % NodesBetweenLooks == 0 && _locks.IsAnyWanted)
            {
                throw new GaveWayException();
            }
        }

        else
        {
            _expected.Tell(place, entry);
        }

        // With a bad node there will be no proof, and the mark must not look for it either.
        if (_bad.Count == 0)
        {
            _mark.Use(place, entry);
        }
        else
        {
            _mark.Used.Add(entry.Name);
        }
    }

    private bool Failed(in MapPlace place, in MapEntry entry, BackupCopyException error)
    {
        if (!ReadFault.IsDamage(_chain.Repository, error))
        {
            return false;
        }

        _bad.Add(new BadNode(place, entry, error));
        return true;
    }

    // Leaves a walk that is many calls deep.
    private sealed class GaveWayException : Exception;
}
