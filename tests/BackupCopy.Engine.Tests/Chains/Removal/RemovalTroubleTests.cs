using System.Globalization;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Retention;
using BackupCopy.Running.Keeping;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Removal;

/// <summary>Removal beside lost and damaged files, on full disks and against writers that sleep.</summary>
public sealed class RemovalTroubleTests
{
    private static readonly Dictionary<ReleaseMode, RemovalLab> s_labs =
        Enum.GetValues<ReleaseMode>().ToDictionary(mode => mode, mode => new RemovalLab(mode));

    public static TheoryData<ReleaseMode> Modes => [.. Enum.GetValues<ReleaseMode>()];

    [Theory]
    [MemberData(nameof(Modes))]
    public void Lost_index_costs_no_block_file(ReleaseMode mode)
    {
        var disk = s_labs[mode].NewDisk();
        disk.FailOn(DiskOperationKind.Rename, Names.Point);
        Assert.Throws<BackupCopyException>(() => Lab.Import(RemovalLab.Open(disk), Lab.Start, [Content()]));
        disk.Fault = null;
        var chain = RemovalLab.Open(disk);
        var newest = chain.Points()[^1].File!;
        var file = newest.BlockFiles.Last(
            f => f.Kind == BlockFileKind.Data && f.BirthSequence == newest.Sequence);
        disk.Delete(Path.Combine(chain.Path, Names.IndexFile(file.Number)));

        RemovalLab.Remove(disk, [1]);

        Assert.Equal(1, ChainRescan.Run(RemovalLab.Open(disk)).RebuiltIndexes);
        s_labs[mode].AssertHolds(RemovalLab.Open(disk), 7);
    }

    [Fact]
    public void Listed_point_that_cannot_be_found_for_a_moment_is_not_taken_for_removed()
    {
        var lab = s_labs[ReleaseMode.Punch];
        var disk = lab.NewDisk();
        var name = RemovalLab.Open(disk).Points()[1].FileName;
        var misses = 0;
        disk.Fault = operation =>
            operation.Kind == DiskOperationKind.Read && operation.Name == name && misses++ == 0
                ? StorageError.From(new DirectoryNotFoundException(), operation.Path) : null;

        var error = Assert.Throws<BackupCopyException>(() => RemovalLab.Remove(disk, [1]));

        Assert.Equal(1, misses);
        Assert.Contains("the storage shows different things", error.Message, StringComparison.Ordinal);
        lab.AssertHolds(RemovalLab.Open(disk), 2);
        Assert.Equal([1L], RemovalLab.Remove(disk, [1]).Removed);
        lab.AssertSurvived(disk, [1]);
    }

    [Theory]
    [InlineData(ReleaseMode.Punch)]
    [InlineData(ReleaseMode.Rewrite)]
    public void Full_disk_deletes_dead_files_before_it_writes_indexes(ReleaseMode mode)
    {
        var lab = s_labs[mode];
        for (var mask = 1; mask < 127; mask++)
        {
            var disk = lab.NewDisk();
            var going = Enumerable.Range(0, 7).Where(i => (mask >> i & 1) != 0).Select(i => i + 1L).ToList();
            var chain = RemovalLab.Open(disk);
            var plan = RemovalPlanner.Plan(chain, chain.Points(), [], going.ToHashSet());
            if (mode == ReleaseMode.Rewrite && plan.Space.Where(s => s.Dies).Sum(s => s.FreedBytes) == 0)
            {
                continue;
            }

            disk.CapacityBytes = disk.UsedBytes;
            using (var removal = PointRemoval.Begin(chain, "test"))
            {
                var outcome = removal.Remove(going);
                Assert.Equal(going, outcome.Removed);
                Assert.Null(outcome.Failure);
            }

            disk.CapacityBytes = long.MaxValue;
            lab.AssertSurvived(disk, going);
        }
    }

    [Fact]
    public void Bad_record_stops_only_the_rewriting_of_its_file_and_hides_nothing()
    {
        var disk = s_labs[ReleaseMode.Rewrite].NewDisk();
        var chain = RemovalLab.Open(disk);
        SpoilRecords(disk, chain, sequence: 7);

        var outcome = Keep(7, chain).Run(default);

        Assert.Equal([1L, 2, 3, 4, 5, 6], outcome.Removed.Select(d => d.Point.Sequence));
        Assert.Contains(outcome.Notes, n => n.Contains("stay: ", StringComparison.Ordinal));
        var listed = BlockFiles.OfMovedRecords(chain)
            .Concat(chain.Points()[0].File!.BlockFiles.Select(f => f.Number)).ToHashSet();
        Assert.All(
            Files(disk, chain).Where(name => name.EndsWith(Names.Blocks, StringComparison.Ordinal)),
            name => Assert.Contains(uint.Parse(name[..8], CultureInfo.InvariantCulture), listed));
        Assert.Null(outcome.Failure);
    }

    [Fact]
    public void Error_after_the_points_are_gone_is_told_together_with_them()
    {
        var disk = s_labs[ReleaseMode.Punch].NewDisk();
        var chain = RemovalLab.Open(disk);
        disk.FailOn(DiskOperationKind.Punch, Names.Blocks);

        var outcome = Keep(7, chain).Run(default);

        Assert.Equal(6, outcome.Removed.Count);
        Assert.Equal(ErrorCode.ConnectionLost, Assert.IsType<BackupCopyException>(outcome.Failure).Code);
        disk.Fault = null;
        s_labs[ReleaseMode.Punch].AssertSurvived(disk, [1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public void Damaged_index_elsewhere_blocks_neither_removal_nor_append()
    {
        var disk = s_labs[ReleaseMode.Rewrite].NewDisk();
        RemovalLab.Remove(disk, [1, 2, 3, 5]);
        var chain = RemovalLab.Open(disk);
        Assert.NotEmpty(BlockFiles.OfMovedRecords(chain));
        var four = chain.Points().Single(p => p.Sequence == 4).File!;
        var victim = four.BlockFiles.First(f => f.Kind == BlockFileKind.Data);
        using (var index = disk.Open(
            Path.Combine(chain.Path, Names.IndexFile(victim.Number)), OpenFor.Changing))
        {
            index.WriteAll([1, 2, 3], 30);
        }

        var six = chain.Points().Single(p => p.Sequence == 6);
        disk.Rename(
            Path.Combine(chain.Path, six.FileName), Path.Combine(chain.Path, six.Stem + Names.Removed));

        var content = Content();
        var point = Lab.Import(RemovalLab.Open(disk), Lab.Start, [content]);

        Lab.AssertEqual(RemovalLab.Open(disk), point.Sequence, [content]);
        Assert.Empty(RemovalLab.Open(disk).Tombstones());
    }

    [Fact]
    public void Old_bytes_of_a_rewritten_file_go_once_their_reader_has_left()
    {
        var disk = s_labs[ReleaseMode.Rewrite].NewDisk();
        var chain = RemovalLab.Open(disk);
        using (chain.OpenPoint(chain.Points()[6]))
        {
            Assert.Contains(
                Keep(7, chain).Run(default).Notes,
                n => n.Contains("stay until the reader", StringComparison.Ordinal));
        }

        var before = disk.UsedBytes;
        Keep(7, chain).Run(default);

        Assert.True(disk.UsedBytes < before);
        var after = Files(disk, chain);
        BlockFileRewrite.Run_NeedsLock(chain, [], default);
        Assert.Equal(after, Files(disk, chain));
    }

    [Fact]
    public void Writer_that_slept_through_a_removal_cannot_publish()
    {
        var disk = new SimulatedDisk();
        var folder = Path.Combine(SimulatedDisk.Root, "fence");
        var chain = Lab.ChainIn(Lab.NewRepository(disk, folder, RemovalLab.Block));
        var state = new MemoryDisk("disk0", 20L * RemovalLab.Block);
        for (var day = 0; day < 2; day++)
        {
            state = state.Clone();
            state.Write(day * 3L * RemovalLab.Block, [1, 2, 3]);
            Lab.Import(chain, Lab.Start.AddDays(day), [state]);
        }

        state = state.Clone();
        state.Write(9 * RemovalLab.Block, [4, 5]);
        var removed = new List<long>();
        state.OnCheck = () =>
        {
            if (removed.Count == 0)
            {
                var there = Lab.ChainIn(RepositoryFolder.Open(new ForeignHost(disk), folder));
                using var removal = PointRemoval.Begin(there, "removing on another host");
                removed.AddRange(removal.Remove([2]).Removed);
            }
        };

        var error = Assert.Throws<BackupCopyException>(
            () => Lab.Import(chain, Lab.Start.AddDays(2), [state]));

        Assert.Equal(ErrorCode.SessionTakenOver, error.Code);
        Assert.Equal([2L], removed);
        state.OnCheck = null;
        Assert.Equal(3, Lab.Import(chain, Lab.Start.AddDays(2), [state]).Sequence);
        Lab.AssertEqual(chain, 3, [state]);
    }

    // Host A sleeps before one of its flushes; B takes over, finishes what A began and appends a point.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Remover_that_slept_deletes_nothing_of_a_point_made_meanwhile(int flush)
    {
        var disk = s_labs[ReleaseMode.Punch].NewDisk();
        var content = Content();
        var flushes = -1;
        long made = 0;
        var host = new ForeignHost(disk, () =>
        {
            if (flushes >= 0 && flushes++ == flush)
            {
                made = Lab.Import(RemovalLab.Open(disk), Lab.Start.AddDays(20), [content]).Sequence;
            }
        });
        using (var removal = PointRemoval.Begin(
            Lab.ChainIn(RepositoryFolder.Open(host, RemovalLab.Folder)), "removing on another host"))
        {
            flushes = 0;
            removal.Remove([2, 3]);
        }

        Assert.True(made > 7);
        Lab.AssertEqual(RemovalLab.Open(disk), made, [content]);
        Assert.Empty(FullMark.Run(RemovalLab.Open(disk)).Violations);
    }

    [Fact]
    public void Remover_whose_lock_another_host_took_over_stops()
    {
        var lab = s_labs[ReleaseMode.Punch];
        var disk = lab.NewDisk();
        disk.IsOnShare = true;
        var chain = RemovalLab.Open(disk);
        using var removal = PointRemoval.Begin(chain, "test");
        (LockHolder.Me("going on there") with { Host = "elsewhere" })
            .Write(disk, Path.Combine(chain.Path, Names.LockFolder, "append.holder"));

        var error = Assert.Throws<BackupCopyException>(() => removal.Remove([1, 2]));

        Assert.Equal(ErrorCode.SessionTakenOver, error.Code);
        Assert.Equal(7, chain.Points().Count);
    }

    private static MemoryDisk Content()
    {
        var content = new MemoryDisk("disk0", 300L * RemovalLab.Block + 777);
        content.Write(7, [1, 2, 3, 4]);
        return content;
    }

    private static ChainTransform Keep(long sequence, Chain chain) => new(chain, points =>
    [
        .. points.Select(p => new RetentionDecision
        {
            Point = new RetentionPoint { Sequence = p.Sequence, TimeUtc = p.File!.TimeUtc },
            Keep = p.Sequence == sequence,
        }),
    ]);

    private static List<string> Files(SimulatedDisk disk, Chain chain) =>
        [.. disk.List(chain.Path).Where(e => !e.IsDirectory).Select(e => e.Name).Order()];

    private static void SpoilRecords(SimulatedDisk disk, Chain chain, long sequence)
    {
        using var reader = chain.OpenPoint(chain.Points().Single(p => p.Sequence == sequence));
        foreach (var (_, entry) in reader.OpenMap(reader.Point.Disks[0]).Walk())
        {
            var place = reader.Store.Locate(entry.Name);
            using var file = disk.Open(
                Path.Combine(chain.Path, Names.BlockFile(place.File)), OpenFor.Changing);
            file.WriteAll([0xAA, 0x55, 0xAA], place.Offset + 140);
        }
    }
}
