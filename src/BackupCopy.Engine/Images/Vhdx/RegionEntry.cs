using System.Buffers.Binary;

namespace BackupCopy.Images.Vhdx;

/// <summary>Where one region of the file lies (MS-VHDX 2.2.3.2).</summary>
internal readonly record struct RegionEntry(Guid Id, ulong FileOffset, uint LengthBytes, uint Flags)
{
    public const int SizeBytes = 32;
    public const uint RequiredFlag = 1;

    public static Guid BatId { get; } = new("2dc27766-f623-4200-9d64-115e9bfd4a08");

    public static Guid MetadataId { get; } = new("8b7ca206-4790-4b9a-b8fe-575f050f886e");

    public bool IsRequired => (Flags & RequiredFlag) != 0;

    public static RegionEntry Read(ReadOnlySpan<byte> from) => new(
        new Guid(from[..16]),
        BinaryPrimitives.ReadUInt64LittleEndian(from[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(from[24..]),
        BinaryPrimitives.ReadUInt32LittleEndian(from[28..]));

    public void Write(Span<byte> to)
    {
        Id.TryWriteBytes(to);
        BinaryPrimitives.WriteUInt64LittleEndian(to[16..], FileOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(to[24..], LengthBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(to[28..], Flags);
    }
}
