using BackupCopy.Blocks;

namespace BackupCopy.Format;

/// <summary>What the records of a block file are; data and maps never share a file.</summary>
internal enum BlockFileKind : byte
{
    Data = 1,
    Map = 2,
}

/// <summary>
/// The front of a .bcblocks file, padded to the alignment. Records follow, written front to back by one
/// writer; the file is sealed once its .bcindex exists.
/// </summary>
internal sealed record BlockFileHeader
{
    public const uint Magic = 0x46424342; // "BCBF"
    public const int Size = 4 + StoredChecksum.SizeBytes + 4 + 4 + 4 + 8 + 16 + 16 + 16 + 8 + 32;

    public required BlockFileKind Kind { get; init; }

    /// <summary>The number in the file's name; never given out again in the chain.</summary>
    public required uint Number { get; init; }

    /// <summary>Records start at multiples of this.</summary>
    public required int Alignment { get; init; }

    /// <summary>The sequence of the point it was opened for: the birth of its records.</summary>
    public required long BirthSequence { get; init; }

    /// <summary>Random; a release touches the file only if it matches.</summary>
    public required Guid FileId { get; init; }
    public required Guid MachineId { get; init; }

    /// <summary>The writing session; an unfinished point names its own.</summary>
    public required Guid WriterId { get; init; }
    public required DateTime CreatedUtc { get; init; }
    public FormatVersion Version { get; init; } = FormatVersion.Ours;

    public void Write(Span<byte> to)
    {
        var writer = new ByteWriter(to);
        writer.U32(Magic);
        writer.Zeros(StoredChecksum.SizeBytes);
        Version.Put(ref writer);
        writer.U8((byte)Kind);
        writer.U8((byte)System.Numerics.BitOperations.Log2((uint)Alignment));
        writer.Zeros(2);
        writer.U32(Number);
        writer.I64(BirthSequence);
        writer.Guid(FileId);
        writer.Guid(MachineId);
        writer.Guid(WriterId);
        writer.Time(CreatedUtc);
        writer.Zeros(32);
        StoredChecksum.Write(to[(4 + StoredChecksum.SizeBytes)..Size], to[4..]);
    }

    public static BlockFileHeader Read(ReadOnlySpan<byte> from, string file)
    {
        var reader = new ByteReader(from[..Math.Min(Size, from.Length)], file);
        reader.Magic(Magic);
        var checksum = reader.Bytes(StoredChecksum.SizeBytes);
        if (from.Length < Size
            || !StoredChecksum.Matches(from[(4 + StoredChecksum.SizeBytes)..Size], checksum))
        {
            throw reader.Damaged("a header that matches its checksum", "another");
        }

        var version = FormatVersion.Take(ref reader, file);
        var kind = (BlockFileKind)reader.U8();
        var alignmentLog2 = reader.U8();
        if (kind is not (BlockFileKind.Data or BlockFileKind.Map) || alignmentLog2 is < 6 or > 16)
        {
            throw reader.Damaged(
                "kind 1 or 2 and an alignment of 64 to 65536", $"{(byte)kind}, 2^{alignmentLog2}");
        }

        reader.Zeros(2);
        var header = new BlockFileHeader
        {
            Version = version,
            Kind = kind,
            Alignment = 1 << alignmentLog2,
            Number = reader.U32(),
            BirthSequence = reader.I64(),
            FileId = reader.Guid(),
            MachineId = reader.Guid(),
            WriterId = reader.Guid(),
            CreatedUtc = reader.Time(),
        };
        reader.Zeros(32);
        return header;
    }
}
