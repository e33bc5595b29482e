using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>
/// Packs map nodes into map files through one buffer. Nodes are stored as they are: nine tenths of a node are
/// digests, which no codec makes smaller.
/// </summary>
internal sealed class MapNodeWriter(BlockFileWriter files, ReadOnlyMemory<byte> key, Guid chain)
{
    private const int BufferBytes = 1 << 20;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private Reservation? _run;
    private int _used;

    public MapEntry Write(int level, long index, MapEntry[] entries)
    {
        const int largest = RecordHeader.Layout.Size + MapNode.LargestBytes + FormatLimits.SmallAlignment;
        if (_used + largest > BufferBytes)
        {
            Flush();
        }

        var run = _run ??= files.Begin(BufferBytes, BufferBytes / RecordHeader.Layout.Size);
        var length = MapNode.Write(_buffer.AsSpan(_used + RecordHeader.Layout.Size), level, index, entries);
        var slot = _buffer.AsSpan(_used, RecordHeader.SlotLength(length, FormatLimits.SmallAlignment));
        var name = files.Add(run, slot.Length);
        var header = new RecordHeader
        {
            Kind = RecordKind.MapNode,
            Codec = Codec.None,
            Flags = RecordFlags.Incompressible,
            StoredLength = length,
            PlainLength = length,
            OriginFileId = run.File.Header.FileId,
            OriginOrdinal = name.Number,
            Digest = Digest.Of(slot.Slice(RecordHeader.Layout.Size, length)),
        };
        using var seal = key.IsEmpty ? null : new Seal(key.Span, header.OriginFileId, SealKind.MapFile);
        Record.Finish(slot, header, seal, chain);
        _used += slot.Length;
        return new MapEntry(default, name);
    }

    public void Flush()
    {
        if (_run is { } run)
        {
            files.Write(run, _buffer.AsSpan(0, _used));
            _run = null;
            _used = 0;
        }
    }
}
