using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Images.Vhdx;

/// <summary>Images that were not closed read as replayed, and stay as they are.</summary>
public sealed class VhdxLogTests : IDisposable
{
    private const int Page = VhdxBuilder.PageBytes;
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_log_with_table_and_payload_is_replayed_as_qemu_img_replays_it()
    {
        QemuImg.SkipUnlessThere();
        SameAsReplayed(VhdxSeeds.Dirty());
    }

    [Fact]
    public void A_replayed_disk_is_the_disk_that_was_closed()
    {
        var page = new byte[2 * Page];
        using var closed = TestDisk.Open(VhdxSeeds.Dynamic().Image());
        using var dirty = TestDisk.Open(VhdxSeeds.Dirty().Image());
        var expected = closed.ReadAll();
        page.CopyTo(expected, (1 << 20) + Page);
        Assert.Equal(expected, dirty.ReadAll());
    }

    [Fact]
    public void Regions_and_metadata_come_from_the_log_too()
    {
        QemuImg.SkipUnlessThere();
        var disk = NewDisk(out _);
        long at = 0;
        foreach (var offset in (long[])
            [
                VhdxBuilder.MetadataOffset, VhdxBuilder.MetadataOffset + (64 << 10), VhdxBuilder.BatOffset,
            ])
        {
            at = disk.AddLog(at, 0, (offset, 0, disk.Take(offset, Page)));
        }

        SameAsReplayed(disk);
    }

    // qemu-img 7.2 replays only what lies before the end of the log here, without looking for the tail.
    [Fact]
    public void An_entry_that_goes_round_the_end_of_the_log_is_whole()
    {
        var disk = NewDisk(out var block);
        var table = disk.Take(VhdxBuilder.BatOffset, Page);
        var start = VhdxBuilder.LogBytes - 3 * Page;
        var next = disk.AddLog(start, start, (VhdxBuilder.BatOffset, 0, table));
        next = disk.AddLog(
            next, start, (block, 0, Bytes(1)), (block + Page, 0, Bytes(2)), (block + 3 * Page, Page, null));
        Assert.Equal(2 * Page, next);
        disk.AddLog(next, start, (block + 2 * Page, 0, Bytes(3)));
        using var open = TestDisk.Open(disk.Image());
        var expected = new byte[4 << 20];
        for (var page = 0; page < 32; page++)
        {
            Bytes((byte)(page < 3 ? page + 1 : 100 + page)).CopyTo(expected, page * Page);
        }

        expected.AsSpan(3 * Page, Page).Clear();
        Assert.Equal(expected, open.ReadAll());
    }

    [Fact]
    public void Entries_before_the_tail_were_flushed_and_do_not_count()
    {
        var disk = NewDisk(out var block);
        var next = disk.AddLog(0, 0, (block, 0, Bytes(1)));
        var last = disk.AddLog(next, next, (block + Page, 0, Bytes(2)));
        disk.AddLog(last, next, (block + 2 * Page, 0, Bytes(3)));
        using var open = TestDisk.Open(disk.Image());
        var read = open.ReadAll();
        Assert.NotEqual(1, read[1000]);
        Assert.Equal(2, read[Page + 1000]);
        Assert.Equal(3, read[2 * Page + 1000]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Page)]
    [InlineData(Page + 2000)]
    public void A_torn_last_entry_does_not_count(int torn)
    {
        QemuImg.SkipUnlessThere();
        var disk = NewDisk(out var block);
        var next = disk.AddLog(0, 0, (block, 0, Bytes(1)), (block + Page, 0, Bytes(2)));
        disk.AddLog(next, 0, (block, 0, Bytes(9)));
        disk.Save(_folder["whole.vhdx"]);
        Assert.Equal(9, ReadFirst(_folder["whole.vhdx"], 1000));
        using (var file = File.OpenWrite(_folder["whole.vhdx"]))
        {
            file.Position = VhdxBuilder.LogOffset + next + torn;
            file.Write(new byte[16]);
        }

        Assert.Equal(1, ReadFirst(_folder["whole.vhdx"], 1000));
        SameAsReplayed(_folder["whole.vhdx"]);
    }

    [Fact]
    public void Of_several_sequences_the_newest_counts()
    {
        QemuImg.SkipUnlessThere();
        var disk = NewDisk(out var block);
        disk.NextLogNumber(70);
        disk.AddLog(10 * Page, 10 * Page, (block, 0, Bytes(7)));
        disk.NextLogNumber(50);
        disk.AddLog(20 * Page, 20 * Page, (block, 0, Bytes(5)));
        disk.NextLogNumber(60);
        disk.AddLog(0, 0, (block, 0, Bytes(6)));
        using (var open = TestDisk.Open(disk.Image()))
        {
            Assert.Equal(7, open.ReadAll()[1000]);
        }

        SameAsReplayed(disk);
    }

    [Fact]
    public void Later_changes_cover_earlier_ones_in_any_overlap()
    {
        QemuImg.SkipUnlessThere();
        var random = new Random(5);
        for (var round = 0; round < 6; round++)
        {
            var disk = NewDisk(out var block);
            long next = 0;
            for (var entry = 0; entry < 12; entry++)
            {
                var changes = Enumerable.Range(0, random.Next(1, 5)).Select(_ =>
                {
                    var offset = block + random.Next(20) * Page;
                    return random.Next(2) == 0
                        ? (offset, (long)random.Next(1, 8) * Page, null)
                        : (offset, 0L, (byte[]?)Bytes((byte)random.Next(1, 255)));
                }).ToArray();
                next = disk.AddLog(next, 0, changes);
            }

            SameAsReplayed(disk);
        }
    }

    [Fact]
    public void The_file_is_not_written()
    {
        var disk = VhdxSeeds.Dirty();
        disk.Save(_folder["dirty.vhdx"]);
        var before = File.ReadAllBytes(_folder["dirty.vhdx"]);
        ReadFirst(_folder["dirty.vhdx"], 0);
        Assert.Equal(before, File.ReadAllBytes(_folder["dirty.vhdx"]));
    }

    public void Dispose() => _folder.Dispose();

    private static VhdxBuilder NewDisk(out long block)
    {
        var disk = new VhdxBuilder(4 << 20, hasLog: true);
        block = disk.AddBlock(0);
        for (var page = 0; page < 32; page++)
        {
            disk.Put(block + page * Page, Bytes((byte)(100 + page)));
        }

        return disk;
    }

    private static byte[] Bytes(byte seed)
    {
        var bytes = new byte[Page];
        new Random(seed).NextBytes(bytes.AsSpan(0, 8));
        Array.Fill(bytes, seed, 8, Page - 16);
        new Random(seed).NextBytes(bytes.AsSpan(Page - 8));
        return bytes;
    }

    private static byte ReadFirst(string path, int at)
    {
        using var disk = TestDisk.Open(path);
        var bytes = new byte[1];
        disk.Disk.Read(at, bytes);
        return bytes[0];
    }

    private void SameAsReplayed(VhdxBuilder disk)
    {
        disk.Save(_folder["dirty.vhdx"]);
        SameAsReplayed(_folder["dirty.vhdx"]);
    }

    // qemu-img replays a log when it opens for writing.
    private void SameAsReplayed(string path)
    {
        File.Copy(path, _folder["copy.vhdx"], overwrite: true);
        QemuImg.Run("check", "-r", "all", "-f", "vhdx", _folder["copy.vhdx"]);
        QemuImg.Run("convert", "-f", "vhdx", "-O", "raw", _folder["copy.vhdx"], _folder["copy.raw"]);
        DiskAssert.SameAsRaw(path, _folder["copy.raw"]);
    }
}
