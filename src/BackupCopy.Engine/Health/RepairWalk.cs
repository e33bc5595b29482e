using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>An entry of a map, and where the oldest point has it that was walked.</summary>
/// <param name="Level">-1 for a block, else the map node's level.</param>
/// <param name="Index">The block, or the node's index at its level.</param>
internal readonly record struct RecordUse(
    MapEntry Entry, int Level, long Index, DiskEntry Disk, PointFile Point)
{
    public RecordName Name => Entry.Name;

    public Digest Digest => Entry.Digest;

    /// <summary>Of a block; 0 for a node, and for a block behind the end of the disk.</summary>
    public int PlainLength =>
        Level < 0 && Index < BlockSize.CountFor(Disk.SizeBytes, Point.BlockSizeBytes)
            ? BlockSize.LengthOf(Index, Disk.SizeBytes, Point.BlockSizeBytes) : 0;
}

/// <summary>A map node that cannot be read.</summary>
/// <param name="Points">The sequences of those that have it, ascending.</param>
internal sealed record LostNode(RecordUse Use, BackupCopyException Error, IReadOnlyList<long> Points);

/// <summary>Walks maps over what does not verify in them.</summary>
internal static class RepairWalk
{
    /// <summary>Tells what points name; what neighbours share at one place once.</summary>
    /// <param name="points">In the order of their sequences, or the other way round.</param>
    /// <returns>Nodes that cannot be read; nothing is known of what lies below them.</returns>
    public static IReadOnlyList<LostNode> Run(
        RecordStore store, IReadOnlyList<PointFile> points, Func<BackupCopyException, bool> isDamage,
        Action<RecordUse>? used, CancellationToken cancellation)
    {
        var lost = new Dictionary<RecordName, (RecordUse Use, BackupCopyException Error)>();
        var walk = new ChainWalk(store, (in MapPlace place, in MapEntry entry) =>
        {
            if (!place.IsBlock)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            used?.Invoke(UseOf(place, entry));
        })
        {
            Failed = (in MapPlace place, in MapEntry entry, BackupCopyException error) =>
            {
                if (!isDamage(error))
                {
                    return false;
                }

                lost.TryAdd(entry.Name, (UseOf(place, entry), error));
                return true;
            },
        };
        walk.VisitAll(points);
        return
        [
            .. lost.Values.Select(l => new LostNode(l.Use, l.Error, PointsWith(store, points, l.Use))),
        ];
    }

    private static RecordUse UseOf(in MapPlace place, in MapEntry entry) =>
        new(entry, place.Level, place.Index, place.Disk, place.Point);

    private static List<long> PointsWith(
        RecordStore store, IReadOnlyList<PointFile> points, RecordUse node) =>
        [.. points.Where(p => Names(store, p, node)).Select(p => p.Sequence).Order()];

    private static bool Names(RecordStore store, PointFile point, RecordUse node)
    {
        if (point.Sequence == node.Point.Sequence)
        {
            return true;
        }

        try
        {
            return point.BlockSizeBytes == node.Point.BlockSizeBytes
                && point.Disks.FirstOrDefault(d => d.Id == node.Disk.Id) is { } disk
                && new DiskMap(store, disk, point.BlockSizeBytes).Reference(node.Level, node.Index)
                    is { IsEmpty: false } entry
                && entry.Name == node.Name;
        }
        catch (BackupCopyException)
        {
            // What lies above it is lost there as well, and told by itself.
            return false;
        }
    }
}
