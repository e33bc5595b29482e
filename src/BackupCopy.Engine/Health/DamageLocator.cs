using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// Says of bad records what they are to the machine: disk, block, expected digest and every point that uses
/// them. Walks the maps of all points once more; only damage costs that.
/// </summary>
internal sealed class DamageLocator
{
    // A record named by more entries than that is the same everywhere.
    private const int MostSpots = 16;

    private readonly Chain _chain;
    private readonly RecordStore _store;
    private readonly IReadOnlyList<PointFile> _points;
    private readonly Dictionary<RecordName, Bad> _bad = [];

    private DamageLocator(Chain chain, RecordStore store, IReadOnlyList<PointFile> points)
    {
        _chain = chain;
        _store = store;
        _points = points;
    }

    public static IReadOnlyList<ChainDamage> Run(
        Chain chain, RecordStore store, IReadOnlyList<PointFile> points, IReadOnlyList<BadBlock> blocks,
        IReadOnlyList<BadNode> nodes, CancellationToken stop)
    {
        var locator = new DamageLocator(chain, store, points);
        foreach (var block in blocks)
        {
            locator._bad.TryAdd(block.Name, new Bad(block, null));
        }

        foreach (var node in nodes.Take(HealthFile.MostDamage))
        {
            locator._bad.TryAdd(node.Entry.Name, new Bad(null, node));
        }

        if (locator._bad.Count == 0)
        {
            return [];
        }

        locator.FindSpots(stop);
        locator.FindPoints(stop);
        return [.. locator._bad.Select(b => locator.Damage(b.Key, b.Value))];
    }

    private void FindSpots(CancellationToken stop)
    {
        var walk = new ChainWalk(
            _store,
            (in MapPlace place, in MapEntry entry) =>
            {
                if (!place.IsBlock)
                {
                    stop.ThrowIfCancellationRequested();
                }

                if (_bad.TryGetValue(entry.Name, out var bad) && bad.Spots.Count < MostSpots)
                {
                    bad.Spots.Add(new Spot(place, entry));
                }
            })
        {
            Failed = (in MapPlace _, in MapEntry _, BackupCopyException _) => true,
        };
        walk.VisitAll(_points);
    }

    private void FindPoints(CancellationToken stop)
    {
        // In the order of the map, so that each node on the way is read once.
        var all = _bad.SelectMany(b => b.Value.Spots.Select(s => (Name: b.Key, Bad: b.Value, s.Place)))
            .OrderBy(s => s.Place.Index * MapNode.BlocksPerChild(s.Place.Level + 1)).ToList();
        foreach (var point in _points)
        {
            foreach (var disk in point.Disks)
            {
                stop.ThrowIfCancellationRequested();
                var map = new DiskMap(_store, disk, point.BlockSizeBytes);
                foreach (var (name, bad, place) in all)
                {
                    if (place.Disk.Id == disk.Id && place.Point.BlockSizeBytes == point.BlockSizeBytes
                        && IsThere(map, place, name))
                    {
                        bad.Points.Add(point.Sequence);
                    }
                }
            }
        }
    }

    private static bool IsThere(DiskMap map, in MapPlace place, RecordName name)
    {
        try
        {
            var entry = place.IsBlock ? map.Block(place.Index) : map.Reference(place.Level, place.Index);
            return !entry.IsEmpty && entry.Name == name;
        }
        catch (BackupCopyException)
        {
            // Below a bad node nobody knows; the node is damage of its own.
            return false;
        }
    }

    private ChainDamage Damage(RecordName name, Bad bad)
    {
        var spot = bad.Spots.Count > 0 ? bad.Spots[0] : (Spot?)null;
        var (path, offset) = bad.Block is { } block ? (block.Path, block.Offset) : PlaceOf(name);
        return new ChainDamage
        {
            Kind = bad.Block is null ? HealthFindingKind.DamagedMap : HealthFindingKind.DamagedBlock,
            Path = path,
            Offset = Math.Max(0, offset),
            Record = name,
            Digest = spot?.Entry.Digest ?? bad.Block?.Expected ?? default,
            DiskId = spot?.Place.Disk.Id ?? default,
            Disk = spot?.Place.Disk.Name ?? "",
            Level = spot?.Place.Level ?? -1,
            Block = spot?.Place.Index ?? -1,
            AffectedPoints = [.. bad.Points],
            Message = bad.Block?.Message ?? bad.Node!.Error.Message,
        };
    }

    private (string Path, long Offset) PlaceOf(RecordName name)
    {
        try
        {
            var place = _store.Locate(name);
            return (_store.PathOf(place.File), place.Offset);
        }
        catch (BackupCopyException)
        {
            return (_store.PathOf(name.File), 0);
        }
    }

    private readonly record struct Spot(MapPlace Place, MapEntry Entry);

    private sealed record Bad(BadBlock? Block, BadNode? Node)
    {
        public List<Spot> Spots { get; } = [];

        public SortedSet<long> Points { get; } = [];
    }
}
