using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains.Compacting;

/// <summary>A slot on its way.</summary>
/// <param name="Fresh">
/// The header of a block that was compressed anew; null moves the record as it is.
/// </param>
internal readonly record struct MovingSlot(
    StateRecord Record, ArraySegment<byte> Slot, RecordHeader? Fresh)
{
    public RecordPlace To { get; init; }

    /// <summary>Its number among the records that were first written to its new file.</summary>
    public uint Ordinal { get; init; }
}

/// <summary>
/// Some neighbours of a segment in one worker's buffers: read, verified, and compressed anew where that is
/// asked for. What does not verify is left out.
/// </summary>
internal sealed class MovePiece(RecordStore store, int alignment, Compression? wanted) : IDisposable
{
    /// <summary>What a piece holds, unless a single record is larger.</summary>
    public const int Bytes = 4 << 20;

    private readonly BlockCodec _codec = new();
    private readonly List<int> _offsets = [];
    private byte[] _read = GC.AllocateUninitializedArray<byte>(Bytes);
    private byte[] _fresh = [];
    private byte[] _plain = [];
    private int _freshUsed;

    public List<StateRecord> Records { get; } = [];

    public List<MovingSlot> Slots { get; } = [];

    /// <summary>Records that stay where they are, and why.</summary>
    public List<(StateRecord Record, string Reason)> Damaged { get; } = [];

    /// <summary>The room that a record needs in a piece.</summary>
    public static int Room(StateRecord record, int alignment, Compression? wanted) =>
        wanted is null ? record.Place.SlotLength : record.LargestSlot(alignment);

    /// <summary>Reads the records, neighbours at once, and makes their slots.</summary>
    public void Prepare()
    {
        Slots.Clear();
        Damaged.Clear();
        _offsets.Clear();
        _freshUsed = 0;
        var used = 0;
        foreach (var record in Records)
        {
            _offsets.Add(used);
            used += record.Place.SlotLength;
        }

        Grow(ref _read, used);
        for (var first = 0; first < Records.Count;)
        {
            var last = first;
            while (last + 1 < Records.Count && Records[last].Place.IsFollowedBy(Records[last + 1].Place))
            {
                last++;
            }

            Take(first, last);
            first = last + 1;
        }
    }

    public void Dispose() => _codec.Dispose();

    // One bad sector of a run is no reason to leave its neighbours.
    private void Take(int first, int last)
    {
        try
        {
            var length = _offsets[last] + Records[last].Place.SlotLength - _offsets[first];
            var place = Records[first].Place;
            store.ReadRange(place.File, place.Offset, _read.AsSpan(_offsets[first], length));
        }
        catch (BackupCopyException error) when (IsDamage(error))
        {
            if (first == last)
            {
                Damaged.Add((Records[first], error.Message));
                return;
            }

            for (var i = first; i <= last; i++)
            {
                Take(i, i);
            }

            return;
        }

        for (var i = first; i <= last; i++)
        {
            Make(i);
        }
    }

    private void Make(int i)
    {
        var record = Records[i];
        var slot = new ArraySegment<byte>(_read, _offsets[i], record.Place.SlotLength);
        try
        {
            store.VerifyStored(slot, record.Place, record.Kind);
            var header = RecordHeader.Read(slot, store.PathOf(record.Place.File), record.Place.Offset);
            Slots.Add(Recompression.Concerns(header, wanted)
                ? Compress(record, slot) : AsItIs(record, slot, header));
        }
        catch (BackupCopyException error) when (IsDamage(error))
        {
            Damaged.Add((record, error.Message));
        }
    }

    private MovingSlot AsItIs(StateRecord record, ArraySegment<byte> slot, RecordHeader header)
    {
        // The digest of a sealed block shows when it is opened; that of a node is another one than its parent
        // names.
        if (record.Kind == RecordKind.Block && !header.Flags.HasFlag(RecordFlags.Sealed))
        {
            EnsureContent(record, header.Digest, header.PlainLength);
        }

        var length = RecordHeader.SlotLength(header.StoredLength, alignment);
        if (length > slot.Count)
        {
            var wider = new byte[length];
            slot.CopyTo(wider);
            slot = wider;
        }

        slot = slot[..length];
        slot[header.RecordLength..].AsSpan().Clear();
        return new MovingSlot(record, slot, Fresh: null);
    }

    private MovingSlot Compress(StateRecord record, ArraySegment<byte> slot)
    {
        var header = store.Verify(slot, record.Place, record.Kind);
        EnsureContent(record, header.Digest, header.PlainLength);
        Grow(ref _plain, record.PlainLength);
        var plain = _plain.AsSpan(0, record.PlainLength);
        var stored = slot.Slice(RecordHeader.Layout.Size, header.StoredLength);
        if (!_codec.TryExpand(header.Codec, stored, plain))
        {
            throw Other(record);
        }

        EnsureContent(record, Digest.Of(plain), plain.Length);
        return Store(record, header, plain);
    }

    private MovingSlot Store(StateRecord record, RecordHeader header, ReadOnlySpan<byte> plain)
    {
        var setting = wanted!.Value;
        if (_fresh.Length < _freshUsed + record.LargestSlot(alignment))
        {
            // Slots made before stay in the buffer that they were made in.
            _fresh = GC.AllocateUninitializedArray<byte>(Math.Max(Bytes, record.LargestSlot(alignment)));
            _freshUsed = 0;
        }

        var payload = _fresh.AsSpan(_freshUsed + RecordHeader.Layout.Size);
        var stored = _codec.TryCompress(setting, plain, payload);
        var isRaw = stored == 0;
        if (isRaw)
        {
            plain.CopyTo(payload);
        }

        var fresh = header with
        {
            Codec = isRaw ? Codec.None : BlockCodec.CodecOf(setting),
            Flags = isRaw && setting != Compression.None ? RecordFlags.Incompressible : RecordFlags.None,
            StoredLength = isRaw ? plain.Length : stored,
        };
        var slot = new ArraySegment<byte>(
            _fresh, _freshUsed, RecordHeader.SlotLength(fresh.StoredLength, alignment));
        _freshUsed += slot.Count;
        return new MovingSlot(record, slot, fresh);
    }

    private void EnsureContent(StateRecord record, Digest digest, int plainLength)
    {
        if (digest != record.Digest || plainLength != record.PlainLength)
        {
            throw Other(record);
        }
    }

    private BackupCopyException Other(StateRecord record) => FormatError.Damaged(
        store.PathOf(record.Place.File), record.Place.Offset,
        $"{record.PlainLength} bytes of digest {record.Digest}", "other content");

    private static void Grow(ref byte[] buffer, int bytes)
    {
        if (buffer.Length < bytes)
        {
            buffer = GC.AllocateUninitializedArray<byte>(bytes);
        }
    }

    private static bool IsDamage(BackupCopyException error) =>
        StoredDamage.IsDamage(error.Code) || error.Code == ErrorCode.StorageError;
}
