using System.Buffers.Binary;
using System.Text;

namespace BackupCopy.Tests.Images.Vhd;

public sealed class VhdDiskTests
{
    private const int Size = 1 << 20;

    private static readonly Guid s_parentId = new("00112233-4455-6677-8899-aabbccddeeff");

    [Fact]
    public void Sectors_without_their_bit_are_zeros_whatever_lies_there()
    {
        var image = Dynamic().BuildDynamic();
        var bitmap = BlockOffset(image, 0);
        image.AsSpan(bitmap + 512 + 100 * 512, 512).Fill(0x99);
        var expected = Content();
        Assert.Equal(expected, MemoryDisk.Read(new MemoryImage("a.vhd", image)));

        image[bitmap + 100 / 8] |= 0x80 >> 100 % 8;
        expected.AsSpan(100 * 512, 512).Fill(0x99);
        Assert.Equal(expected, MemoryDisk.Read(new MemoryImage("a.vhd", image)));
    }

    [Theory]
    [InlineData(512)]
    [InlineData(2048)]
    [InlineData(1 << 20)]
    [InlineData(1 << 23)]
    public void Blocks_of_every_size_are_read(int blockBytes)
    {
        var builder = new VhdBuilder { SizeBytes = Size, BlockBytes = blockBytes };
        foreach (var (sector, bytes) in Dynamic().Sectors)
        {
            builder.Sectors[sector] = bytes;
        }

        Assert.Equal(Content(), MemoryDisk.Read(new MemoryImage("a.vhd", builder.BuildDynamic())));
    }

    [Fact]
    public void The_copy_at_the_beginning_serves_when_the_end_was_lost()
    {
        var image = Dynamic().BuildDynamic();
        var withoutFooter = image[..^512];
        Assert.Equal(Content(), MemoryDisk.Read(new MemoryImage("a.vhd", withoutFooter)));

        var torn = (byte[])image.Clone();
        torn[^100] ^= 1;
        Assert.Equal(Content(), MemoryDisk.Read(new MemoryImage("a.vhd", torn)));

        var cutInBlock = image[..^1024];
        Assert.Equal(ErrorCode.ImageDamaged, MemoryDisk.Refuse(new MemoryImage("a.vhd", cutInBlock)).Code);
    }

    [Fact]
    public void The_footer_at_the_end_serves_when_the_copy_was_lost()
    {
        var image = Dynamic().BuildDynamic();
        image.AsSpan(0, 512).Clear();
        Assert.Equal(Content(), MemoryDisk.Read(new MemoryImage("a.vhd", image)));
    }

    [Fact]
    public void A_footer_of_511_bytes_is_one()
    {
        Assert.Equal(Content(), MemoryDisk.Read(new MemoryImage("a.vhd", Dynamic().BuildDynamic()[..^1])));
        Assert.Equal(Content(), MemoryDisk.Read(new MemoryImage("a.vhd", Dynamic().BuildFixed()[..^1])));
    }

    [Fact]
    public void A_fixed_disk_that_holds_a_dynamic_one_is_the_fixed_one()
    {
        var inner = Dynamic(s_parentId).BuildDynamic();
        var outer = new VhdBuilder { SizeBytes = (inner.Length + 511) / 512 * 512 };
        var image = outer.BuildFixed();
        inner.CopyTo(image, 0);
        Assert.Equal(image[..^512], MemoryDisk.Read(new MemoryImage("a.vhd", image)));
    }

    [Theory]
    [InlineData("W2ru", @".\parent.vhd")]
    [InlineData("W2ku", @"C:\Machines\parent.vhd")]
    [InlineData("Wi2r", @"parent.vhd")]
    [InlineData("Wi2k", @"D:\parent.vhd")]
    [InlineData("MacX", "file://./parent.vhd")]
    [InlineData("MacX", "file://localhost/Users/a%20b/parent.vhd")]
    [InlineData("Mac ", "an alias")]
    public void A_parent_is_found_by_every_kind_of_name(string platform, string name)
    {
        var bytes = platform[0] == 'W' ? Encoding.Unicode.GetBytes(name) : Encoding.UTF8.GetBytes(name);
        var child = Child(platform == "Mac " ? "parent.vhd" : "", (platform, bytes));
        Assert.Equal(ChildContent(), MemoryDisk.Read(
            new MemoryImage("child.vhd", child.BuildDynamic()), Parent()));
    }

    [Fact]
    public void A_name_of_single_bytes_and_one_in_the_header_alone_are_read()
    {
        foreach (var child in (VhdBuilder[])
            [Child("", ("Wi2r", "parent.vhd"u8.ToArray())), Child("parent.vhd"), Child(@"Z:\x\parent.vhd")])
        {
            Assert.Equal(ChildContent(), MemoryDisk.Read(
                new MemoryImage("child.vhd", child.BuildDynamic()), Parent()));
        }
    }

    [Fact]
    public void Three_levels_read_through_each_other_and_a_shorter_base_ends_in_zeros()
    {
        var middle = new VhdBuilder
        {
            SizeBytes = Size, Type = 4, Id = Guid.NewGuid(), ParentId = s_parentId, ParentName = "parent.vhd",
        };
        middle.Fill(1000, 1, 0x77);
        var top = new VhdBuilder
        {
            SizeBytes = 2 * Size, Type = 4, ParentId = middle.Id, ParentName = "middle.vhd",
        };
        top.Fill(1000 * 2, 3, 0x78);
        var expected = new byte[2 * Size];
        Content().CopyTo(expected, 0);
        expected.AsSpan(1000 * 512, 512).Fill(0x77);
        expected.AsSpan(2000 * 512, 3 * 512).Fill(0x78);
        Assert.Equal(expected, MemoryDisk.Read(
            new MemoryImage("top.vhd", top.BuildDynamic()),
            new MemoryImage("middle.vhd", middle.BuildDynamic()), Parent()));
    }

    [Fact]
    public void A_fixed_disk_is_a_parent_too()
    {
        var parent = Dynamic(s_parentId).BuildFixed();
        Assert.Equal(ChildContent(), MemoryDisk.Read(
            new MemoryImage("child.vhd", Child("parent.vhd").BuildDynamic()),
            new MemoryImage("parent.vhd", parent)));
    }

    [Fact]
    public void Another_disk_in_the_parents_place_is_an_error()
    {
        var child = new MemoryImage("child.vhd", Child("parent.vhd").BuildDynamic());
        var other = new MemoryImage("parent.vhd", Dynamic().BuildDynamic());
        Assert.Contains("parent.vhd", MemoryDisk.Refuse(child, other).Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.ImageNotFound, MemoryDisk.Refuse(child).Code);
    }

    [Fact]
    public void A_chain_that_leads_back_is_an_error()
    {
        var id = Guid.NewGuid();
        var one = new VhdBuilder
        {
            SizeBytes = Size, Type = 4, Id = id, ParentId = id, ParentName = "two.vhd",
        };
        var two = new VhdBuilder
        {
            SizeBytes = Size, Type = 4, Id = id, ParentId = id, ParentName = "one.vhd",
        };
        var error = MemoryDisk.Refuse(
            new MemoryImage("one.vhd", one.BuildDynamic()), new MemoryImage("two.vhd", two.BuildDynamic()));
        Assert.Equal(ErrorCode.ImageDamaged, error.Code);
    }

    [Fact]
    public void Holes_of_the_file_inside_a_block_are_passed_by()
    {
        // The last block lies at the end and most of it was never written by the file system.
        var builder = new VhdBuilder { SizeBytes = 4 << 20, BlockBytes = 4 << 20 };
        builder.Fill(0, 8192, 0x11);
        var image = builder.BuildDynamic();
        var stored = BlockOffset(image, 0) + 1024 + (1 << 20);
        var file = new MemoryImage("a.vhd", image[..stored], image.Length - 512);
        using var session = new BackupCopy.Images.ImageSession(null);
        var disk = BackupCopy.Images.ImageFormats.Open(session.Own(file), session, false).Disks[0].Disk;
        Assert.True(disk.TryNextData(0, out var start, out var end));
        Assert.Equal((0, 1 << 20), (start, end));
        Assert.False(disk.TryNextData(end, out _, out _));
        var tail = new byte[512];
        disk.Read((4 << 20) - 512, tail);
        Assert.Equal(new byte[512], tail);
    }

    [Fact]
    public void A_disk_of_two_terabytes_walks_by_its_table_alone()
    {
        var builder = new VhdBuilder { SizeBytes = 1L << 41, BlockBytes = 1 << 21 };
        builder.Fill((1L << 41) / 512 - 8, 1, 0x11);
        var image = new MemoryImage("a.vhd", builder.BuildDynamic());
        using var session = new BackupCopy.Images.ImageSession(null);
        var disk = BackupCopy.Images.ImageFormats.Open(session.Own(image), session, false).Disks[0].Disk;
        Assert.True(disk.TryNextData(0, out var start, out var end));
        Assert.Equal(((1L << 41) - 4096, 512), (start, end - start));
        Assert.False(disk.TryNextData(end, out _, out _));
        Assert.InRange(image.ReadBytes, 1, 5 << 20);
    }

    private static VhdBuilder Dynamic(Guid? id = null)
    {
        var builder = new VhdBuilder { SizeBytes = Size, Id = id ?? Guid.Empty };
        builder.Fill(0, 3, 0x11);
        builder.Fill(7, 20, 0x22);
        builder.Fill(127, 2, 0x33);
        builder.Fill(Size / 512 - 1, 1, 0x44);
        return builder;
    }

    private static byte[] Content() => Dynamic().BuildFixed()[..Size];

    private static MemoryImage Parent() => new("parent.vhd", Dynamic(s_parentId).BuildDynamic());

    private static VhdBuilder Child(string name, params (string, byte[])[] locators)
    {
        var builder = new VhdBuilder
        {
            SizeBytes = Size, Type = 4, ParentId = s_parentId, ParentName = name, Locators = locators,
        };
        builder.Fill(1, 1, 0x55);
        builder.Fill(600, 9, 0x66);
        return builder;
    }

    private static byte[] ChildContent()
    {
        var content = Content();
        content.AsSpan(512, 512).Fill(0x55);
        content.AsSpan(600 * 512, 9 * 512).Fill(0x66);
        return content;
    }

    private static int BlockOffset(byte[] image, int block) =>
        (int)BinaryPrimitives.ReadUInt32BigEndian(image.AsSpan(VhdBuilder.TableOffset + 4 * block)) * 512;
}
