using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>What the points before and after have at the place of a lost map node.</summary>
internal sealed class NodeNeighbours
{
    private readonly long _sequence;
    private readonly Dictionary<uint, long> _births = [];

    private NodeNeighbours(long sequence) => _sequence = sequence;

    /// <summary>The sequence of the point before the oldest one that has the node; 0 without one.</summary>
    public long OlderSequence { get; private init; }

    /// <summary>The entries that the point started from; null where it has none, or none that read.</summary>
    public MapEntry[]? Older { get; private init; }

    /// <summary>The next newer entries that read; null where nothing newer descends from the node.</summary>
    public MapEntry[]? Newer { get; private set; }

    public static NodeNeighbours Of(RepairWork work, RecordStore store, LostNode node)
    {
        var oldest = node.Use.Point;
        var before = work.Points.LastOrDefault(p => p.Sequence < oldest.Sequence);
        var near = new NodeNeighbours(oldest.Sequence)
        {
            OlderSequence = before?.Sequence ?? 0,
            Older = oldest.IsFull || before?.File is not { } older ? null
                : TryNode(work, store, older, node.Use),
        };
        foreach (var newer in work.Files.Where(f => f.Sequence > node.Points[^1]))
        {
            // A full shares nothing with what is before it, and neither does anything behind it. Its content
            // may still be the same, which is worth a guess.
            near.Newer = TryNode(work, store, newer, node.Use);
            if (near.Newer is not null)
            {
                foreach (var file in newer.BlockFiles)
                {
                    near._births[file.Number] = file.BirthSequence;
                }
            }

            if (near.Newer is not null || newer.IsFull)
            {
                break;
            }
        }

        return near;
    }

    /// <summary>
    /// Whether an entry of the newer node names a record that is no younger than the point: then the point
    /// names it there too.
    /// </summary>
    public bool IsInherited(MapEntry newer) =>
        !newer.IsEmpty && _births.GetValueOrDefault(newer.Name.File, long.MaxValue) <= _sequence;

    private static MapEntry[]? TryNode(RepairWork work, RecordStore store, PointFile point, RecordUse node)
    {
        if (point.BlockSizeBytes != node.Point.BlockSizeBytes
            || point.Disks.FirstOrDefault(d => d.Id == node.Disk.Id) is not { } disk)
        {
            return null;
        }

        var map = new DiskMap(store, disk, point.BlockSizeBytes);
        if (node.Level == map.RootLevel + 1 && node.Index == 0 && !disk.Root.IsEmpty)
        {
            // The disk grew: its old root is the first child of the level above.
            var above = new MapEntry[FormatLimits.FanOut];
            above[0] = disk.Root;
            return above;
        }

        try
        {
            return map.Node(node.Level, node.Index);
        }
        catch (BackupCopyException error) when (work.IsDamage(error))
        {
            return null;
        }
    }
}
