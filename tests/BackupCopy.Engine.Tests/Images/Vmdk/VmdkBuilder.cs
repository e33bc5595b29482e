using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace BackupCopy.Tests.Images.Vmdk;

/// <summary>Builds VMDK files by hand, as the public specification lays them out.</summary>
internal sealed class VmdkBuilder
{
    public const int FlagsOffset = 8;

    public required long CapacitySectors { get; init; }

    public int GrainSectors { get; init; } = 16;

    public int TableEntries { get; init; } = 512;

    public uint Version { get; init; } = 1;

    public bool IsCompressed { get; init; }

    /// <summary>The directory is told by a footer.</summary>
    public bool HasFooter { get; init; }

    public string? Descriptor { get; init; } = Text("monolithicSparse", "RW 1 SPARSE \"own.vmdk\"");

    /// <summary>The content of grains by number; empty means zeroed.</summary>
    public SortedDictionary<long, byte[]> Grains { get; } = [];

    /// <summary>Where the directory lies in what was built last.</summary>
    public int DirectoryOffset { get; private set; }

    private long GrainCount => (CapacitySectors + GrainSectors - 1) / GrainSectors;

    public static string Text(
        string type, string extents, string id = "12345678", string parentId = "ffffffff",
        string? hint = null) =>
        $"# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\nCID={id}\nparentCID={parentId}\n"
        + $"createType=\"{type}\"\n" + (hint is null ? "" : $"parentFileNameHint=\"{hint}\"\n")
        + $"\n# Extent description\n{extents}\n\n# The Disk Data Base\n#DDB\n\n"
        + "ddb.adapterType = \"ide\"\nddb.geometry.sectors = \"63\"\n";

    public static MemoryImage TextFile(
        string name, string type, string extents, string id = "12345678", string parentId = "ffffffff",
        string? hint = null) =>
        new(name, Encoding.UTF8.GetBytes(Text(type, extents, id, parentId, hint)));

    public void Fill(long grain, byte value)
    {
        Grains[grain] = new byte[GrainSectors * 512];
        Grains[grain].AsSpan().Fill(value);
    }

    /// <summary>What the guest sees, over what its parent holds.</summary>
    public byte[] Content(byte[]? parent = null)
    {
        var content = new byte[CapacitySectors * 512];
        parent?.AsSpan(0, Math.Min(parent.Length, content.Length)).CopyTo(content);
        foreach (var (grain, bytes) in Grains)
        {
            var at = content.AsSpan((int)(grain * GrainSectors * 512));
            at = at[..Math.Min(at.Length, GrainSectors * 512)];
            at.Clear();
            bytes.AsSpan(0, Math.Min(bytes.Length, at.Length)).CopyTo(at);
        }

        return content;
    }

    public byte[] BuildSparse()
    {
        using var file = new MemoryStream();
        file.SetLength(512);
        file.Position = 512;
        if (Descriptor is not null)
        {
            Write(file, Encoding.UTF8.GetBytes(Descriptor), 1024);
        }

        if (HasFooter)
        {
            var offsets = WriteGrains(file);
            DirectoryOffset = WriteTables(file, offsets);
            Marker(file, 3);
            Write(file, Header(DirectoryOffset / 512), 512);
            Marker(file, 0);
            file.Position = 0;
            file.Write(Header(-1));
        }
        else
        {
            var tables = file.Position;
            WriteTables(file, []);
            DirectoryOffset = WriteTables(file, WriteGrains(file), tables);
            file.Position = 0;
            file.Write(Header(DirectoryOffset / 512));
        }

        return file.ToArray();
    }

    public byte[] BuildCowd()
    {
        using var file = new MemoryStream();
        file.SetLength(2048);
        file.Position = 2048;
        var directory = WriteTables(file, [], entriesPerTable: 4096);
        WriteTables(file, WriteGrains(file), 2048, 4096);
        var header = new byte[32];
        "COWD"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), 3);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), (uint)CapacitySectors);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), (uint)GrainSectors);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(20), (uint)directory / 512);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(24), (uint)((GrainCount + 4095) / 4096));
        file.Position = 0;
        file.Write(header);
        DirectoryOffset = directory;
        return file.ToArray();
    }

    private static void Write(MemoryStream file, byte[] bytes, int atLeast)
    {
        file.Write(bytes);
        file.Write(new byte[Math.Max(atLeast - bytes.Length, (512 - bytes.Length % 512) % 512)]);
    }

    private static void Marker(MemoryStream file, uint type)
    {
        var marker = new byte[512];
        BinaryPrimitives.WriteUInt32LittleEndian(marker.AsSpan(12), type);
        file.Write(marker);
    }

    private Dictionary<long, uint> WriteGrains(MemoryStream file)
    {
        var offsets = new Dictionary<long, uint>();
        foreach (var (grain, bytes) in Grains)
        {
            offsets[grain] = bytes.Length == 0 ? 1 : (uint)(file.Position / 512);
            if (IsCompressed && bytes.Length > 0)
            {
                using var packed = new MemoryStream();
                using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
                {
                    zlib.Write(bytes);
                }

                var marked = new byte[12 + packed.Length];
                BinaryPrimitives.WriteInt64LittleEndian(marked, grain * GrainSectors);
                BinaryPrimitives.WriteInt32LittleEndian(marked.AsSpan(8), (int)packed.Length);
                packed.ToArray().CopyTo(marked, 12);
                Write(file, marked, 0);
            }
            else
            {
                file.Write(bytes);
            }
        }

        return offsets;
    }

    /// <summary>The tables that are needed, then the directory; returns where the directory lies.</summary>
    private int WriteTables(
        MemoryStream file, Dictionary<long, uint> offsets, long? at = null, int? entriesPerTable = null)
    {
        var end = file.Position;
        file.Position = at ?? end;
        var perTable = entriesPerTable ?? TableEntries;
        var directory = new uint[(GrainCount + perTable - 1) / perTable];
        foreach (var table in Grains.Keys.Select(g => g / perTable).Distinct())
        {
            directory[table] = (uint)(file.Position / 512);
            Write(file, Bytes(Enumerable.Range(0, perTable)
                .Select(i => offsets.GetValueOrDefault(table * perTable + i))), 0);
        }

        var offset = (int)file.Position;
        Write(file, Bytes(directory), 0);
        file.Position = Math.Max(end, file.Position);
        return offset;
    }

    private static byte[] Bytes(IEnumerable<uint> entries) => [.. entries.SelectMany(BitConverter.GetBytes)];

    private byte[] Header(long directorySector)
    {
        var header = new byte[512];
        var flags = 1u | (Grains.Values.Any(g => g.Length == 0) ? 4u : 0) | (IsCompressed ? 3u << 16 : 0);
        "KDMV"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(FlagsOffset), flags);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(12), CapacitySectors);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(20), GrainSectors);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(28), Descriptor is null ? 0 : 1);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(36), Descriptor is null ? 0 : 2);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(44), TableEntries);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(56), directorySector);
        "\n \r\n"u8.CopyTo(header.AsSpan(73));
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(77), IsCompressed ? (ushort)1 : (ushort)0);
        return header;
    }
}
