using System.Buffers.Binary;

namespace BackupCopy.Images.Vhdx;

/// <summary>Where one item lies in the metadata region (MS-VHDX 2.6.1.2).</summary>
internal readonly record struct MetadataEntry(Guid Id, uint Offset, uint LengthBytes, uint Flags)
{
    public const int SizeBytes = 32;
    public const uint VirtualDiskFlag = 2;
    public const uint RequiredFlag = 4;

    public static Guid FileParametersId { get; } = new("caa16737-fa36-4d43-b3b6-33f0aa44e76b");

    public static Guid DiskSizeId { get; } = new("2fa54224-cd1b-4876-b211-5dbed83bf4b8");

    public static Guid DiskId { get; } = new("beca12ab-b2e6-4523-93ef-c309e000c746");

    public static Guid LogicalSectorId { get; } = new("8141bf1d-a96f-4709-ba47-f233a8faab5f");

    public static Guid PhysicalSectorId { get; } = new("cda348c7-445d-4471-9cc9-e9885251c556");

    public static Guid ParentLocatorId { get; } = new("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");

    public bool IsRequired => (Flags & RequiredFlag) != 0;

    public static MetadataEntry Read(ReadOnlySpan<byte> from) => new(
        new Guid(from[..16]),
        BinaryPrimitives.ReadUInt32LittleEndian(from[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(from[20..]),
        BinaryPrimitives.ReadUInt32LittleEndian(from[24..]));

    public void Write(Span<byte> to)
    {
        Id.TryWriteBytes(to);
        BinaryPrimitives.WriteUInt32LittleEndian(to[16..], Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(to[20..], LengthBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(to[24..], Flags);
    }
}
