using System.Buffers.Binary;
using BackupCopy.Images;

namespace BackupCopy.Tests.Images.Vhd;

/// <summary>Images that lie about themselves, and images that were changed at random.</summary>
public sealed class VhdHostileTests
{
    private const int Header = VhdBuilder.HeaderOffset;
    private const int Table = VhdBuilder.TableOffset;

    private static readonly Dictionary<string, Action<byte[]>> s_cases = new()
    {
        ["size 2^63"] = i => BinaryPrimitives.WriteUInt64BigEndian(i.AsSpan(48), 1UL << 63),
        ["size beyond the table"] = i => BinaryPrimitives.WriteUInt64BigEndian(i.AsSpan(48), 1UL << 40),
        ["type 5"] = i => i[63] = 5,
        ["header beyond the file"] = i => BinaryPrimitives.WriteInt64BigEndian(i.AsSpan(16), 1L << 40),
        ["header before the file"] = i => BinaryPrimitives.WriteInt64BigEndian(i.AsSpan(16), -512),
        ["header elsewhere"] = i => BinaryPrimitives.WriteInt64BigEndian(i.AsSpan(16), 1024),
        ["table beyond the file"] = i =>
            BinaryPrimitives.WriteInt64BigEndian(i.AsSpan(Header + 16), long.MaxValue - 3),
        ["table before the file"] = i => BinaryPrimitives.WriteInt64BigEndian(i.AsSpan(Header + 16), -4),
        ["too many entries"] = i =>
            BinaryPrimitives.WriteUInt32BigEndian(i.AsSpan(Header + 28), uint.MaxValue),
        ["too few entries"] = i => BinaryPrimitives.WriteUInt32BigEndian(i.AsSpan(Header + 28), 1),
        ["block of 0"] = i => BinaryPrimitives.WriteUInt32BigEndian(i.AsSpan(Header + 32), 0),
        ["block of 3 sectors"] = i => BinaryPrimitives.WriteUInt32BigEndian(i.AsSpan(Header + 32), 1536),
        ["block beyond the file"] = i => BinaryPrimitives.WriteUInt32BigEndian(i.AsSpan(Table), 0x7fffffff),
        ["block at the footer's copy"] = i => BinaryPrimitives.WriteUInt32BigEndian(i.AsSpan(Table), 0),
        ["block at the table"] = i => BinaryPrimitives.WriteUInt32BigEndian(i.AsSpan(Table), 3),
        ["all blocks in one place"] = i =>
        {
            for (var block = 0; block < 16; block++)
            {
                i.AsSpan(Table, 4).CopyTo(i.AsSpan(Table + 4 * block));
            }
        },
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_hostile_image_is_refused(string name)
    {
        var image = Seed();
        s_cases[name](image);
        image.AsSpan(0, 512).CopyTo(image.AsSpan(image.Length - 512));
        VhdBuilder.Fix(image);
        var file = new MemoryImage("a.vhd", image);
        Assert.Equal(ErrorCode.ImageDamaged, MemoryDisk.Refuse(file).Code);
        Assert.InRange(file.ReadBytes, 1, 4 * image.Length + (1 << 20));
    }

    [Fact]
    public void Wrong_checksums_are_refused_where_no_copy_serves()
    {
        var header = Seed();
        header[Header + 700] ^= 1;
        Assert.Equal(ErrorCode.ImageDamaged, MemoryDisk.Refuse(new MemoryImage("a.vhd", header)).Code);

        var both = Seed();
        both[100] ^= 1;
        both[^100] ^= 1;
        Assert.Equal(ErrorCode.ImageDamaged, MemoryDisk.Refuse(new MemoryImage("a.vhd", both)).Code);

        var fixedDisk = new VhdBuilder { SizeBytes = 4096 }.BuildFixed();
        fixedDisk[^100] ^= 1;
        Assert.Equal(ErrorCode.ImageDamaged, MemoryDisk.Refuse(new MemoryImage("a.vhd", fixedDisk)).Code);
    }

    [Fact]
    public void A_fixed_disk_that_was_cut_is_refused()
    {
        var image = new VhdBuilder { SizeBytes = 1 << 16 }.BuildFixed();
        var cut = (byte[])[.. image[..4096], .. image[^512..]];
        Assert.Equal(ErrorCode.ImageDamaged, MemoryDisk.Refuse(new MemoryImage("a.vhd", cut)).Code);
    }

    [Fact]
    public void A_changed_dynamic_disk_is_read_or_refused()
    {
        var seed = Seed(4096, 8192);
        ImageFuzz.Run(seed, Fields(seed), fix: VhdBuilder.Fix);
    }

    [Fact]
    public void A_changed_fixed_disk_is_read_or_refused()
    {
        var seed = new VhdBuilder { SizeBytes = 8192 }.BuildFixed();
        ImageFuzz.Run(
            seed, [(seed.Length - 512, 100)],
            fix: i => VhdBuilder.Seal(i, i.Length - VhdBuilder.FooterBytes, VhdBuilder.FooterBytes, 64));
    }

    [Fact]
    public void A_changed_child_is_read_or_refused()
    {
        var parent = new VhdBuilder { SizeBytes = 8192, BlockBytes = 4096, Id = Guid.NewGuid() };
        parent.Fill(3, 2, 0x11);
        var child = new VhdBuilder
        {
            SizeBytes = 8192, BlockBytes = 4096, Type = 4, ParentId = parent.Id,
            Locators = [("W2ru", "p\0.\0v\0"u8.ToArray()), ("MacX", "file://./p.v"u8.ToArray())],
        };
        child.Fill(1, 3, 0x22);
        var seed = child.BuildDynamic();
        ImageFuzz.Run(
            seed, [.. Fields(seed), (Header + 64, 20), (Header + 576, 48), (Table + 512, 16)],
            [new MemoryImage("p.v", parent.BuildDynamic())], fix: VhdBuilder.Fix);
    }

    private static byte[] Seed(int blockBytes = 1 << 16, int sizeBytes = 1 << 20)
    {
        var builder = new VhdBuilder { SizeBytes = sizeBytes, BlockBytes = blockBytes };
        builder.Fill(0, 3, 0x11);
        builder.Fill(10, 6, 0x22);
        return builder.BuildDynamic();
    }

    // Footers, the header's numbers, the table, and the first block's bits.
    private static (int, int)[] Fields(byte[] seed) =>
    [
        (8, 80), (seed.Length - 504, 80), (Header + 8, 48), (Table, 16), (Table, 4), (Table + 512, 2),
        (Header + 28, 8), (16, 8), (48, 16),
    ];
}
