using BackupCopy.Images;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Images.Vhdx;

/// <summary>
/// Differencing disks, which qemu-img does not read: built from the specification beside a plain file that
/// gets the same writes.
/// </summary>
public sealed class VhdxDifferencingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(1 << 20, 512, 4)]
    [InlineData(1 << 20, 4096, 3)]
    [InlineData(2 << 20, 512, 2)]
    [InlineData(32 << 20, 512, 3)]
    public void Each_sector_comes_from_the_nearest_disk_that_has_it(
        int blockBytes, int sectorBytes, int levels)
    {
        // More than one chunk of 512-byte sectors, so that bitmap blocks change within the disk.
        var diskBytes = (4L << 30) + (70 << 20);
        long[] places = [0, 40 << 20, (4L << 30) - (3 << 20), diskBytes - (9 << 20)];
        var raw = _folder["disk.raw"];
        var expected = File.Create(raw);
        expected.SetLength(diskBytes);
        VhdxBuilder? parent = null;
        for (var level = 0; level < levels; level++)
        {
            var disk = new VhdxBuilder(diskBytes, blockBytes, sectorBytes, hasParent: parent is not null);
            if (parent is not null)
            {
                disk.AddParent(parent, $"{level - 1}.vhdx");
            }

            var guest = new Guest(disk, expected, new Random(level + 10));
            foreach (var place in places)
            {
                guest.WriteAround(place, sectorBytes);
            }

            disk.Save(_folder[$"{level}.vhdx"]);
            parent = disk;
        }

        expected.Dispose();
        DiskAssert.SameAsRaw(_folder[$"{levels - 1}.vhdx"], raw);
    }

    [Fact]
    public void A_child_larger_than_its_parent_reads_zeros_behind_it()
    {
        var parent = new VhdxBuilder((2 << 20) + 512);
        var bytes = new byte[512];
        Array.Fill(bytes, (byte)1);
        parent.Put(parent.AddBlock(2), bytes);
        var child = new VhdxBuilder(5 << 20, hasParent: true);
        child.AddParent(parent, "parent.vhdx");
        child.Put(child.AddBlock(4), bytes);
        using var open = TestDisk.Open(child.Image(), parent.Image("parent.vhdx"));
        var expected = new byte[5 << 20];
        bytes.CopyTo(expected, 2 << 20);
        bytes.CopyTo(expected, 4 << 20);
        Assert.Equal(expected, open.ReadAll());
        var whole = new byte[5 << 20];
        open.Disk.Read(0, whole);
        Assert.Equal(expected, whole);
    }

    [Theory]
    [InlineData("relative_path", @".\parent.vhdx")]
    [InlineData("relative_path", @"..\elsewhere\parent.vhdx")]
    [InlineData("absolute_win32_path", @"C:\machines\parent.vhdx")]
    public void The_parent_is_found_where_it_was_and_beside_the_child(string key, string value)
    {
        var parent = VhdxSeeds.Dynamic();
        parent.Save(_folder["parent.vhdx"]);
        var child = new VhdxBuilder(parent.DiskBytes, hasParent: true);
        child.AddParent(
            (key, value), ("parent_linkage", $"{{{Guid.NewGuid()}}}"),
            ("parent_linkage2", $"{{{parent.DataWriteId}}}"));
        child.Save(_folder["child.vhdx"]);
        using var one = TestDisk.Open(_folder["parent.vhdx"]);
        using var other = TestDisk.Open(_folder["child.vhdx"]);
        Assert.Equal(one.ReadAll(), other.ReadAll());
    }

    [Theory]
    [InlineData(@"..\parent.vhdx", ErrorCode.ImageOutside)]
    [InlineData(@"..\..\..\..\..\..\etc\passwd", ErrorCode.ImageOutside)]
    [InlineData(@".\missing.vhdx", ErrorCode.ImageNotFound)]
    [InlineData(@".\child.vhdx", ErrorCode.ImageDamaged)]
    [InlineData(@".\other.vhdx", ErrorCode.ImageDamaged)]
    [InlineData(@".\plain.img", ErrorCode.ImageDamaged)]
    [InlineData(".\\parent\0.vhdx", ErrorCode.ImageDamaged)]
    public void A_parent_that_is_not_the_right_one_is_a_named_error(string path, ErrorCode expected)
    {
        var parent = VhdxSeeds.Dynamic();
        Directory.CreateDirectory(_folder["folder"]);
        parent.Save(_folder["parent.vhdx"]);
        VhdxSeeds.Dynamic().Save(Path.Combine(_folder["folder"], "other.vhdx"));
        File.WriteAllBytes(
            Path.Combine(_folder["folder"], "plain.img"), [.. new byte[510], 0x55, 0xaa, .. new byte[512]]);
        var child = new VhdxBuilder(parent.DiskBytes, hasParent: true);
        child.AddParent(("parent_linkage", $"{{{parent.DataWriteId}}}"), ("relative_path", path));
        var image = Path.Combine(_folder["folder"], "child.vhdx");
        child.Save(image);
        var error = Assert.Throws<BackupCopyException>(() => TestDisk.Open(image));
        Assert.Equal(expected, error.Code);
    }

    [Fact]
    public void A_chain_of_more_images_than_are_allowed_is_refused()
    {
        var parent = VhdxSeeds.Dynamic();
        List<MemoryImage> images = [parent.Image("0.vhdx")];
        for (var level = 1; level <= ImageSession.LongestChain; level++)
        {
            var child = VhdxSeeds.Child(parent, $"{level - 1}.vhdx");
            images.Insert(0, child.Image($"{level}.vhdx"));
            parent = child;
        }

        using (var longest = TestDisk.Open(images[1], [.. images[2..]]))
        {
            Assert.Equal(longest.Disk.SizeBytes, longest.ReadAll().Length);
        }

        var error = Assert.Throws<BackupCopyException>(() => TestDisk.Open(images[0], [.. images[1..]]));
        Assert.Equal(ErrorCode.ImageDamaged, error.Code);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Writes to a disk of the chain and to the plain file at once.</summary>
    private sealed class Guest(VhdxBuilder disk, FileStream expected, Random random)
    {
        private readonly Dictionary<long, long> _blocks = [];
        private readonly Dictionary<long, long> _bitmaps = [];

        public void WriteAround(long place, int sectorBytes)
        {
            for (var write = 0; write < 12; write++)
            {
                var offset = place + random.NextInt64(8 << 20) / sectorBytes * sectorBytes;
                var bytes = new byte[random.Next(1, 40) * sectorBytes];
                random.NextBytes(bytes);
                for (var done = 0; done < bytes.Length; done += sectorBytes)
                {
                    WriteSector(offset + done, bytes.AsSpan(done, sectorBytes));
                }
            }

            Clear((place + (5 << 20)) / disk.BlockBytes + random.Next(4));
        }

        private void WriteSector(long offset, ReadOnlySpan<byte> bytes)
        {
            var block = offset / disk.BlockBytes;
            if (!_blocks.TryGetValue(block, out var at))
            {
                _blocks.Add(block, at = disk.AddBlock(block, disk.HasParent ? 7U : 6U));
            }

            if (at < 0)
            {
                return;
            }

            if (disk.HasParent)
            {
                var chunk = block / disk.Ratio;
                if (!_bitmaps.TryGetValue(chunk, out var bitmap))
                {
                    _bitmaps.Add(chunk, bitmap = disk.AddBitmap(chunk));
                }

                var bit = offset / bytes.Length % (8 << 20);
                var old = disk.Get(bitmap + bit / 8, 1)[0];
                disk.Put(bitmap + bit / 8, [(byte)(old | (1 << (int)(bit % 8)))]);
            }

            disk.Put(at + offset % disk.BlockBytes, bytes);
            expected.Position = offset;
            expected.Write(bytes);
        }

        // A block of zeros hides what the parent has.
        private void Clear(long block)
        {
            var length = (int)Math.Min(disk.BlockBytes, disk.DiskBytes - block * disk.BlockBytes);
            if (length <= 0 || _blocks.ContainsKey(block))
            {
                return;
            }

            _blocks.Add(block, -1);
            disk.Put(disk.EntryOffset(block), 2UL);
            expected.Position = block * disk.BlockBytes;
            expected.Write(new byte[length]);
        }
    }
}
