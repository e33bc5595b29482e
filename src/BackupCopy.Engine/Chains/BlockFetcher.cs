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
    private readonly List<BackupCopyException?> _errors = [];
    private readonly BlockCodec _codec = new();

    /// <summary>The buffer that so many blocks of this plain length need at most.</summary>
    public static int BufferFor(int plainBytes, int blocks) =>
        plainBytes + blocks * (RecordHeader.Layout.Size + FormatLimits.PageAlignment);

    /// <summary>
    /// Reads the slots of all wanted blocks. One that cannot be had is an error of that block alone, when
    /// its slot is asked for.
    /// </summary>
    public void Fetch(IReadOnlyList<WantedBlock> wanted)
    {
        _places.Clear();
        _offsets.Clear();
        _errors.Clear();
        var used = 0;
        foreach (var block in wanted)
        {
            var place = Locate(block.Entry.Name, _buffer.Length - used, out var error);
            _places.Add(place);
            _offsets.Add(used);
            _errors.Add(error);
            used += place.SlotLength;
        }

        for (var first = 0; first < _places.Count;)
        {
            var last = first;
            while (last + 1 < _places.Count && _places[last].IsFollowedBy(_places[last + 1]))
            {
                last++;
            }

            if (_errors[first] is null)
            {
                ReadRun(first, last);
            }

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
        if (_errors[i] is { } unread)
        {
            throw Named(disk, wanted, unread);
        }

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
        catch (BackupCopyException error) when (StoredDamage.IsDamage(error.Code))
        {
            throw Named(disk, wanted, error);
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

    private RecordPlace Locate(RecordName name, int room, out BackupCopyException? error)
    {
        error = null;
        try
        {
            var place = point.Store.Locate(name);
            return place.SlotLength <= room
                ? place
                : throw FormatError.Damaged(
                    point.Store.PathOf(place.File), place.Offset, "a record no longer than its block",
                    $"{place.SlotLength}");
        }
        catch (BackupCopyException bad)
            when (StoredDamage.IsDamage(bad.Code) || StoredDamage.IsUnreadable(bad.Code))
        {
            error = bad;
            return default;
        }
    }

    private void ReadRun(int first, int last)
    {
        var length = _offsets[last] + _places[last].SlotLength - _offsets[first];
        try
        {
            point.Store.ReadRange(
                _places[first].File, _places[first].Offset, _buffer.AsSpan(_offsets[first], length));
        }
        catch (BackupCopyException bad)
            when (StoredDamage.IsDamage(bad.Code) || StoredDamage.IsUnreadable(bad.Code))
        {
            if (first == last)
            {
                _errors[first] = bad;
                return;
            }

            // The neighbours of what cannot be read may well be whole.
            for (var i = first; i <= last; i++)
            {
                ReadRun(i, i);
            }
        }
    }

    // Who else uses a block is not looked for where the storage itself may be gone.
    private BackupCopyException Named(DiskEntry disk, WantedBlock wanted, BackupCopyException error) =>
        StoredDamage.IsDamage(error.Code)
            ? point.Damaged(disk, wanted.Block, wanted.Entry, error)
            : new BackupCopyException(
                error.Code,
                $"Block {wanted.Block} of disk {disk.Name} of {point.Point.MachineName} cannot be read: "
                + error.Message,
                error.Remedy, error);
}
