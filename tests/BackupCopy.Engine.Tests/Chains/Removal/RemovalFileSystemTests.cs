using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Storage;
using BackupCopy.TestProcess;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Removal;

/// <summary>The space that removed points give back, measured on real file systems.</summary>
public sealed class RemovalFileSystemTests
{
    private const int Block = 256 * 1024;
    private const long FileSystemBlock = 4096;

    [Theory]
    [InlineData("ext4", new long[] { 3 })]
    [InlineData("ext4", new long[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("xfs", new long[] { 3 })]
    [InlineData("xfs", new long[] { 1, 2, 3, 4, 5, 6 })]
    public void Free_space_grows_by_what_the_plan_says_and_little_is_written(string type, long[] going)
    {
        using var mounted = Mount(type);
        var (chain, days) = Prepare(mounted, ReleaseMode.Punch);
        var plan = RemovalPlanner.Plan(chain, chain.Points(), [], going.ToHashSet());
        var before = mounted.UsedBytes;
        var counting = new HookedStorage((_, _) => { });
        var counted = Lab.ChainIn(RepositoryFolder.Open(counting, chain.Repository.Path));
        Assert.Equal(going, Remove(counted, going).Removed);

        // Directories, extent trees and journals have blocks of their own.
        var returned = before - mounted.UsedBytes;
        var tolerance = (plan.FreedBytes / 50) + (16 * FileSystemBlock);
        Assert.InRange(returned, plan.FreedBytes - tolerance, plan.FreedBytes + tolerance);
        Assert.InRange(counting.WrittenBytes, 0, plan.WrittenBytes + (16 << 10));
        AssertHolds(chain, days, going);
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("vfat")]
    public void Rewriting_gives_the_space_back_where_nothing_is_punched(string type)
    {
        using var mounted = Mount(type);
        var (chain, days) = Prepare(mounted, ReleaseMode.Rewrite);
        var before = mounted.UsedBytes;
        long[] going = [1, 2, 3, 4, 5, 6];
        Assert.Equal(going, Remove(chain, going).Removed);
        AssertHolds(chain, days, going);

        // What is left is not far from what one point of the last state takes.
        var live = FullMark.Run(chain).LiveBytes;
        Assert.True(before - mounted.UsedBytes > 10 << 20, $"{before - mounted.UsedBytes} bytes returned.");
        Assert.InRange(
            chain.Repository.Storage.List(chain.Path).Sum(e => e.Length), live, (live * 2) + (1 << 20));
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public void Full_file_system_gets_room_from_retention(string type)
    {
        using var mounted = Mount(type);
        var (chain, days) = Prepare(mounted, ReleaseMode.Punch);
        Fill(mounted.Path);
        long[] going = [1, 2, 3, 4, 5];
        Assert.Equal(going, Remove(chain, going).Removed);
        Assert.True(LocalStorage.Instance.FreeBytes(chain.Path) > 10 << 20);
        AssertHolds(chain, days, going);
    }

    private static LoopFileSystem Mount(string type) => type == "xfs"
        ? LoopFileSystem.OrSkip(type, 320L << 20, "-m", "reflink=1")
        : LoopFileSystem.OrSkip(type, 200L << 20);

    // Days of which each writes over much of what the day before wrote.
    private static (Chain Chain, List<MemoryDisk> Days) Prepare(LoopFileSystem mounted, ReleaseMode mode)
    {
        var repository = Lab.NewRepository(
            LocalStorage.Instance, Path.Combine(mounted.Path, "repository"), Block, Compression.Fast);
        if (repository.File.EffectiveReleaseMode != mode)
        {
            repository.SetReleaseMode(mode);
            repository = RepositoryFolder.Open(LocalStorage.Instance, repository.Path);
        }

        var chain = Lab.ChainIn(repository);
        var random = new Random(7);
        var days = new List<MemoryDisk> { new("disk0", 120L * Block + 777) };
        for (var day = 0; day < 7; day++)
        {
            var disk = day == 0 ? days[0] : days[^1].Clone();
            for (var block = day == 0 ? 0 : day % 2; block < 120; block += day == 0 ? 1 : 5)
            {
                disk.Write(block * (long)Block, Content(random));
            }

            Lab.Import(chain, Lab.Start.AddDays(day), [disk]);
            if (day > 0)
            {
                days.Add(disk);
            }
        }

        return (chain, days);
    }

    private static RemovalOutcome Remove(Chain chain, long[] going)
    {
        using var removal = PointRemoval.Begin(chain, "test");
        var outcome = removal.Remove(going);
        BlockFileRewrite.Run_NeedsLock(chain, [], default);
        return outcome;
    }

    private static void AssertHolds(Chain chain, List<MemoryDisk> days, long[] gone)
    {
        foreach (var point in chain.Points())
        {
            Assert.DoesNotContain(point.Sequence, gone);
            Lab.AssertEqual(chain, point.Sequence, [days[(int)point.Sequence - 1]]);
        }

        var findings = FullMark.Run(chain);
        Assert.Empty(findings.Violations);
        Assert.Equal(0, findings.LeakedBytes);
    }

    private static byte[] Content(Random random)
    {
        var bytes = new byte[Block];
        random.NextBytes(bytes);
        return bytes;
    }

    // Until neither a block nor a new file finds room.
    private static void Fill(string path)
    {
        var bytes = new byte[1 << 20];
        try
        {
            using var file = new FileStream(
                Path.Combine(path, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, 0);
            for (var length = bytes.Length; length >= 512;)
            {
                try
                {
                    file.Write(bytes.AsSpan(0, length));
                }
                catch (IOException)
                {
                    length /= 2;
                }
            }

            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // As full as it gets.
        }
    }
}
