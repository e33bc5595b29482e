using BackupCopy.Format;

namespace BackupCopy.Chains.Removal;

/// <summary>The records that a point names, nodes of its maps included, found by walking its maps.</summary>
internal static class UsedRecords
{
    /// <summary>
    /// Those in files born after <paramref name="older"/>. A node is never older than what it names, so the
    /// walk ends at older nodes.
    /// </summary>
    public static RecordSet Of(RecordStore store, PointFile point, long older)
    {
        var used = new RecordSet();
        var young = point.BlockFiles.Where(f => f.BirthSequence > older).Select(f => f.Number).ToHashSet();
        foreach (var disk in point.Disks)
        {
            var map = new DiskMap(store, disk, point.BlockSizeBytes);
            Visit(map, map.RootLevel, 0, young, used);
        }

        return used;
    }

    private static void Visit(DiskMap map, int level, long index, HashSet<uint> young, RecordSet used)
    {
        var node = map.Reference(level, index);
        if (node.IsEmpty || !young.Contains(node.Name.File))
        {
            return;
        }

        used.Add(node.Name);
        var entries = map.Node(level, index)!;
        for (var slot = 0; slot < FormatLimits.FanOut; slot++)
        {
            if (level > 0)
            {
                Visit(map, level - 1, index * FormatLimits.FanOut + slot, young, used);
            }
            else if (!entries[slot].IsEmpty && young.Contains(entries[slot].Name.File))
            {
                used.Add(entries[slot].Name);
            }
        }
    }
}
