using System.Buffers.Binary;

namespace BackupCopy.Images.Vmdk;

[Flags]
internal enum SparseFlags : uint
{
    HasNewLineTest = 1 << 0,
    HasRedundantTables = 1 << 1,
    HasZeroedGrains = 1 << 2,
    IsCompressed = 1 << 16,
    HasMarkers = 1 << 17,
}

/// <summary>The head of a hosted sparse extent, versions 1 to 3; a stream has it again at its end.</summary>
internal readonly record struct SparseHeader(
    SparseFlags Flags, ulong CapacitySectors, ulong GrainSectors, ulong DescriptorSector,
    ulong DescriptorSectors, uint TableEntries, ulong DirectorySector, ushort Compression, long Offset)
{
    public const int SectorBytes = 512;

    /// <summary>The directory is told by the footer: it was not known when the head was written.</summary>
    private const ulong DirectoryAtEnd = ulong.MaxValue;

    private const uint FooterMarker = 3;
    private const int NewestVersion = 3;
    private const ushort Deflate = 1;

    public static ReadOnlySpan<byte> Mark => "KDMV"u8;

    private static ReadOnlySpan<byte> NewLines => "\n \r\n"u8;

    /// <summary>Reads the one that counts.</summary>
    public static SparseHeader Read(ImageFile file)
    {
        var header = ReadAt(file, 0);
        return header.DirectorySector == DirectoryAtEnd && header.CapacitySectors > 0
            ? ReadFooter(file, header) : header;
    }

    // The last three sectors: a marker, the footer, and the marker of the end.
    private static SparseHeader ReadFooter(ImageFile file, SparseHeader head)
    {
        const int value = 0, size = 8, type = 12;
        var end = file.LengthBytes / SectorBytes * SectorBytes;
        Span<byte> marker = stackalloc byte[SectorBytes];
        file.Read(end - 3 * SectorBytes, marker);
        var isFooter = BinaryPrimitives.ReadUInt32LittleEndian(marker[size..]) == 0
            && BinaryPrimitives.ReadUInt32LittleEndian(marker[type..]) == FooterMarker;
        file.Read(end - SectorBytes, marker);
        if (!isFooter || BinaryPrimitives.ReadUInt64LittleEndian(marker[value..]) != 0
            || BinaryPrimitives.ReadUInt64LittleEndian(marker[size..]) != 0)
        {
            throw ImageError.Damaged(
                file.Path, end - 3 * SectorBytes, "the footer that tells where its tables are is not there");
        }

        var footer = ReadAt(file, end - 2 * SectorBytes);
        if (footer.DirectorySector == DirectoryAtEnd || footer.CapacitySectors != head.CapacitySectors)
        {
            throw ImageError.Damaged(
                file.Path, footer.Offset, "its footer does not tell where its tables are");
        }

        return footer with
        {
            DescriptorSector = head.DescriptorSector, DescriptorSectors = head.DescriptorSectors,
        };
    }

    private static SparseHeader ReadAt(ImageFile file, long offset)
    {
        Span<byte> bytes = stackalloc byte[SectorBytes];
        file.Read(offset, bytes);
        if (!bytes.StartsWith(Mark))
        {
            throw ImageError.Damaged(file.Path, offset, "the header of a sparse extent is not there");
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[Layout.Version..]);
        if (version is 0 or > NewestVersion)
        {
            throw ImageError.Unsupported(
                file.Path, $"it is a sparse extent of version {version}",
                "Make a copy of the disk with vmware-vdiskmanager -r or vmkfstools -i.");
        }

        var header = new SparseHeader(
            (SparseFlags)BinaryPrimitives.ReadUInt32LittleEndian(bytes[Layout.Flags..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[Layout.Capacity..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[Layout.GrainSize..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[Layout.DescriptorOffset..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[Layout.DescriptorSize..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[Layout.TableEntries..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[Layout.Directory..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[Layout.Compression..]), offset);
        header.EnsureSound(file, bytes);
        return header;
    }

    private void EnsureSound(ImageFile file, ReadOnlySpan<byte> bytes)
    {
        if (Flags.HasFlag(SparseFlags.HasNewLineTest)
            && !bytes[Layout.NewLines..].StartsWith(NewLines))
        {
            throw ImageError.Damaged(
                file.Path, Offset + Layout.NewLines,
                "its line ends were changed, as a transfer in text mode does with all its bytes");
        }

        var isCompressed = Flags.HasFlag(SparseFlags.IsCompressed);
        if (Compression > Deflate)
        {
            throw ImageError.Unsupported(
                file.Path, $"its grains are compressed by the method {Compression}",
                "Make a copy of the disk with vmware-vdiskmanager -r.");
        }

        if (isCompressed != (Compression == Deflate))
        {
            throw ImageError.Damaged(
                file.Path, Offset + Layout.Compression,
                "it contradicts itself whether grains are compressed");
        }
    }

    private static class Layout
    {
        public const int Version = 4;
        public const int Flags = Version + 4;
        public const int Capacity = Flags + 4;
        public const int GrainSize = Capacity + 8;
        public const int DescriptorOffset = GrainSize + 8;
        public const int DescriptorSize = DescriptorOffset + 8;
        public const int TableEntries = DescriptorSize + 8;
        public const int RedundantDirectory = TableEntries + 4;
        public const int Directory = RedundantDirectory + 8;
        public const int Overhead = Directory + 8;
        public const int UncleanShutdown = Overhead + 8;
        public const int NewLines = UncleanShutdown + 1;
        public const int Compression = NewLines + 4;
    }
}
