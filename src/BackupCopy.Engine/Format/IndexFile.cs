using System.Buffers.Binary;
using BackupCopy.Blocks;

namespace BackupCopy.Format;

/// <summary>Where a record lies now; a length of 0 means that it was released.</summary>
/// <param name="File">The number of the block file that holds it.</param>
/// <param name="SlotLength">Header, payload and padding.</param>
/// <param name="Offset">From the start of that file.</param>
internal readonly record struct RecordPlace(uint File, int SlotLength, long Offset)
{
    public const int SizeBytes = 4 + 4 + 8;

    public bool IsReleased => SlotLength == 0;

    public bool IsFollowedBy(RecordPlace next) => File == next.File && Offset + SlotLength == next.Offset;
}

/// <summary>
/// A .bcindex file: the place of every record of one logical number, in order of record number. The only
/// structure that changes, and it is replaced as a whole. Its existence seals the block file of the same
/// number.
/// </summary>
internal sealed class IndexFile
{
    public const uint Magic = 0x58494342; // "BCIX"
    public const int HeaderBytes = 4 + StoredChecksum.SizeBytes + 4 + 4 + 4 + 4 + 16 + 8 + 16;

    private const int GenerationAt = 4 + StoredChecksum.SizeBytes + 4 + 4;

    private readonly byte[] _bytes;

    private IndexFile(byte[] bytes, uint number, uint generation, Guid fileId, long sealedLength, int count)
    {
        _bytes = bytes;
        Number = number;
        Generation = generation;
        FileId = fileId;
        SealedLength = sealedLength;
        Count = count;
    }

    public uint Number { get; }

    /// <summary>Counts replacements, from 1.</summary>
    public uint Generation { get; }

    /// <summary>The id of the block file of this number when it was sealed.</summary>
    public Guid FileId { get; }

    /// <summary>The length of that file when it was sealed; what lies behind belongs to nobody.</summary>
    public long SealedLength { get; }

    public int Count { get; }

    public int SizeBytes => _bytes.Length;

    public RecordPlace this[uint record]
    {
        get
        {
            var at = _bytes.AsSpan(HeaderBytes + checked((int)record * RecordPlace.SizeBytes));
            return new RecordPlace(
                BinaryPrimitives.ReadUInt32LittleEndian(at),
                BinaryPrimitives.ReadInt32LittleEndian(at[4..]),
                BinaryPrimitives.ReadInt64LittleEndian(at[8..]));
        }
    }

    /// <summary>The records that are not released, in order.</summary>
    public IEnumerable<(uint Record, RecordPlace Place)> Live()
    {
        for (uint record = 0; record < Count; record++)
        {
            if (this[record] is { IsReleased: false } place)
            {
                yield return (record, place);
            }
        }
    }

    public static byte[] Write(
        uint number, uint generation, Guid fileId, long sealedLength, IReadOnlyList<RecordPlace> places)
    {
        var bytes = new byte[HeaderBytes + places.Count * RecordPlace.SizeBytes];
        var writer = new ByteWriter(bytes);
        writer.U32(Magic);
        writer.Zeros(StoredChecksum.SizeBytes);
        FormatVersion.Ours.Put(ref writer);
        writer.U32(number);
        writer.U32(generation);
        writer.U32((uint)places.Count);
        writer.Guid(fileId);
        writer.I64(sealedLength);
        writer.Zeros(16);
        foreach (var place in places)
        {
            writer.U32(place.File);
            writer.U32((uint)place.SlotLength);
            writer.I64(place.Offset);
        }

        StoredChecksum.Write(bytes.AsSpan(4 + StoredChecksum.SizeBytes), bytes.AsSpan(4));
        return bytes;
    }

    /// <summary>The next generation of this index, with these records elsewhere.</summary>
    public byte[] With(IEnumerable<KeyValuePair<uint, RecordPlace>> moved)
    {
        var bytes = (byte[])_bytes.Clone();
        foreach (var (record, place) in moved)
        {
            var at = bytes.AsSpan(HeaderBytes + checked((int)record * RecordPlace.SizeBytes));
            BinaryPrimitives.WriteUInt32LittleEndian(at, place.File);
            BinaryPrimitives.WriteInt32LittleEndian(at[4..], place.SlotLength);
            BinaryPrimitives.WriteInt64LittleEndian(at[8..], place.Offset);
        }

        return NextGeneration(bytes);
    }

    /// <summary>The next generation of this index, with these records released.</summary>
    public byte[] Without(IEnumerable<uint> records)
    {
        var bytes = (byte[])_bytes.Clone();
        foreach (var record in records)
        {
            // The length alone decides; the offset stays for whoever reads the file by hand.
            BinaryPrimitives.WriteInt32LittleEndian(
                bytes.AsSpan(HeaderBytes + checked((int)record * RecordPlace.SizeBytes) + 4), 0);
        }

        return NextGeneration(bytes);
    }

    private byte[] NextGeneration(byte[] bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(GenerationAt), Generation + 1);
        StoredChecksum.Write(bytes.AsSpan(4 + StoredChecksum.SizeBytes), bytes.AsSpan(4));
        return bytes;
    }

    /// <summary>
    /// Takes ownership of <paramref name="bytes"/>; every place is bounded before the index is used.
    /// </summary>
    public static IndexFile Read(byte[] bytes, string file)
    {
        var reader = new ByteReader(bytes, file);
        reader.Magic(Magic);
        var checksum = reader.Bytes(StoredChecksum.SizeBytes);
        if (!StoredChecksum.Matches(bytes.AsSpan(4 + StoredChecksum.SizeBytes), checksum))
        {
            throw reader.Damaged("an index that matches its checksum", "another");
        }

        FormatVersion.Take(ref reader, file);
        var number = reader.U32();
        var generation = reader.U32();
        var count = reader.Count(FormatLimits.RecordsOfBlockFile);
        var fileId = reader.Guid();
        var sealedLength = reader.I64();
        reader.Zeros(16);
        if (reader.Remaining != count * RecordPlace.SizeBytes
            || sealedLength is < 0 or > FormatLimits.LargestFileBytes)
        {
            throw reader.Damaged(
                $"{count} places and the length of a file", $"{reader.Remaining} bytes and {sealedLength}");
        }

        var index = new IndexFile(bytes, number, generation, fileId, sealedLength, count);
        var largestSlot = RecordHeader.SlotLength(BlockSize.Largest, 1 << 16);
        for (uint i = 0; i < count; i++)
        {
            var place = index[i];
            if (place.SlotLength < 0 || place.SlotLength > largestSlot
                || place.Offset is < 0 or > FormatLimits.LargestFileBytes)
            {
                throw FormatError.Damaged(
                    file, HeaderBytes + i * RecordPlace.SizeBytes, "a place in a block file", $"{place}");
            }
        }

        return index;
    }
}
