using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Compacting;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Compacting;

/// <summary>Compacting on real file systems: what it writes, what it takes, and what returns.</summary>
public sealed class CompactFileSystemTests
{
    private const int Block = 256 * 1024;

    [Theory]
    [InlineData(ReleaseMode.Punch)]
    [InlineData(ReleaseMode.Rewrite)]
    public void Space_that_it_took_returns_but_for_what_older_points_need(ReleaseMode mode)
    {
        using var folder = new TemporaryFolder();
        Run(folder.Path, mode, isAlone: false);
    }

    [Theory]
    [InlineData("ext4", ReleaseMode.Punch)]
    [InlineData("ext4", ReleaseMode.Rewrite)]
    [InlineData("xfs", ReleaseMode.Punch)]
    public void Plan_asks_for_the_room_that_the_run_takes(string type, ReleaseMode mode)
    {
        using var mounted = type == "xfs"
            ? LoopFileSystem.OrSkip(type, 320L << 20, "-m", "reflink=1")
            : LoopFileSystem.OrSkip(type, 200L << 20);
        // xfs takes more for a file that grows and gives it back once it is closed.
        Run(mounted.Path, mode, isAlone: type != "xfs");
    }

    private static void Run(string path, ReleaseMode mode, bool isAlone)
    {
        Assert.SkipUnless(
            mode != ReleaseMode.Punch || LocalStorage.Instance.Probe(path).Punches,
            "The file system punches no holes.");
        var repository = RepositoryFolder.Create(
            LocalStorage.Instance, Path.Combine(path, "repository"), Block, Compression.Fast, Lab.Start,
            mode);
        var chain = Lab.ChainIn(repository);
        var days = Days(chain);
        var request = new CompactRequest { Workers = 2 };
        var plan = ChainCompact.Plan(chain, request, default)!;
        var least = plan.FreeBytes;

        var outcome = ChainCompact.RunAsync(
            chain,
            request with
            {
                Progress = (_, _) => least = Math.Min(least, LocalStorage.Instance.FreeBytes(path)),
            },
            default).GetAwaiter().GetResult()!;

        Assert.True(outcome.Before.Extents > 20, $"{outcome.Before}");
        Assert.InRange(outcome.After.Extents, 1, 4);
        Assert.InRange(outcome.MovedBytes, outcome.Before.LiveBytes * 9 / 10, plan.MovedBytes);
        Assert.True(
            !isAlone || plan.FreeBytes - least <= plan.NeededBytes,
            $"{plan.FreeBytes - least} of {plan.NeededBytes}");
        // What is not punched goes once it is more than what is live beside it.
        var live = FullMark.Run(chain).LiveBytes;
        var dead = mode == ReleaseMode.Punch ? 256 << 10 : live;
        Assert.InRange(BlockFiles.AllocatedBytes(chain), live, live + dead);
        Assert.InRange(outcome.After.DeadBytes, 0, dead);
        for (var day = 0; day < days.Count; day++)
        {
            Lab.AssertEqual(chain, day + 1, [days[day]]);
        }

        using var removal = PointRemoval.Begin(chain, "test");
        removal.RemoveAndRewrite([1, 2, 3, 4], default);
        Lab.AssertEqual(chain, 5, [days[4]]);
        Assert.Equal(0, FullMark.Run(chain).LeakedBytes);
    }

    // Blocks of noise all over the disk, of which each day writes over a third.
    private static List<MemoryDisk> Days(Chain chain)
    {
        var random = new Random(3);
        var days = new List<MemoryDisk>();
        var disk = new MemoryDisk("disk0", 400L * Block);
        for (var day = 0; day < 5; day++)
        {
            disk = disk.Clone();
            foreach (var block in Enumerable.Range(0, 48).Where(_ => days.Count == 0 || random.Next(3) == 0))
            {
                var noise = new byte[Block];
                random.NextBytes(noise);
                disk.Write(block * 8L * Block, noise);
            }

            Lab.Import(chain, Lab.Start.AddDays(day), [disk]);
            days.Add(disk);
        }

        return days;
    }
}
