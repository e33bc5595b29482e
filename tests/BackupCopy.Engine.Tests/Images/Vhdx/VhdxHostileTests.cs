using BackupCopy.Images;

namespace BackupCopy.Tests.Images.Vhdx;

/// <summary>Images that lie are refused by name, having cost little.</summary>
public sealed class VhdxHostileTests
{
    private const int Page = VhdxBuilder.PageBytes;
    private const int Megabyte = VhdxBuilder.Megabyte;
    private const long Items = VhdxBuilder.MetadataOffset + (64 << 10);

    private static readonly Dictionary<string, (ErrorCode Expected, Func<VhdxBuilder> Make)> s_cases = new()
    {
        ["both headers are torn"] = Damaged(d => Both(d, VhdxBuilder.HeaderOffset, 64 << 10, 0, 0UL)),
        ["headers of one number differ"] = Damaged(d => d.Put(VhdxBuilder.HeaderOffset + 8, 7UL)),
        ["a header version of the future"] =
            Unsupported(d => Both(d, VhdxBuilder.HeaderOffset, 64 << 10, 64, 2UL << 16)),
        ["a log beyond the file"] =
            Damaged(d => Both(d, VhdxBuilder.HeaderOffset, 64 << 10, 72, 1UL << 40)),
        ["a log offset of 2^63"] =
            Damaged(d => Both(d, VhdxBuilder.HeaderOffset, 64 << 10, 72, 1UL << 63)),
        ["a log on the metadata"] =
            Damaged(d => Both(d, VhdxBuilder.HeaderOffset, 64 << 10, 72, VhdxBuilder.MetadataOffset)),
        ["no region table is right"] = Damaged(d => Both(d, VhdxBuilder.RegionOffset, 64 << 10, 0, 0UL)),
        ["a region table of 2^32 entries"] = Damaged(d => Regions(d, 8, uint.MaxValue)),
        ["a region beyond the file"] = Damaged(d => Regions(d, 32, 1UL << 40)),
        ["a region at 2^63"] = Damaged(d => Regions(d, 32, 1UL << 63)),
        ["a region that no megabyte begins"] = Damaged(d => Regions(d, 32, VhdxBuilder.BatOffset + 4096)),
        ["a region on the head of the file"] = Damaged(d => Regions(d, 32, 0)),
        ["regions on each other"] = Damaged(d => Regions(d, 32, VhdxBuilder.MetadataOffset)),
        ["a region of 4 GiB"] = Damaged(d => Regions(d, 40, 0x1_fff0_0000)),
        ["the same region twice"] = Damaged(
            d => Regions(d, 48, d.Get(VhdxBuilder.RegionOffset + 16, 16))),
        ["no metadata region"] = Damaged(d => Regions(d, 8, 1)),
        ["an unknown region that is needed"] = Unsupported(d => Regions(d, 48, new byte[16])),
        ["no metadata table"] = Damaged(d => d.Put(VhdxBuilder.MetadataOffset, 0UL)),
        ["a metadata table of 65535 entries"] =
            Damaged(d => d.Put(VhdxBuilder.MetadataOffset + 10, [255, 255])),
        ["an item in the table"] = Damaged(d => d.Put(VhdxBuilder.MetadataOffset + 32 + 16, 0U)),
        ["an item beyond the region"] =
            Damaged(d => d.Put(VhdxBuilder.MetadataOffset + 32 + 16, uint.MaxValue)),
        ["an item of 4 GiB"] = Damaged(d => d.Put(VhdxBuilder.MetadataOffset + 32 + 20, uint.MaxValue)),
        ["an item twice"] = Damaged(d => d.Put(
            VhdxBuilder.MetadataOffset + 64, d.Get(VhdxBuilder.MetadataOffset + 32, 16))),
        ["unknown metadata that is needed"] = Unsupported(
            d => d.PutItem(5, Guid.NewGuid(), (64 << 10) + 40, [1], 4)),
        ["a disk of 2^63 bytes"] = Damaged(d => d.Put(Items + 8, 1UL << 63)),
        ["a disk of 65 TiB"] = Damaged(d => d.Put(Items + 8, 65UL << 40)),
        ["a disk of 64 TiB in a small table"] = Damaged(d => d.Put(Items + 8, 64UL << 40)),
        ["a disk of half a sector"] = Damaged(d => d.Put(Items + 8, 256UL)),
        ["blocks of no bytes"] = Damaged(d => d.Put(Items, 0U)),
        ["blocks of 512 MiB"] = Damaged(d => d.Put(Items, 512U << 20)),
        ["blocks of 3 MiB"] = Damaged(d => d.Put(Items, 3U << 20)),
        ["sectors of 1024 bytes"] = Damaged(d => d.Put(Items + 32, 1024U)),
        ["a parent that is not named"] = Damaged(d => d.Put(Items + 4, 2U)),
        ["a block beyond the file"] = Damaged(d => d.Put(d.EntryOffset(1), (1UL << 40) | 6)),
        ["a block at 2^64"] = Damaged(d => d.Put(d.EntryOffset(1), 0xffff_ffff_fff0_0006)),
        ["a block that the end of the file cuts"] =
            Damaged(d => d.Put(d.EntryOffset(1), (ulong)(d.LengthBytes - (Megabyte / 2)) / 4096 * 4096 | 6)),
        ["a block on the table"] = Damaged(d => d.Put(d.EntryOffset(1), (ulong)VhdxBuilder.BatOffset | 6)),
        ["a block on the log"] = Damaged(d => d.Put(d.EntryOffset(1), (ulong)VhdxBuilder.LogOffset | 6)),
        ["a block on the headers"] = Damaged(d => d.Put(d.EntryOffset(1), 6UL)),
        ["two blocks in one place"] = Damaged(d => d.Put(d.EntryOffset(7), (ulong)d.FirstBlockOffset | 6)),
        ["a block of an unknown state"] = Damaged(d => d.Put(d.EntryOffset(1), 4UL)),
        ["a mixed block without a parent"] = Damaged(
            d => d.Put(d.EntryOffset(1), (ulong)d.FirstBlockOffset | 7)),
        ["reserved bits in the table"] = Damaged(d => d.Put(d.EntryOffset(1), 8UL)),
        ["a log without a whole sequence"] = Log((d, _) => d.Put(VhdxBuilder.LogOffset, 0UL)),
        ["a log entry whose tail is nowhere"] = Log((d, b) => d.AddLog(0, 8 * Page, (b, 0, new byte[Page]))),
        ["a log that changes the headers"] =
            Log((d, _) => d.AddLog(0, 0, (VhdxBuilder.HeaderOffset, 0, new byte[Page]))),
        ["a log that changes itself"] =
            Log((d, _) => d.AddLog(0, 0, (VhdxBuilder.LogOffset + Page, 0, new byte[Page]))),
        ["a log that clears what holds it"] =
            Log((d, _) => d.AddLog(0, 0, (VhdxBuilder.RegionOffset, 8 * Megabyte, null))),
        ["a log that changes half a page"] = Log((d, b) => d.AddLog(0, 0, (b + 512, 0, new byte[Page]))),
        ["a log that changes 2^62"] = Log((d, _) => d.AddLog(0, 0, (1L << 62, 0, new byte[Page]))),
        ["a log that clears 2^62 bytes"] = Log((d, b) => d.AddLog(0, 0, (b, 1L << 62, null))),
        ["a log that changes what the file has not"] =
            Log((d, _) => d.AddLog(0, 0, (1L << 40, 0, new byte[Page]))),
        ["a file cut off after its log was written"] = Log((d, b) =>
        {
            d.AddLog(0, 0, (b, 0, new byte[Page]));
            d.LengthBytes -= Page;
        }),
        ["a log of a file of 2^63"] = Log((d, b) =>
        {
            d.AddLog(0, 0, (b, 0, new byte[Page]));
            d.Put(VhdxBuilder.LogOffset + 56, 1UL << 63);
        }),
        ["a descriptor of another entry"] = Log((d, b) =>
        {
            d.AddLog(0, 0, (b, 0, new byte[Page]));
            d.Put(VhdxBuilder.LogOffset + 64 + 24, 99UL);
        }),
        ["a data sector of another entry"] = Log((d, b) =>
        {
            d.AddLog(0, 0, (b, 0, new byte[Page]));
            d.Put(VhdxBuilder.LogOffset + Page + 4, 99U);
        }),
        ["an entry with fewer data sectors than it says"] = Log((d, b) =>
        {
            d.AddLog(0, 0, (b, 0, new byte[Page]));
            d.Put(VhdxBuilder.LogOffset + 24, 2U);
            d.Put(VhdxBuilder.LogOffset + 96, d.Get(VhdxBuilder.LogOffset + 64, 32));
        }),
        ["log entries that lie on each other"] = (ErrorCode.ImageDamaged, Nested),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_is_refused_by_name_at_little_cost(string name)
    {
        var (expected, make) = s_cases[name];
        var image = make().Image();
        var error = Assert.Throws<BackupCopyException>(() =>
        {
            using var open = TestDisk.Open(image);
            open.ReadAll();
        });
        Assert.Equal(expected, error.Code);
        Assert.Contains("fuzz.img", error.Message, StringComparison.Ordinal);
        Assert.InRange(image.ReadBytes, 1, 16 << 20);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData((1UL << 40) | 6)]
    [InlineData((4UL << 20) | 7)]
    public void A_bitmap_that_is_not_there_is_not_taken_for_zeros(ulong entry)
    {
        var parent = VhdxSeeds.Dynamic();
        var child = VhdxSeeds.Child(parent, "parent.vhdx");
        child.Put(child.BitmapEntryOffset(0), entry);
        using var open = TestDisk.Open(child.Image(), parent.Image("parent.vhdx"));
        var error = Assert.Throws<BackupCopyException>(() => open.ReadAll());
        Assert.Equal(ErrorCode.ImageDamaged, error.Code);
    }

    [Theory]
    [InlineData(0, 0UL, ErrorCode.ImageUnsupported)]
    [InlineData(18, ulong.MaxValue, ErrorCode.ImageDamaged)]
    [InlineData(20, ulong.MaxValue, ErrorCode.ImageDamaged)]
    [InlineData(28, ulong.MaxValue, ErrorCode.ImageDamaged)]
    [InlineData(32, 0x0000_0004_0000_0000UL, ErrorCode.ImageDamaged)]
    public void A_locator_that_lies_is_refused(int at, ulong value, ErrorCode expected)
    {
        var parent = VhdxSeeds.Dynamic();
        var child = VhdxSeeds.Child(parent, "parent.vhdx");
        child.Put(Items + 40 + at, value);
        var error = Assert.Throws<BackupCopyException>(
            () => TestDisk.Open(child.Image(), parent.Image("parent.vhdx")));
        Assert.Equal(expected, error.Code);
    }

    [Fact]
    public void One_torn_header_or_region_table_is_made_up_for_by_the_other()
    {
        foreach (var offset in (int[])
            [VhdxBuilder.HeaderOffset, 2 * VhdxBuilder.HeaderOffset, VhdxBuilder.RegionOffset, 256 << 10])
        {
            var disk = VhdxSeeds.Dynamic();
            using var sound = TestDisk.Open(disk.Image());
            disk.Put(offset, 0U);
            using var torn = TestDisk.Open(disk.Image());
            Assert.Equal(sound.ReadAll(), torn.ReadAll());
        }
    }

    [Fact]
    public void A_disk_of_64_TiB_opens_and_is_walked_at_little_cost()
    {
        var disk = new VhdxBuilder(64L << 40);
        var offset = disk.AddBlock((64L << 20) - 1);
        disk.Put(offset + 5, [1, 2, 3]);
        var image = disk.Image();
        using var open = TestDisk.Open(image);
        Assert.True(open.Disk.TryNextData(0, out var start, out var end));
        Assert.Equal((64L << 40) - Megabyte, start);
        Assert.False(open.Disk.TryNextData(end, out _, out _));
        var bytes = new byte[3];
        open.Disk.Read(start + 5, bytes);
        Assert.Equal([1, 2, 3], bytes);
        Assert.InRange(image.ReadBytes, 1, 1 << 20);
    }

    [Fact]
    public void A_child_of_64_TiB_over_an_empty_parent_is_walked_at_little_cost()
    {
        var parent = new VhdxBuilder(64L << 40);
        var child = new VhdxBuilder(64L << 40, hasParent: true);
        child.AddParent(parent, "parent.vhdx");
        for (var block = 1000L; block < 64 << 20; block += 1 << 18)
        {
            child.Put(child.AddBlock(block), [1]);
        }

        var (image, base0) = (child.Image(), parent.Image("parent.vhdx"));
        using var open = TestDisk.Open(image, base0);
        var ranges = 0;
        for (long at = 0; open.Disk.TryNextData(at, out var start, out var end); at = end)
        {
            Assert.Equal(1000, (start >> 20) % (1 << 18));
            ranges++;
        }

        Assert.Equal(256, ranges);
        Assert.InRange(image.ReadBytes + base0.ReadBytes, 1, 64 << 20);
    }

    private static (ErrorCode, Func<VhdxBuilder>) Damaged(Action<VhdxBuilder> change) =>
        (ErrorCode.ImageDamaged, () => Changed(VhdxSeeds.Dynamic(), change));

    private static (ErrorCode, Func<VhdxBuilder>) Unsupported(Action<VhdxBuilder> change) =>
        (ErrorCode.ImageUnsupported, () => Changed(VhdxSeeds.Dynamic(), change));

    private static (ErrorCode, Func<VhdxBuilder>) Log(Action<VhdxBuilder, long> change) =>
        (ErrorCode.ImageDamaged, () =>
        {
            var disk = new VhdxBuilder(2 << 20, hasLog: true);
            change(disk, disk.AddBlock(0));
            return disk;
        });

    private static VhdxBuilder Changed(VhdxBuilder disk, Action<VhdxBuilder> change)
    {
        change(disk);
        return disk;
    }

    private static void Both(VhdxBuilder disk, long first, long second, int at, ulong value)
    {
        disk.Put(first + at, value);
        disk.Put(first + second + at, value);
    }

    private static void Regions(VhdxBuilder disk, int at, ulong value) =>
        Both(disk, VhdxBuilder.RegionOffset, 64 << 10, at, value);

    private static void Regions(VhdxBuilder disk, int at, byte[] value)
    {
        disk.Put(VhdxBuilder.RegionOffset + at, value);
        disk.Put(VhdxBuilder.RegionOffset + (64 << 10) + at, value);
    }

    // Each sector begins an entry that holds all those behind it, so that checking all is quadratic.
    private static VhdxBuilder Nested()
    {
        var disk = new VhdxBuilder(2 << 20, hasLog: true);
        for (var at = VhdxBuilder.LogBytes - Page; at >= 0; at -= Page)
        {
            disk.AddLog(at, 8 * Page);
            disk.Put(VhdxBuilder.LogOffset + at + 8, (uint)(VhdxBuilder.LogBytes - at));
            disk.WidenLog(VhdxBuilder.LogBytes - at);
        }

        return disk;
    }
}
