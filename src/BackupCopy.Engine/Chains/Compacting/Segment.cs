using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains.Compacting;

/// <summary>A record of the newest state, where it lies now.</summary>
/// <param name="Digest">Of a block's plain bytes, or of a node's content.</param>
/// <param name="PlainLength">Of a block; 0 for a map node, which is stored as it is.</param>
internal readonly record struct StateRecord(
    RecordName Name, RecordPlace Place, Digest Digest, int PlainLength)
{
    public RecordKind Kind => PlainLength == 0 ? RecordKind.MapNode : RecordKind.Block;

    /// <summary>The room that it takes at most, however its block is compressed.</summary>
    public int LargestSlot(int alignment) =>
        Math.Max(Place.SlotLength, PlainLength == 0 ? 0 : RecordHeader.SlotLength(PlainLength, alignment));
}

/// <summary>
/// Neighbours of the newest state that one new file holds: written anew together or left alone together.
/// </summary>
internal sealed class Segment(BlockFileKind kind)
{
    /// <summary>
    /// A seek costs a hard disk about what reading 2 MB does: at one for every 64 MB reading takes 3 % longer
    /// than without any, and writing everything anew would gain no more than that.
    /// </summary>
    private const long BytesWorthASeek = 64 << 20;

    // The files of a full are cut elsewhere than segments are: one extent more than needed is none too many.
    private const long FewestExtents = 2;

    private readonly List<StateRecord> _records = [];

    public BlockFileKind Kind => kind;

    public IReadOnlyList<StateRecord> Records => _records;

    public long StoredBytes { get; private set; }

    /// <summary>What its records take at most, however they are compressed.</summary>
    public long MostBytes { get; private set; }

    public long Extents { get; private set; }

    /// <summary>Whether reading it where it lies takes about as long as reading it from one piece.</summary>
    public bool IsInOrder => Extents <= FewestExtents + StoredBytes / BytesWorthASeek;

    public void Add(StateRecord record, int alignment)
    {
        Extents += _records.Count > 0 && _records[^1].Place.IsFollowedBy(record.Place) ? 0 : 1;
        StoredBytes += record.Place.SlotLength;
        MostBytes += record.LargestSlot(alignment);
        _records.Add(record);
    }
}
