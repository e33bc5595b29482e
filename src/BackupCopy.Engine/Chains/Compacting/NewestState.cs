using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains.Compacting;

/// <summary>
/// Walks the records of a point in the order in which a full would hold them: the blocks of its disks, then
/// the nodes of its maps, children before their parent; each record where it is named first. One segment is
/// in memory at a time (I-6).
/// </summary>
internal sealed class NewestState(PointFile point, RecordStore store, int alignment, long fileBytes)
{
    // A bound for disks whose blocks are small; a segment of 512 KB blocks has 8192.
    private const int MostRecords = 1 << 16;

    /// <summary>
    /// The cut goes by plain lengths, so that it stays where it is when blocks are compressed anew.
    /// </summary>
    public IEnumerable<Segment> Segments() =>
        Cut(BlockFileKind.Data, Blocks(), alignment)
            .Concat(Cut(BlockFileKind.Map, Nodes(), FormatLimits.SmallAlignment));

    private IEnumerable<Segment> Cut(BlockFileKind kind, IEnumerable<StateRecord> records, int alignmentBytes)
    {
        var limit = fileBytes - FormatLimits.PageAlignment;
        var segment = new Segment(kind);
        foreach (var record in records)
        {
            if (segment.Records.Count == MostRecords
                || (segment.Records.Count > 0
                    && segment.MostBytes + record.LargestSlot(alignmentBytes) > limit))
            {
                yield return segment;
                segment = new Segment(kind);
            }

            segment.Add(record, alignmentBytes);
        }

        if (segment.Records.Count > 0)
        {
            yield return segment;
        }
    }

    private IEnumerable<StateRecord> Blocks()
    {
        var seen = new Removal.RecordSet();
        foreach (var disk in point.Disks)
        {
            foreach (var (block, entry) in new DiskMap(store, disk, point.BlockSizeBytes).Walk())
            {
                if (IsFirst(entry, seen))
                {
                    yield return new StateRecord(
                        entry.Name, store.Locate(entry.Name), entry.Digest,
                        BlockSize.LengthOf(block, disk.SizeBytes, point.BlockSizeBytes));
                }
            }
        }
    }

    private static bool IsFirst(MapEntry entry, Removal.RecordSet seen)
    {
        if (!entry.Flags.HasFlag(MapEntryFlags.Shared))
        {
            return true;
        }

        var isFirst = !seen.Contains(entry.Name);
        seen.Add(entry.Name);
        return isFirst;
    }

    private IEnumerable<StateRecord> Nodes()
    {
        foreach (var disk in point.Disks)
        {
            var map = new DiskMap(store, disk, point.BlockSizeBytes);
            foreach (var node in Nodes(map, map.RootLevel, 0))
            {
                yield return new StateRecord(node.Name, store.Locate(node.Name), node.Digest, 0);
            }
        }
    }

    private static IEnumerable<MapEntry> Nodes(DiskMap map, int level, long index)
    {
        var node = map.Reference(level, index);
        if (node.IsEmpty)
        {
            yield break;
        }

        for (var slot = 0; level > 0 && slot < FormatLimits.FanOut; slot++)
        {
            foreach (var below in Nodes(map, level - 1, index * FormatLimits.FanOut + slot))
            {
                yield return below;
            }
        }

        yield return node;
    }
}
