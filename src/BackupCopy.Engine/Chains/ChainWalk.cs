using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>Where an entry of a point's maps stands.</summary>
/// <param name="Level">-1 for a block, else the level of the node that the entry names.</param>
/// <param name="Index">The block, or the node's index at its level.</param>
internal readonly record struct MapPlace(PointFile Point, DiskEntry Disk, int Level, long Index)
{
    public bool IsBlock => Level < 0;
}

internal delegate void EntryFound(in MapPlace place, in MapEntry entry);

/// <summary>False lets the error end the walk.</summary>
internal delegate bool NodeFailed(in MapPlace place, in MapEntry entry, BackupCopyException error);

/// <summary>
/// Walks the maps of points, from the roots to the entries of blocks. What a point shares with the point
/// before it at the same place is walked once. Reads maps and no block; memory is depth × node.
/// </summary>
internal sealed class ChainWalk(RecordStore store, EntryFound found)
{
    /// <summary>
    /// Told of a node that cannot be read; the walk goes on beside it. Without it the error ends the walk.
    /// </summary>
    public NodeFailed? Failed { get; init; }

    /// <summary>Walks these points, in the order of their sequences.</summary>
    public void VisitAll(IEnumerable<PointFile> points)
    {
        PointFile? before = null;
        foreach (var point in points)
        {
            Visit(point, before);
            before = point;
        }
    }

    /// <param name="before">A point that was walked already; null walks everything.</param>
    public void Visit(PointFile point, PointFile? before)
    {
        foreach (var disk in point.Disks)
        {
            var same = before?.BlockSizeBytes == point.BlockSizeBytes
                ? before.Disks.FirstOrDefault(d => d.Id == disk.Id) : null;
            var map = new DiskMap(store, disk, point.BlockSizeBytes);
            var other = same is null ? null : new DiskMap(store, same, point.BlockSizeBytes);
            Visit(point, map, Readable(other, map.RootLevel + 1, 0), map.RootLevel, 0);
        }
    }

    private void Visit(PointFile point, DiskMap map, DiskMap? before, int level, long index)
    {
        var node = map.Reference(level, index);
        if (node.IsEmpty || (before is not null && IsSame(node, before.Reference(level, index))))
        {
            return;
        }

        var place = new MapPlace(point, map.Disk, level, index);
        found(place, node);
        if (TryRead(map, place, node) is not { } entries)
        {
            return;
        }

        var other = Readable(before, level, index);
        var olds = level == 0 ? other?.Node(0, index) : null;
        for (var slot = 0; slot < FormatLimits.FanOut; slot++)
        {
            if (entries[slot].IsEmpty)
            {
                continue;
            }

            var child = index * FormatLimits.FanOut + slot;
            if (level > 0)
            {
                Visit(point, map, other, level - 1, child);
            }
            else if (olds is null || !IsSame(entries[slot], olds[slot]))
            {
                found(new MapPlace(point, map.Disk, -1, child), entries[slot]);
            }
        }
    }

    private MapEntry[]? TryRead(DiskMap map, in MapPlace place, in MapEntry node)
    {
        try
        {
            return map.Node(place.Level, place.Index);
        }
        catch (BackupCopyException error)
        {
            if (Failed is null || !Failed(place, node, error))
            {
                throw;
            }

            return null;
        }
    }

    // Where the older map cannot be read nothing is known to be shared. Its error was told before.
    private DiskMap? Readable(DiskMap? before, int level, long index)
    {
        try
        {
            if (before is not null && level <= before.RootLevel)
            {
                before.Node(level, index);
            }

            return before;
        }
        catch (BackupCopyException) when (Failed is not null)
        {
            return null;
        }
    }

    private static bool IsSame(in MapEntry entry, in MapEntry other) =>
        !other.IsEmpty && other.Name.Number == entry.Name.Number && other.Name.File == entry.Name.File;
}
