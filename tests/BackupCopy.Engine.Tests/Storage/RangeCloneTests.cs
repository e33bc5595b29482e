using BackupCopy.Storage;

namespace BackupCopy.Tests.Storage;

/// <summary>Cloning on real file systems: a clone is a copy of its own; what cannot be is refused.</summary>
public sealed class RangeCloneTests
{
    private const int Page = 4096;

    private readonly LocalStorage _storage = LocalStorage.Instance;

    [Fact]
    public void Cloned_bytes_are_there_and_stay_when_the_other_file_changes()
    {
        using var xfs = LoopFileSystem.OrSkip("xfs", 400L << 20, "-m", "reflink=1");
        Assert.True(_storage.Probe(xfs.Path).Clones);
        var bytes = new byte[64 * Page];
        new Random(1).NextBytes(bytes);
        using var from = NewFile(xfs, "from", bytes);
        using var to = NewFile(xfs, "to", new byte[Page]);

        // Behind the end of the file, with a gap before, as workers out of order do.
        Assert.True(to.TryClone(from, 8 * Page, 20 * Page, 16 * Page));
        from.WriteAll(new byte[64 * Page], 0);

        Assert.Equal(36 * Page, to.Length);
        var there = new byte[36 * Page];
        to.ReadAll(there, 0);
        Assert.Equal(bytes[(8 * Page)..(24 * Page)], there[(20 * Page)..]);
        Assert.True(there.AsSpan(0, 20 * Page).IndexOfAnyExcept((byte)0) < 0);
    }

    [Theory]
    [InlineData(1, Page, Page)]
    [InlineData(0, 1, Page)]
    [InlineData(0, Page, 100)]
    [InlineData(63 * Page, Page, 2 * Page)]
    public void What_is_not_whole_blocks_of_the_file_is_refused_without_an_error(
        long fromOffset, long offset, long length)
    {
        using var xfs = LoopFileSystem.OrSkip("xfs", 400L << 20, "-m", "reflink=1");
        using var from = NewFile(xfs, "from", new byte[64 * Page]);
        using var to = NewFile(xfs, "to", new byte[Page]);
        Assert.False(to.TryClone(from, fromOffset, offset, length));
    }

    [Fact]
    public void Files_of_two_file_systems_and_file_systems_that_cannot_are_refused_without_an_error()
    {
        using var xfs = LoopFileSystem.OrSkip("xfs", 400L << 20, "-m", "reflink=1");
        using var ext4 = LoopFileSystem.OrSkip("ext4", 32L << 20);
        Assert.False(_storage.Probe(ext4.Path).Clones);
        using var here = NewFile(xfs, "a", new byte[4 * Page]);
        using var there = NewFile(ext4, "a", new byte[4 * Page]);
        using var beside = NewFile(ext4, "b", new byte[4 * Page]);
        using var simulated = new SimulatedDisk().Open(
            Path.Combine(SimulatedDisk.Root, "a"), OpenFor.Creating);
        Assert.False(here.TryClone(there, 0, 0, Page));
        Assert.False(there.TryClone(here, 0, 0, Page));
        Assert.False(there.TryClone(beside, 0, 0, Page));
        Assert.False(here.TryClone(simulated, 0, 0, Page));
    }

    [Fact]
    public void A_clone_into_a_file_open_for_reading_is_an_error()
    {
        using var xfs = LoopFileSystem.OrSkip("xfs", 400L << 20, "-m", "reflink=1");
        using var from = NewFile(xfs, "from", new byte[4 * Page]);
        NewFile(xfs, "to", new byte[4 * Page]).Dispose();
        using var to = _storage.Open(Path.Combine(xfs.Path, "to"), OpenFor.Reading);
        var error = Assert.Throws<BackupCopyException>(() => to.TryClone(from, 0, 0, Page));
        Assert.Equal(ErrorCode.StorageError, error.Code);
        Assert.Contains(to.Path, error.Message, StringComparison.Ordinal);
    }

    private IStorageFile NewFile(LoopFileSystem fileSystem, string name, byte[] bytes)
    {
        var file = _storage.Open(Path.Combine(fileSystem.Path, name), OpenFor.Creating);
        file.WriteAll(bytes, 0);
        return file;
    }
}
