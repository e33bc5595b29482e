using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Copying;

/// <summary>Copies on a real XFS take hardly any space and outlive their source.</summary>
public sealed class XfsCloneTests
{
    private const int Block = 256 * 1024;

    // Files, directories, indexes, maps and the trees of the file system itself.
    private const long MetadataBytes = 1 << 20;

    [Fact]
    public void Copies_take_hardly_any_space_and_restore_after_the_source_is_gone()
    {
        using var xfs = LoopFileSystem.OrSkip("xfs", 400L << 20, "-m", "reflink=1");
        var source = NewChain(xfs, "source");
        var target = NewChain(xfs, "target");
        var days = new List<MemoryDisk[]>();
        for (var day = 0; day < 2; day++)
        {
            days.Add([day == 0 ? NewDisk() : Changed(days[0][0])]);
            Lab.Import(source, Lab.Start.AddDays(day), days[day]);
        }

        for (var sequence = 1; sequence <= 2; sequence++)
        {
            var before = xfs.UsedBytes;
            var progress = new CopyProgress();
            Lab.Copy(source, sequence, target, progress: progress);
            Assert.Equal(0, progress.StoredBytes);
            Assert.InRange(progress.ClonedBytes, (sequence == 1 ? 45L : 2L) << 20, 55L << 20);
            Assert.InRange(xfs.UsedBytes - before, 0, progress.ClonedBytes / 100 + MetadataBytes);
        }

        Directory.Delete(Path.Combine(xfs.Path, "source"), recursive: true);
        Lab.AssertEqual(target, 1, days[0]);
        Lab.AssertEqual(target, 2, days[1]);
    }

    [Fact]
    public void On_a_file_system_that_does_not_clone_the_bytes_are_written()
    {
        using var ext4 = LoopFileSystem.OrSkip("ext4", 200L << 20);
        var source = NewChain(ext4, "source");
        var target = NewChain(ext4, "target");
        var disk = NewDisk();
        Lab.Import(source, Lab.Start, [disk]);
        var progress = new CopyProgress();
        Lab.Copy(source, 1, target, progress: progress);
        Assert.Equal(0, progress.ClonedBytes);
        Assert.True(progress.StoredBytes > 45L << 20);
        Lab.AssertEqual(target, 1, [disk]);
    }

    [Fact]
    public void A_target_that_was_moved_off_the_file_system_that_cloned_is_written_to()
    {
        using var xfs = LoopFileSystem.OrSkip("xfs", 400L << 20, "-m", "reflink=1");
        using var folder = new TemporaryFolder();
        var source = NewChain(xfs, "source");
        NewChain(xfs, "target");
        File.Copy(Path.Combine(xfs.Path, "target", "repository.json"), folder["repository.json"]);
        var target = Lab.ChainIn(RepositoryFolder.Open(LocalStorage.Instance, folder.Path));
        var disk = NewDisk();
        Lab.Import(source, Lab.Start, [disk]);
        var progress = new CopyProgress();
        Lab.Copy(source, 1, target, progress: progress);
        Assert.Equal(0, progress.ClonedBytes);
        Lab.AssertEqual(target, 1, [disk]);
    }

    private static Chain NewChain(LoopFileSystem fileSystem, string name) => Lab.ChainIn(Lab.NewRepository(
        LocalStorage.Instance, Path.Combine(fileSystem.Path, name), Block, Compression.Fast));

    private static MemoryDisk NewDisk()
    {
        var disk = new MemoryDisk("disk0", 200L * Block + 777);
        var random = new Random(1);
        var bytes = new byte[Block];
        for (var block = 0; block < 200; block++)
        {
            random.NextBytes(bytes);
            disk.Write(block * (long)Block, bytes);
        }

        return disk;
    }

    private static MemoryDisk Changed(MemoryDisk disk)
    {
        var changed = disk.Clone();
        for (var block = 3; block < 200; block += 16)
        {
            changed.Write(block * (long)Block + 5, [1, 2, 3]);
        }

        return changed;
    }
}
