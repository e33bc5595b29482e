using System.Buffers.Binary;

namespace BackupCopy.Images.Vmdk;

/// <summary>The head of an extent of ESX ("vmfsSparse"), as its snapshots are kept in.</summary>
internal readonly record struct CowdHeader(
    uint CapacitySectors, uint GrainSectors, uint DirectorySector, uint DirectoryEntries)
{
    /// <summary>Not said by the header.</summary>
    public const int TableEntries = 4096;

    private const int HeaderBytes = 32;

    public static ReadOnlySpan<byte> Mark => "COWD"u8;

    public static CowdHeader Read(ImageFile file)
    {
        Span<byte> bytes = stackalloc byte[HeaderBytes];
        file.Read(0, bytes);
        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[Layout.Version..]);
        if (version != 1)
        {
            throw ImageError.Unsupported(
                file.Path, $"it is a COWD extent of version {version}",
                "Make a copy of the disk with vmkfstools -i.");
        }

        var header = new CowdHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[Layout.Capacity..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[Layout.GrainSize..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[Layout.Directory..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[Layout.DirectoryEntries..]));
        var covered = (UInt128)header.DirectoryEntries * TableEntries * header.GrainSectors;
        return covered >= header.CapacitySectors ? header : throw ImageError.Damaged(
            file.Path, Layout.DirectoryEntries,
            $"{header.DirectoryEntries} grain tables are too few for {header.CapacitySectors} sectors");
    }

    private static class Layout
    {
        public const int Version = 4;
        public const int Flags = Version + 4;
        public const int Capacity = Flags + 4;
        public const int GrainSize = Capacity + 4;
        public const int Directory = GrainSize + 4;
        public const int DirectoryEntries = Directory + 4;
    }
}
