using System.Buffers.Binary;
using System.Numerics;

namespace BackupCopy.Images.Vhdx;

/// <summary>What the metadata region says of the disk (MS-VHDX 2.6).</summary>
internal sealed record Metadata(
    int BlockBytes, bool HasParent, long SizeBytes, int LogicalSectorBytes, int PhysicalSectorBytes,
    Guid DiskId)
{
    public const int TableBytes = 64 << 10;
    private const int EntryCountOffset = 10;
    private const int HeaderBytes = 32;
    private const int MostEntries = 2047;
    private const int LargestItemBytes = 1 << 20;
    private const uint HasParentFlag = 2;

    /// <summary>Only where the disk has a parent.</summary>
    public ParentLocator? Parent { get; private init; }

    private static ReadOnlySpan<byte> Signature => "metadata"u8;

    public static Metadata Read(ImageFile file, StructureRange region)
    {
        var items = ReadTable(file, region);
        Span<byte> value = stackalloc byte[16];
        ReadItem(file, region, items, MetadataEntry.FileParametersId, value[..8]);
        var blockBytes = BinaryPrimitives.ReadUInt32LittleEndian(value);
        var hasParent = (BinaryPrimitives.ReadUInt32LittleEndian(value[4..]) & HasParentFlag) != 0;
        ReadItem(file, region, items, MetadataEntry.DiskSizeId, value[..8]);
        var sizeBytes = BinaryPrimitives.ReadUInt64LittleEndian(value);
        ReadItem(file, region, items, MetadataEntry.LogicalSectorId, value[..4]);
        var logical = BinaryPrimitives.ReadUInt32LittleEndian(value);
        ReadItem(file, region, items, MetadataEntry.PhysicalSectorId, value[..4]);
        var physical = BinaryPrimitives.ReadUInt32LittleEndian(value);
        ReadItem(file, region, items, MetadataEntry.DiskId, value);
        var diskId = new Guid(value);
        if (blockBytes is < VhdxLimits.SmallestBlockBytes or > VhdxLimits.LargestBlockBytes
            || !BitOperations.IsPow2(blockBytes))
        {
            throw ImageError.Damaged(file.Path, region.Start, $"its blocks have {blockBytes} bytes");
        }

        if (logical is not (512 or 4096) || physical is not (512 or 4096))
        {
            throw ImageError.Damaged(
                file.Path, region.Start, $"its sectors have {logical} and {physical} bytes");
        }

        if (sizeBytes > VhdxLimits.LargestDiskBytes || sizeBytes % logical != 0)
        {
            throw ImageError.Damaged(file.Path, region.Start, $"its disk has {sizeBytes} bytes");
        }

        return new Metadata(
            (int)blockBytes, hasParent, (long)sizeBytes, (int)logical, (int)physical, diskId)
        {
            Parent = hasParent ? ReadParent(file, region, items) : null,
        };
    }

    /// <summary>Fills the table and the items behind it, which need one page more than the table.</summary>
    public void Write(Span<byte> to)
    {
        to.Clear();
        Signature.CopyTo(to);
        var count = 0;
        var at = TableBytes;
        const uint ofDisk = MetadataEntry.VirtualDiskFlag | MetadataEntry.RequiredFlag;
        BinaryPrimitives.WriteInt32LittleEndian(
            Add(to, MetadataEntry.FileParametersId, 8, MetadataEntry.RequiredFlag, ref count, ref at),
            BlockBytes);
        BinaryPrimitives.WriteInt64LittleEndian(
            Add(to, MetadataEntry.DiskSizeId, 8, ofDisk, ref count, ref at), SizeBytes);
        DiskId.TryWriteBytes(Add(to, MetadataEntry.DiskId, 16, ofDisk, ref count, ref at));
        BinaryPrimitives.WriteInt32LittleEndian(
            Add(to, MetadataEntry.LogicalSectorId, 4, ofDisk, ref count, ref at), LogicalSectorBytes);
        BinaryPrimitives.WriteInt32LittleEndian(
            Add(to, MetadataEntry.PhysicalSectorId, 4, ofDisk, ref count, ref at), PhysicalSectorBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(to[EntryCountOffset..], (ushort)count);
    }

    private static Span<byte> Add(
        Span<byte> to, Guid id, int lengthBytes, uint flags, ref int count, ref int at)
    {
        new MetadataEntry(id, (uint)at, (uint)lengthBytes, flags)
            .Write(to[(HeaderBytes + count++ * MetadataEntry.SizeBytes)..]);
        var item = to.Slice(at, lengthBytes);
        at += lengthBytes;
        return item;
    }

    private static Dictionary<Guid, MetadataEntry> ReadTable(ImageFile file, StructureRange region)
    {
        Span<byte> head = stackalloc byte[HeaderBytes];
        file.Read(region.Start, head);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(head[EntryCountOffset..]);
        if (!head.StartsWith(Signature) || count > MostEntries)
        {
            throw ImageError.Damaged(file.Path, region.Start, "its metadata table has no right header");
        }

        var table = new byte[count * MetadataEntry.SizeBytes];
        file.Read(region.Start + HeaderBytes, table);
        var items = new Dictionary<Guid, MetadataEntry>();
        for (var i = 0; i < count; i++)
        {
            var entry = MetadataEntry.Read(table.AsSpan(i * MetadataEntry.SizeBytes));
            var at = region.Start + HeaderBytes + i * MetadataEntry.SizeBytes;
            if (!IsKnown(entry.Id))
            {
                if (entry.IsRequired)
                {
                    throw ImageError.Unsupported(
                        file.Path, $"it needs metadata of an unknown kind ({entry.Id})",
                        "Convert it with the program that wrote it.");
                }

                continue;
            }

            if (entry.Offset < TableBytes || entry.LengthBytes > LargestItemBytes
                || entry.Offset + (long)entry.LengthBytes > region.LengthBytes)
            {
                throw ImageError.Damaged(
                    file.Path, at, $"a metadata item has {entry.LengthBytes} bytes at {entry.Offset}");
            }

            if (!items.TryAdd(entry.Id, entry))
            {
                throw ImageError.Damaged(file.Path, at, "its metadata table names the same item twice");
            }
        }

        return items;
    }

    private static bool IsKnown(Guid id) =>
        id == MetadataEntry.FileParametersId || id == MetadataEntry.DiskSizeId
        || id == MetadataEntry.DiskId || id == MetadataEntry.LogicalSectorId
        || id == MetadataEntry.PhysicalSectorId || id == MetadataEntry.ParentLocatorId;

    private static void ReadItem(
        ImageFile file, StructureRange region, Dictionary<Guid, MetadataEntry> items, Guid id,
        Span<byte> to)
    {
        if (!items.TryGetValue(id, out var entry) || entry.LengthBytes != to.Length)
        {
            throw ImageError.Damaged(
                file.Path, region.Start, $"its metadata lacks the item {id} of {to.Length} bytes");
        }

        file.Read(region.Start + entry.Offset, to);
    }

    private static ParentLocator ReadParent(
        ImageFile file, StructureRange region, Dictionary<Guid, MetadataEntry> items)
    {
        if (!items.TryGetValue(MetadataEntry.ParentLocatorId, out var entry))
        {
            throw ImageError.Damaged(file.Path, region.Start, "it has a parent and does not say where");
        }

        var bytes = new byte[entry.LengthBytes];
        file.Read(region.Start + entry.Offset, bytes);
        return ParentLocator.Read(file, region.Start + entry.Offset, bytes);
    }
}
