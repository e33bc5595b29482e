using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// Finds other records of map nodes in the chain's own files: what a move left behind, or a file under
/// another name. Their origin says which they are, their content that they are right.
/// </summary>
internal static class NodeSearch
{
    /// <returns>The nodes that were found, with the stored bytes of a record.</returns>
    public static IReadOnlyDictionary<LostNode, byte[]> ByOrigin(
        RepairWork work, IReadOnlyCollection<LostNode> nodes, RecordStore store)
    {
        var found = new Dictionary<LostNode, byte[]>();
        var wanted = nodes.Where(n => work.Listed.ContainsKey(n.Use.Name.File)).ToDictionary(
            n => (work.Listed[n.Use.Name.File].FileId, n.Use.Name.Number));
        foreach (var (number, alignment) in MapFiles(work))
        {
            foreach (var record in RecordScan.Of(
                work.Chain, number, BlockFileKind.Map, alignment, store, work.Cancellation))
            {
                if (wanted.TryGetValue(
                        (record.Header.OriginFileId, record.Header.OriginOrdinal), out var node)
                    && !found.ContainsKey(node) && IsNode(record, node.Use))
                {
                    var stored = new byte[record.Place.SlotLength];
                    store.ReadRange(number, record.Place.Offset, stored);
                    found.Add(node, stored);
                }
            }
        }

        return found;
    }

    private static IEnumerable<(uint Number, int Alignment)> MapFiles(RepairWork work)
    {
        foreach (var entry in work.Chain.Repository.Storage.List(work.Chain.Path))
        {
            if (!Names.TryNumber(entry.Name, Names.Blocks, out var number))
            {
                continue;
            }

            var header = IndexSource.TryHeader(work, number);
            if (header?.Kind == BlockFileKind.Map
                || (header is null && work.Listed.GetValueOrDefault(number).Kind == BlockFileKind.Map))
            {
                yield return (number, header?.Alignment ?? FormatLimits.SmallAlignment);
            }
        }
    }

    private static bool IsNode(FoundRecord record, RecordUse use)
    {
        try
        {
            var plain = record.Slot.Span.Slice(RecordHeader.Layout.Size, record.Header.StoredLength);
            var entries = new MapEntry[FormatLimits.FanOut];
            MapNode.Read(plain, use.Level, use.Index, entries, "");
            return record.Header.Codec == Codec.None && Digest.Of(plain) == record.Header.Digest
                && MapNode.ContentDigest(use.Level, entries) == use.Digest;
        }
        catch (BackupCopyException)
        {
            return false;
        }
    }
}
