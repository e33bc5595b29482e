using System.Buffers.Binary;
using System.Text;

namespace BackupCopy.Tests.Images.Vhd;

/// <summary>Builds VHD files by hand, sector by sector, as the public specification lays them out.</summary>
internal sealed class VhdBuilder
{
    public const int FooterBytes = 512;
    public const int HeaderOffset = 512;
    public const int TableOffset = HeaderOffset + 1024;

    public required long SizeBytes { get; init; }

    public int BlockBytes { get; init; } = 1 << 16;

    public string Creator { get; init; } = "win ";

    public uint Type { get; init; } = 3;

    public Guid Id { get; init; } = new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);

    public (ushort Cylinders, byte Heads, byte Sectors) Geometry { get; init; } = (100, 4, 17);

    public Guid ParentId { get; init; }

    public string ParentName { get; init; } = "";

    public IReadOnlyList<(string Platform, byte[] Name)> Locators { get; init; } = [];

    /// <summary>What is written, by sector; a block is stored as soon as one of its sectors is.</summary>
    public SortedDictionary<long, byte[]> Sectors { get; } = [];

    private int BlockCount => (int)((SizeBytes + BlockBytes - 1) / BlockBytes);

    private int BitmapBytes => ((BlockBytes / 512 + 7) / 8 + 511) / 512 * 512;

    public void Fill(long firstSector, int count, byte value)
    {
        for (var i = 0; i < count; i++)
        {
            var sector = new byte[512];
            sector.AsSpan().Fill(value);
            Sectors[firstSector + i] = sector;
        }
    }

    public byte[] BuildFixed()
    {
        var image = new byte[SizeBytes + FooterBytes];
        foreach (var (sector, bytes) in Sectors)
        {
            bytes.CopyTo(image, sector * 512);
        }

        Footer(ulong.MaxValue).CopyTo(image, SizeBytes);
        return image;
    }

    public byte[] BuildDynamic()
    {
        var image = new List<byte>();
        image.AddRange(Footer(HeaderOffset));
        var table = new uint[BlockCount];
        table.AsSpan().Fill(0xffffffff);
        var names = TableOffset + (BlockCount * 4 + 511) / 512 * 512;
        var blocks = names + Locators.Count * 512;
        var body = new List<byte>();
        foreach (var block in Sectors.GroupBy(s => s.Key * 512 / BlockBytes))
        {
            table[block.Key] = (uint)((blocks + body.Count) / 512);
            var bytes = new byte[BitmapBytes + BlockBytes];
            foreach (var (sector, content) in block)
            {
                var within = (int)(sector - block.Key * BlockBytes / 512);
                bytes[within / 8] |= (byte)(0x80 >> within % 8);
                content.CopyTo(bytes, BitmapBytes + within * 512);
            }

            body.AddRange(bytes);
        }

        image.AddRange(Header(names));
        foreach (var entry in table)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, entry);
            image.AddRange(bytes);
        }

        image.AddRange(new byte[names - image.Count]);
        foreach (var (_, name) in Locators)
        {
            image.AddRange(name);
            image.AddRange(new byte[512 - name.Length]);
        }

        image.AddRange(body);
        image.AddRange(Footer(HeaderOffset));
        return [.. image];
    }

    /// <summary>Mends the checksums of both footers and the header after a change.</summary>
    public static void Fix(byte[] image)
    {
        Seal(image, 0, FooterBytes, 64);
        Seal(image, HeaderOffset, 1024, 36);
        Seal(image, image.Length - FooterBytes, FooterBytes, 64);
    }

    public static void Seal(byte[] image, int offset, int length, int checksum)
    {
        if (offset >= 0 && length <= image.Length - offset)
        {
            var bytes = image.AsSpan(offset, length);
            bytes.Slice(checksum, 4).Clear();
            uint sum = 0;
            foreach (var value in bytes)
            {
                sum += value;
            }

            BinaryPrimitives.WriteUInt32BigEndian(bytes[checksum..], ~sum);
        }
    }

    private byte[] Footer(ulong dataOffset)
    {
        var footer = new byte[FooterBytes];
        "conectix"u8.CopyTo(footer);
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(8), 2);
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(12), 0x10000);
        BinaryPrimitives.WriteUInt64BigEndian(footer.AsSpan(16), dataOffset);
        Encoding.ASCII.GetBytes(Creator).CopyTo(footer, 28);
        "Wi2k"u8.CopyTo(footer.AsSpan(36));
        BinaryPrimitives.WriteInt64BigEndian(footer.AsSpan(40), SizeBytes);
        BinaryPrimitives.WriteInt64BigEndian(footer.AsSpan(48), SizeBytes);
        BinaryPrimitives.WriteUInt16BigEndian(footer.AsSpan(56), Geometry.Cylinders);
        (footer[58], footer[59]) = (Geometry.Heads, Geometry.Sectors);
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(60), dataOffset == ulong.MaxValue ? 2 : Type);
        Id.TryWriteBytes(footer.AsSpan(68));
        Seal(footer, 0, FooterBytes, 64);
        return footer;
    }

    private byte[] Header(int names)
    {
        var header = new byte[1024];
        "cxsparse"u8.CopyTo(header);
        header.AsSpan(8, 8).Fill(0xff);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(16), TableOffset);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(24), 0x10000);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(28), BlockCount);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(32), BlockBytes);
        ParentId.TryWriteBytes(header.AsSpan(40));
        Encoding.BigEndianUnicode.GetBytes(ParentName).CopyTo(header, 64);
        for (var i = 0; i < Locators.Count; i++)
        {
            var locator = header.AsSpan(576 + 24 * i);
            Encoding.ASCII.GetBytes(Locators[i].Platform).CopyTo(locator);
            BinaryPrimitives.WriteInt32BigEndian(locator[4..], 512);
            BinaryPrimitives.WriteInt32BigEndian(locator[8..], Locators[i].Name.Length);
            BinaryPrimitives.WriteInt64BigEndian(locator[16..], names + 512 * i);
        }

        Seal(header, 0, header.Length, 36);
        return header;
    }
}
