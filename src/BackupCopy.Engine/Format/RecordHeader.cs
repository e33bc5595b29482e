using BackupCopy.Blocks;

namespace BackupCopy.Format;

/// <summary>What a record holds.</summary>
internal enum RecordKind : byte
{
    Block = 1,
    MapNode = 2,
}

/// <summary>Facts about how a record was stored.</summary>
[Flags]
internal enum RecordFlags : byte
{
    None = 0,

    /// <summary>Digest and payload are sealed; the tag is in the header.</summary>
    Sealed = 1,

    /// <summary>Compression was tried and gained nothing: a raw payload needs no second try.</summary>
    Incompressible = 2,
}

/// <summary>
/// The 128 bytes before a record's payload. They hold no position: a record moves byte for byte between
/// files, chains and repositories. The checksum covers everything behind it up to the end of the payload; the
/// digest lies directly before the payload so that both are sealed as one run of bytes.
/// </summary>
internal readonly record struct RecordHeader
{
    public const uint Magic = 0x44524342; // "BCRD"

    public required RecordKind Kind { get; init; }
    public required Codec Codec { get; init; }
    public RecordFlags Flags { get; init; }

    /// <summary>Payload bytes as stored.</summary>
    public required int StoredLength { get; init; }

    /// <summary>Payload bytes when expanded.</summary>
    public required int PlainLength { get; init; }

    /// <summary>Its number in the file it was written to first; the nonce of the sealed form.</summary>
    public required uint OriginOrdinal { get; init; }

    /// <summary>The id of the block file it was written to first.</summary>
    public required Guid OriginFileId { get; init; }

    /// <summary>SHA-256 of the plain payload; meaningless while sealed.</summary>
    public required Digest Digest { get; init; }

    /// <summary>Where each field lies, each offset the previous one plus its length.</summary>
    public static class Layout
    {
        public const int Magic = 0;
        public const int Checksum = Magic + 4;
        public const int Kind = Checksum + StoredChecksum.SizeBytes;
        public const int Codec = Kind + 1;
        public const int Flags = Codec + 1;
        public const int Reserved1 = Flags + 1;
        public const int StoredLength = Reserved1 + 1;
        public const int PlainLength = StoredLength + 4;
        public const int OriginOrdinal = PlainLength + 4;
        public const int Reserved2 = OriginOrdinal + 4;
        public const int OriginFileId = Reserved2 + 4;
        public const int Tag = OriginFileId + 16;
        public const int Reserved3 = Tag + Seal.TagBytes;
        public const int Digest = Reserved3 + 24;
        public const int Size = Digest + Blocks.Digest.SizeBytes;
    }

    /// <summary>Header and payload, without the padding to the alignment.</summary>
    public int RecordLength => Layout.Size + StoredLength;

    public static int SlotLength(int storedLength, int alignment) =>
        (int)FormatLimits.AlignUp(Layout.Size + storedLength, alignment);

    /// <summary>Reads and bounds the fields; the checksum is <see cref="Record"/>'s business.</summary>
    public static RecordHeader Read(ReadOnlySpan<byte> from, string file, long offset)
    {
        var reader = new ByteReader(from[..Math.Min(from.Length, Layout.Size)], file, offset);
        reader.Magic(Magic);
        reader.Bytes(StoredChecksum.SizeBytes);
        var kind = (RecordKind)reader.U8();
        var codec = (Codec)reader.U8();
        var flags = (RecordFlags)reader.U8();
        reader.Zeros(1);
        var stored = reader.U32();
        var plain = reader.U32();
        if (kind is not (RecordKind.Block or RecordKind.MapNode) || codec > Codec.Zstd || (byte)flags > 3)
        {
            throw reader.Damaged(
                "a known kind, codec and flags", $"{(byte)kind}, {(byte)codec}, {(byte)flags}");
        }

        if (plain is 0 or > BlockSize.Largest || stored == 0 || stored > plain)
        {
            throw reader.Damaged($"lengths up to {BlockSize.Largest}", $"{stored} stored of {plain} plain");
        }

        var ordinal = reader.U32();
        reader.Zeros(4);
        var origin = reader.Guid();
        reader.Bytes(Seal.TagBytes);
        reader.Zeros(24);
        return new RecordHeader
        {
            Kind = kind,
            Codec = codec,
            Flags = flags,
            StoredLength = (int)stored,
            PlainLength = (int)plain,
            OriginOrdinal = ordinal,
            OriginFileId = origin,
            Digest = reader.Digest(),
        };
    }

    /// <summary>Writes all fields; checksum and tag are left zero for <see cref="Record"/> to fill.</summary>
    public void Write(Span<byte> to)
    {
        var writer = new ByteWriter(to);
        writer.U32(Magic);
        writer.Zeros(StoredChecksum.SizeBytes);
        writer.U8((byte)Kind);
        writer.U8((byte)Codec);
        writer.U8((byte)Flags);
        writer.Zeros(1);
        writer.U32((uint)StoredLength);
        writer.U32((uint)PlainLength);
        writer.U32(OriginOrdinal);
        writer.Zeros(4);
        writer.Guid(OriginFileId);
        writer.Zeros(Seal.TagBytes);
        writer.Zeros(24);
        writer.Digest(Digest);
    }
}
