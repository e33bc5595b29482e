using System.Buffers.Binary;

namespace BackupCopy.Images.Vhdx;

/// <summary>
/// The header, of which a file has two: the valid one with the greater sequence number counts (MS-VHDX
/// 2.2.2).
/// </summary>
internal readonly record struct VhdxHeader(
    ulong SequenceNumber, Guid FileWriteId, Guid DataWriteId, Guid LogId, ushort LogVersion, ushort Version,
    uint LogLengthBytes, ulong LogOffset)
{
    public const int SizeBytes = 4096;
    public const int FirstOffset = 64 << 10;
    public const int SecondOffset = 128 << 10;
    public const ushort KnownVersion = 1;

    private static ReadOnlySpan<byte> Signature => "head"u8;

    public bool HasLog => LogId != Guid.Empty;

    /// <summary>The header in use.</summary>
    public static VhdxHeader Current(ImageFile file)
    {
        Span<byte> first = stackalloc byte[SizeBytes];
        Span<byte> second = stackalloc byte[SizeBytes];
        file.Read(FirstOffset, first);
        file.Read(SecondOffset, second);
        var header = (IsValid(first), IsValid(second)) switch
        {
            (false, false) => throw ImageError.Damaged(
                file.Path, FirstOffset, "neither of its two headers has the right checksum"),
            (true, false) => Read(first),
            (false, true) => Read(second),
            _ => Newer(file, first, second),
        };
        return header.Version == KnownVersion ? header : throw ImageError.Unsupported(
            file.Path, $"it is a VHDX of version {header.Version}, not {KnownVersion}",
            "Convert it with the program that wrote it.");
    }

    public static VhdxHeader Read(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(from[Layout.SequenceNumber..]),
        new Guid(from.Slice(Layout.FileWriteId, Layout.IdBytes)),
        new Guid(from.Slice(Layout.DataWriteId, Layout.IdBytes)),
        new Guid(from.Slice(Layout.LogId, Layout.IdBytes)),
        BinaryPrimitives.ReadUInt16LittleEndian(from[Layout.LogVersion..]),
        BinaryPrimitives.ReadUInt16LittleEndian(from[Layout.Version..]),
        BinaryPrimitives.ReadUInt32LittleEndian(from[Layout.LogLength..]),
        BinaryPrimitives.ReadUInt64LittleEndian(from[Layout.LogOffset..]));

    /// <summary>Fills one header of <see cref="SizeBytes"/>, its checksum included.</summary>
    public void Write(Span<byte> to)
    {
        to.Clear();
        Signature.CopyTo(to);
        BinaryPrimitives.WriteUInt64LittleEndian(to[Layout.SequenceNumber..], SequenceNumber);
        FileWriteId.TryWriteBytes(to[Layout.FileWriteId..]);
        DataWriteId.TryWriteBytes(to[Layout.DataWriteId..]);
        LogId.TryWriteBytes(to[Layout.LogId..]);
        BinaryPrimitives.WriteUInt16LittleEndian(to[Layout.LogVersion..], LogVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(to[Layout.Version..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(to[Layout.LogLength..], LogLengthBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(to[Layout.LogOffset..], LogOffset);
        Crc32C.Put(to);
    }

    private static bool IsValid(ReadOnlySpan<byte> header) =>
        header.StartsWith(Signature) && Crc32C.IsRight(header);

    private static VhdxHeader Newer(ImageFile file, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var (one, other) = (Read(first), Read(second));
        if (one.SequenceNumber == other.SequenceNumber && !first.SequenceEqual(second))
        {
            throw ImageError.Damaged(
                file.Path, SecondOffset, "its two headers differ and have the same sequence number");
        }

        return one.SequenceNumber >= other.SequenceNumber ? one : other;
    }

    private static class Layout
    {
        public const int IdBytes = 16;
        public const int SequenceNumber = Crc32C.ChecksumOffset + sizeof(uint);
        public const int FileWriteId = SequenceNumber + sizeof(ulong);
        public const int DataWriteId = FileWriteId + IdBytes;
        public const int LogId = DataWriteId + IdBytes;
        public const int LogVersion = LogId + IdBytes;
        public const int Version = LogVersion + sizeof(ushort);
        public const int LogLength = Version + sizeof(ushort);
        public const int LogOffset = LogLength + sizeof(uint);
    }
}
