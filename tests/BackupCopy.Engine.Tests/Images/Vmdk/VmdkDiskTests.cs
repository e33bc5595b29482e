using System.Runtime.InteropServices;
using System.Text;
using BackupCopy.Images;

namespace BackupCopy.Tests.Images.Vmdk;

public sealed class VmdkDiskTests
{
    [Theory]
    [InlineData(1, 512, false, false)]
    [InlineData(8, 512, false, false)]
    [InlineData(16, 3, false, false)]
    [InlineData(128, 512, false, true)]
    [InlineData(16, 512, true, false)]
    [InlineData(16, 4, true, true)]
    [InlineData(256, 512, true, true)]
    public void Every_size_of_grains_and_tables_is_read(
        int grainSectors, int tableEntries, bool isCompressed, bool hasFooter)
    {
        var builder = Sparse(grainSectors, tableEntries, isCompressed, hasFooter);
        Assert.Equal(builder.Content(), MemoryDisk.Read(new MemoryImage("own.vmdk", builder.BuildSparse())));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Versions_1_to_3_are_read_and_others_refused(int version)
    {
        var sound = Sparse(version: (uint)version);
        Assert.Equal(sound.Content(), MemoryDisk.Read(new MemoryImage("a.vmdk", sound.BuildSparse())));
        var newer = Sparse(version: (uint)version + 3).BuildSparse();
        Assert.Equal(ErrorCode.ImageUnsupported, MemoryDisk.Refuse(new MemoryImage("a.vmdk", newer)).Code);
    }

    [Fact]
    public void Snapshots_of_ESX_are_read_over_their_base()
    {
        var random = new Random(5);
        var flat = SampleDisk.Bytes(random, 9000 * 512);
        var delta = new VmdkBuilder { CapacitySectors = 9000, GrainSectors = 1 };
        foreach (var grain in (long[])[0, 1, 2, 100, 4095, 4096, 8999])
        {
            delta.Fill(grain, (byte)(grain + 1));
        }

        Assert.Equal(delta.Content(flat), MemoryDisk.Read(
            VmdkBuilder.TextFile(
                "top.vmdk", "vmfsSparse", "RW 9000 VMFSSPARSE \"top-delta.vmdk\"", "abcdef01", "00000007",
                "/vmfs/volumes/1234/machine/base.vmdk"),
            VmdkBuilder.TextFile("base.vmdk", "vmfs", "RW 9000 VMFS \"base-flat.vmdk\"", "7"),
            new MemoryImage("top-delta.vmdk", delta.BuildCowd()), new MemoryImage("base-flat.vmdk", flat)));
    }

    [Fact]
    public void Zeroed_grains_hide_the_parent_and_absent_ones_show_it()
    {
        var parent = Sparse();
        var child = new VmdkBuilder
        {
            CapacitySectors = parent.CapacitySectors,
            Descriptor = VmdkBuilder.Text(
                "monolithicSparse", "RW 1 SPARSE \"c.vmdk\"", "2", "12345678", "C:\\VMs\\own.vmdk"),
        };
        child.Grains[0] = [];
        child.Grains[1] = [];
        child.Fill(5, 0x99);
        var content = child.Content(parent.Content());
        Assert.Equal(content, MemoryDisk.Read(
            new MemoryImage("c.vmdk", child.BuildSparse()),
            new MemoryImage("own.vmdk", parent.BuildSparse())));
    }

    [Fact]
    public void All_kinds_of_extents_make_one_disk()
    {
        var random = new Random(2);
        var flat = SampleDisk.Bytes(random, 200 * 512);
        var sparse = Sparse();
        var size = sparse.CapacitySectors;
        var disk = VmdkBuilder.TextFile(
            "disk.vmdk", "custom",
            $"RW 50 FLAT \"a file.vmdk\" 150\r\nRW 7 ZERO\r\nRDONLY {size} SPARSE \"s 1.vmdk\"\r\n"
            + "NOACCESS 3 ZERO\r\nRW\t100   FLAT \"a file.vmdk\" 0");
        Assert.Equal(
            [.. flat[(150 * 512)..], .. new byte[7 * 512], .. sparse.Content(), .. new byte[3 * 512],
                .. flat[..(100 * 512)]],
            MemoryDisk.Read(
                disk, new MemoryImage("a file.vmdk", flat),
                new MemoryImage("s 1.vmdk", sparse.BuildSparse())));
    }

    [Fact]
    public void A_sparse_head_without_capacity_only_carries_the_descriptor()
    {
        var flat = SampleDisk.Bytes(new Random(3), 8 * 512);
        var head = new VmdkBuilder
        {
            CapacitySectors = 0, Descriptor = VmdkBuilder.Text("vmfs", "RW 8 VMFS \"f.vmdk\""),
        };
        Assert.Equal(flat, MemoryDisk.Read(
            new MemoryImage("a.vmdk", head.BuildSparse()), new MemoryImage("f.vmdk", flat)));
    }

    [Fact]
    public void The_line_tells_the_size_where_the_capacity_is_rounded_up()
    {
        var sparse = Sparse();
        var disk = VmdkBuilder.TextFile(
            "disk.vmdk", "twoGbMaxExtentSparse", $"RW {sparse.CapacitySectors - 5} SPARSE \"s.vmdk\"");
        Assert.Equal(
            sparse.Content()[..^(5 * 512)],
            MemoryDisk.Read(disk, new MemoryImage("s.vmdk", sparse.BuildSparse())));
    }

    [Fact]
    public void An_extent_without_a_descriptor_says_what_to_name()
    {
        var sparse = new VmdkBuilder { CapacitySectors = 100, Descriptor = null };
        foreach (var image in (byte[][])[sparse.BuildSparse(), sparse.BuildCowd()])
        {
            var error = MemoryDisk.Refuse(new MemoryImage("disk-s001.vmdk", image));
            Assert.Equal(ErrorCode.ImageUnsupported, error.Code);
            Assert.Contains("descriptor", error.Remedy, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("RW 8 SESPARSE \"x-sesparse.vmdk\"", "seSparse")]
    [InlineData("RW 8 VMFSRDM \"x-rdm.vmdk\"", "vmfsRawDeviceMap")]
    [InlineData("NOACCESS 8 FLAT \"x.vmdk\" 0", "custom")]
    [InlineData("RW 8 FLAT \"\\\\.\\PhysicalDrive0\" 0", "fullDevice")]
    public void What_is_not_read_says_what_to_do(string extent, string type)
    {
        var error = MemoryDisk.Refuse(VmdkBuilder.TextFile("a.vmdk", type, extent));
        Assert.Equal(ErrorCode.ImageUnsupported, error.Code);
        Assert.NotEmpty(error.Remedy);
    }

    [Theory]
    [InlineData("version=1", "version=7")]
    [InlineData("ddb.adapterType = \"ide\"", "ddb.iofilters = \"vmwarevmcrypt\"")]
    public void A_descriptor_of_another_kind_is_refused(string line, string other)
    {
        var text = VmdkBuilder.Text("monolithicFlat", "RW 8 ZERO")
            .Replace(line, other, StringComparison.Ordinal);
        var error = MemoryDisk.Refuse(new MemoryImage("a.vmdk", Encoding.UTF8.GetBytes(text)));
        Assert.Equal(ErrorCode.ImageUnsupported, error.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sparse_disk_of_64_TiB_opens_and_walks_by_its_tables(bool hasTablesInHoles)
    {
        var builder = new VmdkBuilder { CapacitySectors = 1L << 37, GrainSectors = 128 };
        builder.Fill((1L << 30) - 2, 0x11);
        var bytes = builder.BuildSparse();
        var image = new MemoryImage(
            "a.vmdk", bytes, hasTablesInHoles ? NameTablesBehind(bytes, builder.DirectoryOffset) : null);
        using var session = new ImageSession(null);
        var disk = ImageFormats.Open(session.Own(image), session, isRaw: false).Disks[0].Disk;
        Assert.Equal(1L << 46, disk.SizeBytes);
        Assert.True(disk.TryNextData(0, out var start, out var end));
        Assert.Equal(((1L << 46) - (2 << 16), 1L << 16), (start, end - start));
        Assert.False(disk.TryNextData(end, out _, out _));
        Assert.InRange(image.ReadBytes, 1, 10 << 20);
    }

    [Fact]
    public void Compressed_grains_are_read_by_many_threads_at_once()
    {
        var builder = Sparse(16, 512, isCompressed: true);
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        File.WriteAllBytes(path, builder.BuildSparse());
        try
        {
            using var session = new ImageSession(null);
            var disk = ImageFormats.Open(
                session.Own(DiskFile.Open(path)), session, isRaw: false).Disks[0].Disk;
            var content = builder.Content();
            Parallel.For(0, 2000, i =>
            {
                var random = new Random(i);
                var at = random.Next(content.Length);
                var bytes = new byte[random.Next(1, Math.Min(30_000, content.Length - at + 1))];
                disk.Read(at, bytes);
                Assert.True(bytes.AsSpan().SequenceEqual(content.AsSpan(at, bytes.Length)));
            });
        }
        finally
        {
            File.Delete(path);
        }
    }

    // All but the last, as who makes all tables with the disk. Gives where they end.
    private static long NameTablesBehind(byte[] bytes, int directoryOffset)
    {
        var sector = (uint)(bytes.Length / 512) + 1;
        var directory = MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(directoryOffset))[..(1 << 21)];
        foreach (ref var entry in directory[..^1])
        {
            Assert.Equal(0u, entry);
            entry = sector;
            sector += 4;
        }

        return sector * 512L;
    }

    /// <summary>A disk whose last grain is not a whole one.</summary>
    internal static VmdkBuilder Sparse(
        int grainSectors = 16, int tableEntries = 512, bool isCompressed = false, bool hasFooter = false,
        uint version = 1)
    {
        var builder = new VmdkBuilder
        {
            CapacitySectors = 40 * grainSectors - grainSectors / 2, GrainSectors = grainSectors,
            TableEntries = tableEntries, IsCompressed = isCompressed, HasFooter = hasFooter,
            Version = version,
        };
        var random = new Random(grainSectors);
        foreach (var grain in (long[])[0, 1, 2, 5, 7, 8, 20, 21, 39])
        {
            builder.Grains[grain] = SampleDisk.Bytes(random, grainSectors * 512);
            builder.Grains[grain].AsSpan(0, grainSectors * 256).Fill((byte)grain);
        }

        builder.Grains[3] = [];
        return builder;
    }
}
