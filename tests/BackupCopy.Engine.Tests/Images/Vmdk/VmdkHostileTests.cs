using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace BackupCopy.Tests.Images.Vmdk;

/// <summary>Images that lie about themselves, and images that were changed at random.</summary>
public sealed class VmdkHostileTests
{
    private static readonly Dictionary<string, Action<byte[]>> s_headers = new()
    {
        ["capacity 2^63 sectors"] = i => Put64(i, 12, 1UL << 63),
        ["capacity 2^54 sectors"] = i => Put64(i, 12, 1UL << 54),
        ["capacity beyond the directory"] = i => Put64(i, 12, 1UL << 40),
        ["grain of 0"] = i => Put64(i, 20, 0),
        ["grain of 3 sectors"] = i => Put64(i, 20, 3),
        ["grain of 2^62 sectors"] = i => Put64(i, 20, 1UL << 62),
        ["descriptor beyond the file"] = i => Put64(i, 28, 1UL << 55),
        ["descriptor of 2^60 sectors"] = i => Put64(i, 36, 1UL << 60),
        ["tables without entries"] = i => Put32(i, 44, 0),
        ["tables of 2^31 entries"] = i => Put32(i, 44, 1U << 31),
        ["no directory"] = i => Put64(i, 56, 0),
        ["directory beyond the file"] = i => Put64(i, 56, 1UL << 60),
        ["footer that is not there"] = i => Put64(i, 56, ulong.MaxValue),
        ["text mode"] = i => i[73] = (byte)'\r',
        ["compressed or not"] = i => i[77] = 1,
    };

    public static TheoryData<string> Headers => [.. s_headers.Keys];

    [Theory]
    [MemberData(nameof(Headers))]
    public void A_hostile_header_is_refused(string name)
    {
        var image = VmdkDiskTests.Sparse().BuildSparse();
        s_headers[name](image);
        Expect(ErrorCode.ImageDamaged, image);
    }

    [Theory]
    [InlineData(0x7fffffffU)]
    [InlineData(0xffffffffU)]
    public void Tables_and_grains_beyond_the_file_are_refused(uint sector)
    {
        var builder = VmdkDiskTests.Sparse();
        var image = builder.BuildSparse();
        var table = Get32(image, builder.DirectoryOffset) * 512;
        Put32(image, (int)table + 4 * 10, sector);
        Expect(ErrorCode.ImageDamaged, image);
        Put32(image, (int)table + 4 * 10, 0);
        Put32(image, builder.DirectoryOffset, sector);
        Expect(ErrorCode.ImageDamaged, image);
    }

    [Fact]
    public void A_zeroed_grain_where_none_may_be_is_refused()
    {
        var image = VmdkDiskTests.Sparse().BuildSparse();
        image[VmdkBuilder.FlagsOffset] &= 0xfb;
        Expect(ErrorCode.ImageDamaged, image);
    }

    [Fact]
    public void Grains_that_share_their_place_are_refused()
    {
        var builder = new VmdkBuilder { CapacitySectors = 512 * 16 };
        builder.Fill(0, 1);
        var image = builder.BuildSparse();
        var table = (int)Get32(image, builder.DirectoryOffset) * 512;
        for (var i = 1; i < 512; i++)
        {
            Put32(image, table + 4 * i, Get32(image, table));
        }

        Expect(ErrorCode.ImageDamaged, image);
    }

    [Fact]
    public void Compressed_grains_that_lie_are_refused()
    {
        var builder = VmdkDiskTests.Sparse(isCompressed: true);
        var image = builder.BuildSparse();
        var grain = (int)Get32(image, (int)Get32(image, builder.DirectoryOffset) * 512) * 512;
        foreach (var change in (Action<byte[]>[])
        [
            i => Put64(i, grain, 16),
            i => Put32(i, grain + 8, 0),
            i => Put32(i, grain + 8, 50),
            i => Put32(i, grain + 8, uint.MaxValue),
            i => i[grain + 12] ^= 0xff,
            i => i[grain + 500] ^= 1,
            i => i[grain + 12 + Get32(i, grain + 8) - 1] ^= 1,
            i => Zip(new byte[1 << 20]).CopyTo(i, grain + 12),
            i => Zip(new byte[100]).CopyTo(i, grain + 12),
        ])
        {
            var changed = (byte[])image.Clone();
            change(changed);
            Expect(ErrorCode.ImageDamaged, changed);
        }
    }

    [Theory]
    [InlineData("RW 8")]
    [InlineData("RW x ZERO")]
    [InlineData("RW 0 ZERO")]
    [InlineData("RW -8 ZERO")]
    [InlineData("RW 99999999999999999999 ZERO")]
    [InlineData("RW 36028797018963967 ZERO")]
    [InlineData("RW 18014398509481983 ZERO\nRW 18014398509481983 ZERO")]
    [InlineData("RW 8 FLAT")]
    [InlineData("RW 8 FLAT a.vmdk 0")]
    [InlineData("RW 8 FLAT \"a.vmdk")]
    [InlineData("RW 8 FLAT \"a.vmdk\" -1")]
    [InlineData("RW 8 FLAT \"a.vmdk\" 18014398509481983")]
    [InlineData("RW 9000 FLAT \"a.vmdk\" 0")]
    [InlineData("RW 8 SPARSE \"a.vmdk\"")]
    [InlineData("# nothing")]
    public void An_extent_that_lies_is_refused(string extents) => Assert.Equal(
        ErrorCode.ImageDamaged, MemoryDisk.Refuse(VmdkBuilder.TextFile("a.vmdk", "custom", extents)).Code);

    [Fact]
    public void Many_extents_of_one_small_file_are_refused()
    {
        var lines = string.Concat(Enumerable.Repeat("RW 100 FLAT \"f.vmdk\" 0\n", 2000));
        var file = new MemoryImage("f.vmdk", SampleDisk.Bytes(new Random(1), 100 * 512));
        Assert.Equal(
            ErrorCode.ImageDamaged,
            MemoryDisk.Refuse(VmdkBuilder.TextFile("a.vmdk", "custom", lines), file).Code);
        Assert.InRange(file.ReadBytes, 0, 4 * file.LengthBytes);
    }

    [Fact]
    public void Descriptors_without_end_are_refused()
    {
        var text = Encoding.UTF8.GetBytes(VmdkBuilder.Text("custom", "RW 8 ZERO"));
        var large = new MemoryImage("a.vmdk", text, 1L << 40);
        Assert.Equal(ErrorCode.ImageDamaged, MemoryDisk.Refuse(large).Code);
        var lines = string.Concat(Enumerable.Repeat("RW 1 ZERO\n", 5000));
        Assert.Equal(
            ErrorCode.ImageDamaged, MemoryDisk.Refuse(VmdkBuilder.TextFile("a.vmdk", "custom", lines)).Code);
    }

    [Theory]
    [InlineData("a.vmdk", "12345678", ErrorCode.ImageDamaged)]
    [InlineData("b.vmdk", "12345678", ErrorCode.ImageDamaged)]
    [InlineData("base.vmdk", "00000001", ErrorCode.ImageDamaged)]
    [InlineData("plain.img", "12345678", ErrorCode.ImageDamaged)]
    [InlineData("nowhere.vmdk", "12345678", ErrorCode.ImageNotFound)]
    [InlineData(null, "12345678", ErrorCode.ImageDamaged)]
    public void A_parent_that_does_not_fit_is_refused(string? hint, string parentId, ErrorCode expected)
    {
        var disk = VmdkBuilder.TextFile("a.vmdk", "custom", "RW 8 ZERO", "12345678", parentId, hint);
        var error = MemoryDisk.Refuse(
            disk, VmdkBuilder.TextFile("b.vmdk", "custom", "RW 8 ZERO", "12345678", "12345678", "a.vmdk"),
            VmdkBuilder.TextFile("base.vmdk", "custom", "RW 8 ZERO"),
            new MemoryImage("plain.img", new byte[4096]));
        Assert.Equal(expected, error.Code);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_changed_sparse_disk_is_read_or_refused(bool isCompressed, bool hasFooter)
    {
        var builder = Small(isCompressed, hasFooter);
        var seed = builder.BuildSparse();
        var table = (int)Get32(seed, builder.DirectoryOffset) * 512;
        var grain = (int)Get32(seed, table) * 512;
        ImageFuzz.Run(
            seed,
            [
                (4, 80), (12, 52), (hasFooter ? seed.Length - 1536 : 4, 80),
                (hasFooter ? seed.Length - 1020 : 4, 80),
                (512, 200), (builder.DirectoryOffset, 8), (table, 16), (grain, 40),
            ]);
    }

    [Fact]
    public void A_changed_snapshot_is_read_or_refused()
    {
        var delta = Small(false, false);
        var extent = new MemoryImage("d.vmdk", delta.BuildCowd());
        var seed = VmdkBuilder.TextFile(
            "t.vmdk", "vmfsSparse", $"RW {delta.CapacitySectors} VMFSSPARSE \"d.vmdk\"\nRW 8 ZERO", "2",
            "12345678", "own.vmdk").Bytes;
        ImageFuzz.Run(
            seed, [(20, 20), (50, 40), (100, 60), (160, 60)],
            [extent, new MemoryImage("own.vmdk", Small(false, false).BuildSparse())]);
    }

    [Fact]
    public void A_changed_extent_of_ESX_is_read_or_refused()
    {
        // The extent is hit here, its descriptor in the test before.
        var delta = Small(false, false);
        var cowd = delta.BuildCowd();
        var table = (int)Get32(cowd, delta.DirectoryOffset) * 512;
        foreach (var number in TestBudget.Seeds(ImageFuzz.UsualExecutions))
        {
            var random = new Random(number);
            var changed = (byte[])cowd.Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var at = random.Next(3) switch
                {
                    0 => random.Next(4, 28), 1 => delta.DirectoryOffset + random.Next(8),
                    _ => table + random.Next(16),
                };
                changed[at] = random.Next(3) switch { 0 => 0xff, 1 => 0, _ => (byte)random.Next(256) };
            }

            ImageFuzz.Execute(
                VmdkBuilder.TextFile(
                    "t.vmdk", "vmfsSparse", $"RW {delta.CapacitySectors} VMFSSPARSE \"d.vmdk\""),
                [new MemoryImage("d.vmdk", changed)], number);
        }
    }

    private static VmdkBuilder Small(bool isCompressed, bool hasFooter)
    {
        var builder = new VmdkBuilder
        {
            CapacitySectors = 15, GrainSectors = 4, TableEntries = 4, IsCompressed = isCompressed,
            HasFooter = hasFooter,
        };
        builder.Fill(0, 0x11);
        builder.Fill(1, 0x22);
        builder.Fill(3, 0x33);
        return builder;
    }

    private static void Expect(ErrorCode code, byte[] image)
    {
        var file = new MemoryImage("a.vmdk", image);
        Assert.Equal(code, MemoryDisk.Refuse(file).Code);
        Assert.InRange(file.ReadBytes, 1, 4 * image.Length + (1 << 20));
    }

    private static byte[] Zip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }

    private static uint Get32(byte[] image, int at) =>
        BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(at));

    private static void Put32(byte[] image, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at), value);

    private static void Put64(byte[] image, int at, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), value);
}
