using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>A data record that does not verify.</summary>
/// <param name="Offset">-1 where the record has no place.</param>
internal readonly record struct BadBlock(
    RecordName Name, string Path, long Offset, Digest Expected, string Message);

/// <summary>
/// One worker of a check: reads neighbouring records at once and verifies each, a turn after the other.
/// What fails is looked at again by a fresh index, since it may have moved meanwhile. Its buffers bound its
/// memory.
/// </summary>
internal sealed class BlockReader(
    Chain chain, RecordStore store, Guid machineId, CheckDepth depth, ExpectedBlocks expected)
    : IDisposable
{
    private readonly List<BadBlock> _bad = [];
    private readonly BlockCodec _codec = new();
    private readonly bool _hasKey = !chain.Repository.Key.IsEmpty;
    private byte[] _buffer = new byte[BlockCheck.PieceBytes];
    private byte[] _plain = [];

    // Opens sealed records: one of its own, so that workers do not wait for each other's cipher.
    private RecordStore? _opener;
    private string _path = "";
    private uint _pathOf;

    /// <summary>The slots, in the order of their places, of which this turn has some.</summary>
    public IReadOnlyList<BlockSlot> Slots { get; private set; } = [];

    public int First { get; private set; }

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>What of the turn does not verify.</summary>
    public IReadOnlyList<BadBlock> Bad => _bad;

    public void Begin(IReadOnlyList<BlockSlot> slots, int first, int count, long bytes)
    {
        (Slots, First, Count, Bytes) = (slots, first, count, bytes);
        _bad.Clear();
    }

    /// <param name="take">Waits until so many bytes may be read.</param>
    public void Check(Action<long> take)
    {
        var end = First + Count;
        for (var next = First; next < end;)
        {
            next = CheckNeighbours(next, end, take);
        }
    }

    public void Dispose()
    {
        _codec.Dispose();
        _opener?.Dispose();
    }

    // Reads as many as lie side by side and fit.
    private int CheckNeighbours(int first, int end, Action<long> take)
    {
        var start = Slots[first].Place;
        var bytes = start.SlotLength;
        var next = first + 1;
        while (next < end && Slots[next - 1].Place.IsFollowedBy(Slots[next].Place)
            && bytes + Slots[next].Place.SlotLength <= BlockCheck.PieceBytes)
        {
            bytes += Slots[next++].Place.SlotLength;
        }

        take(bytes);
        if (_buffer.Length < bytes)
        {
            _buffer = new byte[bytes];
        }

        var isRead = TryRead(start, _buffer.AsSpan(0, bytes));
        for (var i = first; i < next; i++)
        {
            var place = Slots[i].Place;
            var slot = _buffer.AsSpan((int)(place.Offset - start.Offset), place.SlotLength);

            // A run that cannot be read is narrowed down to the records that cannot.
            if (!isRead && !TryRead(place, slot) || !TryVerify(slot, place, i))
            {
                LookAgain(i);
            }
        }

        return next;
    }

    private bool TryRead(RecordPlace place, Span<byte> to)
    {
        try
        {
            store.ReadRange(place.File, place.Offset, to);
            return true;
        }
        catch (BackupCopyException error) when (ReadFault.IsDamage(chain.Repository, error))
        {
            return false;
        }
    }

    private bool TryVerify(Span<byte> slot, RecordPlace place, int i)
    {
        try
        {
            Verify(slot, place, i);
            return true;
        }
        catch (BackupCopyException error) when (ReadFault.IsDamage(chain.Repository, error))
        {
            return false;
        }
    }

    private void LookAgain(int i)
    {
        var name = Slots[i].Name;
        var place = Slots[i].Place;
        using var fresh = chain.OpenStore(machineId);
        try
        {
            place = fresh.Locate(name);
            var slot = new byte[place.SlotLength];
            fresh.ReadRange(place.File, place.Offset, slot);
            Verify(slot, place, i);
        }
        catch (BackupCopyException error) when (ReadFault.IsDamage(chain.Repository, error))
        {
            _bad.Add(new BadBlock(
                name, store.PathOf(place.File), place.Offset, expected.DigestOf(i), error.Message));
        }
    }

    private void Verify(Span<byte> slot, RecordPlace place, int i)
    {
        var path = PathOf(place.File);
        var header = Record.Verify(slot, path, place.Offset);
        if (header.Kind != RecordKind.Block)
        {
            throw FormatError.Damaged(path, place.Offset, "a record of a block", $"{header.Kind}");
        }

        if (header.Flags.HasFlag(RecordFlags.Sealed))
        {
            if (!_hasKey)
            {
                // Without the key its stored bytes are all that can be verified.
                return;
            }

            _opener ??= chain.OpenStore(machineId);
            header = _opener.Verify(slot, place, RecordKind.Block);
        }

        var wanted = expected.DigestOf(i);
        if (!wanted.IsEmpty && (header.Digest != wanted || header.PlainLength != expected.LengthOf(i)))
        {
            throw FormatError.Damaged(
                path, place.Offset, $"{expected.LengthOf(i)} bytes of digest {wanted}",
                $"{header.PlainLength} of {header.Digest}");
        }

        if (depth == CheckDepth.Full && DigestOf(slot, header) != header.Digest)
        {
            throw FormatError.Damaged(
                path, place.Offset, $"content of digest {header.Digest}", "other content");
        }
    }

    private Digest DigestOf(ReadOnlySpan<byte> slot, RecordHeader header)
    {
        var payload = slot.Slice(RecordHeader.Layout.Size, header.StoredLength);
        if (header.Codec == Codec.None)
        {
            return header.StoredLength == header.PlainLength ? Digest.Of(payload) : default;
        }

        if (_plain.Length < header.PlainLength)
        {
            _plain = new byte[header.PlainLength];
        }

        var plain = _plain.AsSpan(0, header.PlainLength);
        return _codec.TryExpand(header.Codec, payload, plain) ? Digest.Of(plain) : default;
    }

    private string PathOf(uint file)
    {
        if (_path.Length == 0 || _pathOf != file)
        {
            (_path, _pathOf) = (store.PathOf(file), file);
        }

        return _path;
    }
}
