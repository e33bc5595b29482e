using System.Buffers.Binary;
using System.Numerics;

namespace BackupCopy.Images.Vhd;

/// <summary>What a dynamic or differencing disk says of its blocks and its parent.</summary>
/// <param name="BlockBytes">A power of two, from 512 on.</param>
/// <param name="ParentNames">The names it has for its parent, the relative ones first.</param>
internal sealed record VhdHeader(
    long Offset, long TableOffset, uint BlockCount, uint BlockBytes, UInt128 ParentId,
    IReadOnlyList<string> ParentNames)
{
    public const int SizeBytes = 1024;

    /// <summary>Ahead of each block, a bit for each of its sectors, in whole sectors.</summary>
    public uint BitmapBytes => ((BlockBytes / 512 + 7) / 8 + 511) / 512 * 512;

    public static VhdHeader Read(ImageFile file, VhdFooter footer)
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        var offset = footer.HeaderOffset;
        file.Read(offset, bytes);
        if (!bytes.StartsWith("cxsparse"u8))
        {
            throw ImageError.Damaged(file.Path, offset, "the header of a dynamic disk is not there");
        }

        var stored = BinaryPrimitives.ReadUInt32BigEndian(bytes[Layout.Checksum..]);
        var computed = VhdChecksum.Of(bytes, Layout.Checksum);
        if (stored != computed)
        {
            throw ImageError.Damaged(
                file.Path, offset, $"the header's checksum is {computed:x8} and should be {stored:x8}");
        }

        var version = BinaryPrimitives.ReadUInt32BigEndian(bytes[Layout.Version..]);
        if (version >> 16 != 1)
        {
            throw ImageError.Unsupported(
                file.Path, $"its header has the version {version >> 16}.{version & 0xffff}",
                "Convert it with qemu-img convert or Convert-VHD.");
        }

        var header = new VhdHeader(
            offset, BinaryPrimitives.ReadInt64BigEndian(bytes[Layout.TableOffset..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[Layout.BlockCount..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[Layout.BlockSize..]),
            BinaryPrimitives.ReadUInt128BigEndian(bytes[Layout.ParentId..]),
            footer.Type == VhdType.Differencing
                ? VhdParentNames.Read(
                    file, bytes[Layout.Locators..], bytes[Layout.ParentName..Layout.Locators])
                : []);
        header.EnsureSound(file, footer);
        return header;
    }

    private void EnsureSound(ImageFile file, VhdFooter footer)
    {
        if (BlockBytes < 512 || !BitOperations.IsPow2(BlockBytes))
        {
            throw ImageError.Damaged(
                file.Path, Offset + Layout.BlockSize, $"blocks cannot have {BlockBytes} bytes");
        }

        if ((UInt128)BlockCount * BlockBytes < (UInt128)footer.SizeBytes)
        {
            throw ImageError.Damaged(
                file.Path, Offset + Layout.BlockCount,
                $"{BlockCount} blocks of {BlockBytes} bytes are too few for a disk of {footer.SizeBytes}");
        }

        var tableBytes = BlockCount * (long)sizeof(uint);
        if (TableOffset < 0 || tableBytes > file.LengthBytes - TableOffset)
        {
            throw ImageError.Damaged(
                file.Path, Offset + Layout.TableOffset,
                $"the table of {tableBytes} bytes at {TableOffset} is not inside the file");
        }
    }

    private static class Layout
    {
        public const int DataOffset = 8;
        public const int TableOffset = DataOffset + 8;
        public const int Version = TableOffset + 8;
        public const int BlockCount = Version + 4;
        public const int BlockSize = BlockCount + 4;
        public const int Checksum = BlockSize + 4;
        public const int ParentId = Checksum + 4;
        public const int ParentTime = ParentId + 16;
        public const int Reserved = ParentTime + 4;
        public const int ParentName = Reserved + 4;
        public const int Locators = ParentName + 512;
    }
}
