using System.Buffers;
using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>A block to fetch from a point.</summary>
internal readonly record struct WantedBlock(long Block, MapEntry Entry);

/// <summary>
/// Fetches the records of some blocks into one buffer, neighbours in the file by one read, and hands them out
/// verified: the stored bytes by their checksum, the plain bytes by their digest (I-5). Owned by one worker.
/// </summary>
internal sealed class BlockFetcher(PointReader point, int bufferBytes) : IDisposable
{
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(bufferBytes);
    private readonly List<RecordPlace> _places = [];
    private readonly List<int> _offsets = [];
    private readonly BlockCodec _codec = new();

    /// <summary>The buffer that so many blocks of this plain length need at most.</summary>
    public static int BufferFor(int plainBytes, int blocks) =>
        plainBytes + blocks * (RecordHeader.Layout.Size + FormatLimits.PageAlignment);

    /// <summary>Reads the slots of all wanted blocks.</summary>
    public void Fetch(DiskEntry disk, IReadOnlyList<WantedBlock> wanted)
    {
        _places.Clear();
        _offsets.Clear();
        var used = 0;
        for (var i = 0; i < wanted.Count; i++)
        {
            var place = Locate(disk, wanted[i]);
            if (used + place.SlotLength > _buffer.Length)
            {
                throw point.Damaged(disk, wanted[i].Block, wanted[i].Entry, FormatError.Damaged(
                    point.Store.PathOf(place.File), place.Offset, "a record no longer than its block",
                    $"{place.SlotLength}"));
            }

            _places.Add(place);
            _offsets.Add(used);
            used += place.SlotLength;
        }

        for (var first = 0; first < _places.Count;)
        {
            var last = first;
            while (last + 1 < _places.Count && _places[last].IsFollowedBy(_places[last + 1]))
            {
                last++;
            }

            ReadRun(disk, wanted[first], first, last);
            first = last + 1;
        }
    }

    /// <summary>Where the i-th wanted block was read.</summary>
    public RecordPlace Place(int i) => _places[i];

    /// <summary>
    /// The verified slot of the i-th wanted block, there until the next fetch, and its header with the true
    /// digest.
    /// </summary>
    public ArraySegment<byte> Slot(DiskEntry disk, WantedBlock wanted, int i, out RecordHeader header)
    {
        var slot = new ArraySegment<byte>(_buffer, _offsets[i], _places[i].SlotLength);
        try
        {
            header = point.Store.Verify(slot, _places[i], RecordKind.Block);
            var plainLength = BlockSize.LengthOf(wanted.Block, disk.SizeBytes, point.Point.BlockSizeBytes);
            if (header.Digest != wanted.Entry.Digest || header.PlainLength != plainLength)
            {
                throw FormatError.Damaged(
                    point.Store.PathOf(_places[i].File), _places[i].Offset,
                    $"{plainLength} bytes of digest {wanted.Entry.Digest}",
                    $"{header.PlainLength} of {header.Digest}");
            }

            return slot;
        }
        catch (BackupCopyException error)
            when (error.Code is ErrorCode.DamagedFile or ErrorCode.DamagedRecord)
        {
            throw point.Damaged(disk, wanted.Block, wanted.Entry, error);
        }
    }

    /// <summary>
    /// The plain bytes of the i-th wanted block, digest checked, into a span of exactly their length.
    /// </summary>
    public void Expand(DiskEntry disk, WantedBlock wanted, int i, Span<byte> plain)
    {
        var slot = Slot(disk, wanted, i, out var header);
        Expand(disk, wanted, i, slot, header, plain);
    }

    /// <summary>
    /// The same for a slot that <see cref="Slot"/> handed out: a sealed one opens only once.
    /// </summary>
    public void Expand(
        DiskEntry disk, WantedBlock wanted, int i, ReadOnlySpan<byte> slot, RecordHeader header,
        Span<byte> plain)
    {
        var payload = slot.Slice(RecordHeader.Layout.Size, header.StoredLength);
        if (!_codec.TryExpand(header.Codec, payload, plain) || Digest.Of(plain) != wanted.Entry.Digest)
        {
            plain.Clear();
            throw point.Damaged(disk, wanted.Block, wanted.Entry, FormatError.Damaged(
                point.Store.PathOf(_places[i].File), _places[i].Offset,
                $"content of digest {wanted.Entry.Digest}", "other content"));
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _codec.Dispose();
    }

    private RecordPlace Locate(DiskEntry disk, WantedBlock wanted)
    {
        try
        {
            return point.Store.Locate(wanted.Entry.Name);
        }
        catch (BackupCopyException error) when (error.Code is ErrorCode.DamagedFile or ErrorCode.MissingFile)
        {
            throw point.Damaged(disk, wanted.Block, wanted.Entry, error);
        }
    }

    private void ReadRun(DiskEntry disk, WantedBlock wanted, int first, int last)
    {
        var length = _offsets[last] + _places[last].SlotLength - _offsets[first];
        try
        {
            point.Store.ReadRange(
                _places[first].File, _places[first].Offset, _buffer.AsSpan(_offsets[first], length));
        }
        catch (BackupCopyException error) when (error.Code is ErrorCode.DamagedFile or ErrorCode.MissingFile)
        {
            throw point.Damaged(disk, wanted.Block, wanted.Entry, error);
        }
    }
}
