using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Removal;

public sealed class PointRemovalTests
{
    private static readonly RemovalLab s_punching = new(ReleaseMode.Punch);

    [Fact]
    public void A_point_that_is_read_stays_until_its_reader_has_left()
    {
        var disk = s_punching.NewDisk();
        var chain = RemovalLab.Open(disk);
        RemovalOutcome outcome;
        using (chain.OpenPoint(chain.Points()[0]))
        {
            outcome = RemovalLab.Remove(disk, [1, 2]);
            Assert.Equal([2L], outcome.Removed);
            Assert.Equal([1L], outcome.Busy.Select(b => b.Sequence));
            s_punching.AssertHolds(chain, 1);
        }

        outcome = RemovalLab.Remove(disk, [1]);
        Assert.Equal([1L], outcome.Removed);
        s_punching.AssertSurvived(disk, [1, 2]);
    }

    [Theory]
    [InlineData(ReleaseMode.Punch)]
    [InlineData(ReleaseMode.Rewrite)]
    public void A_reader_of_another_point_reads_on_through_removal_and_rewriting(ReleaseMode mode)
    {
        var lab = new RemovalLab(mode, seed: 9);
        var disk = lab.NewDisk();
        var chain = RemovalLab.Open(disk);
        using (var reader = chain.OpenPoint(chain.Points()[3]))
        {
            // The reader knows the indexes as they are now.
            foreach (var (_, entry) in reader.OpenMap(reader.Point.Disks[0]).Walk())
            {
                reader.Store.Locate(entry.Name);
            }

            RemovalLab.Remove(disk, [1, 2, 3]);
            foreach (var (_, entry) in reader.OpenMap(reader.Point.Disks[0]).Walk())
            {
                Assert.True(reader.Store.Holds(entry.Name, entry.Digest));
            }
        }

        lab.AssertSurvived(disk, [1, 2, 3]);
    }

    [Fact]
    public void What_a_plan_says_returns()
    {
        var disk = s_punching.NewDisk();
        var before = disk.UsedBytes;
        var outcome = RemovalLab.Remove(disk, [1, 2, 3]);
        var points = 3 * 2 * 4096;
        Assert.True(outcome.FreedBytes > 0);
        Assert.InRange(before - disk.UsedBytes, outcome.FreedBytes, outcome.FreedBytes + points);
    }

    [Fact]
    public void A_plan_changes_nothing()
    {
        var disk = s_punching.NewDisk();
        var chain = RemovalLab.Open(disk);
        var operations = disk.Operations;
        var plan = RemovalPlanner.Plan(chain, chain.Points(), [], new HashSet<long> { 1, 2, 3, 4, 5, 6 });
        Assert.Equal(operations, disk.Operations);
        Assert.Equal([1L, 2, 3, 4, 5, 6], plan.Points.Select(p => p.Sequence));
        Assert.Contains("6 points go", plan.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Whole_files_mode_writes_to_no_file_that_exists()
    {
        var lab = new RemovalLab(ReleaseMode.WholeFiles);
        var disk = lab.NewDisk();
        var existing = disk.List(RemovalLab.Open(disk).Path).Select(e => e.Name).ToHashSet();
        disk.KeepsHistory = true;
        RemovalLab.Remove(disk, [1, 2, 3, 4]);
        DiskOperationKind[] writing =
            [DiskOperationKind.Write, DiskOperationKind.Punch, DiskOperationKind.SetLength];
        Assert.DoesNotContain(
            disk.History, o => writing.Contains(o.Kind) && existing.Contains(Path.GetFileName(o.Path)));
        Assert.DoesNotContain(
            disk.History, o => o.Kind == DiskOperationKind.Rename
                && o.Path.Contains(".bcindex", StringComparison.Ordinal));

        // Points 5 to 7 share nothing with what went before: its files are gone as a whole.
        var chain = RemovalLab.Open(disk);
        Assert.All(
            chain.Points().SelectMany(p => p.File!.BlockFiles), f => Assert.True(f.BirthSequence >= 5));
        lab.AssertSurvived(disk, [1, 2, 3, 4], leaks: true);
    }

    [Fact]
    public void Neither_a_sequence_nor_a_number_is_given_out_twice()
    {
        var disk = s_punching.NewDisk();
        var chain = RemovalLab.Open(disk);
        var numbers = chain.Points().SelectMany(p => p.File!.BlockFiles).Max(f => f.Number);
        RemovalLab.Remove(disk, [1, 2, 3, 4, 5, 6, 7]);
        Assert.DoesNotContain(
            disk.List(chain.Path), e => e.Name.EndsWith(Names.Blocks, StringComparison.Ordinal));
        disk = disk.PowerCutLosingAll();
        chain = RemovalLab.Open(disk);
        var point = Lab.Import(chain, Lab.Start, [new MemoryDisk("disk0", 5 * RemovalLab.Block)]);
        Assert.Equal(8, point.Sequence);
        var filled = new MemoryDisk("disk0", 5 * RemovalLab.Block);
        filled.Write(0, "content"u8);
        var next = Lab.Import(chain, Lab.Start, [filled]);
        Assert.Equal(9, next.Sequence);
        Assert.All(next.BlockFiles, f => Assert.True(f.Number > numbers));
    }

    [Fact]
    public void A_file_that_came_into_the_place_of_another_is_not_touched()
    {
        var disk = s_punching.NewDisk();
        var chain = RemovalLab.Open(disk);
        var own = chain.Points()[0].File!.BlockFiles.First(f => f.Kind == BlockFileKind.Data);
        var path = Path.Combine(chain.Path, Names.BlockFile(own.Number));
        byte[] header = new byte[BlockFileHeader.Size];
        using (var file = disk.Open(path, OpenFor.Changing))
        {
            file.Read(header, 0);
            (BlockFileHeader.Read(header, path) with { FileId = Guid.NewGuid() }).Write(header);
            file.Write(header, 0);
        }

        disk.KeepsHistory = true;
        try
        {
            RemovalLab.Remove(disk, [1]);
        }
        catch (BackupCopyException error)
        {
            Assert.Equal(ErrorCode.DamagedFile, error.Code);
        }

        Assert.DoesNotContain(
            disk.History,
            o => o.Path == path && o.Kind is DiskOperationKind.Punch or DiskOperationKind.Delete);
    }

    [Fact]
    public void A_damaged_point_can_be_removed_and_what_only_it_used_returns()
    {
        var disk = s_punching.NewDisk();
        var chain = RemovalLab.Open(disk);
        var path = Path.Combine(chain.Path, chain.Points()[2].FileName);
        disk.Delete(SecondCopies.NameOf(path));
        using (var file = disk.Open(path, OpenFor.Changing))
        {
            file.Write([1, 2, 3], 100);
        }

        // Its older neighbour cannot go while nobody knows what the damaged one uses.
        var outcome = RemovalLab.Remove(disk, [2]);
        Assert.Empty(outcome.Removed);
        Assert.Equal(ErrorCode.DamagedFile, Assert.Single(outcome.Blocked).Reason.Code);
        outcome = RemovalLab.Remove(disk, [2, 3]);
        Assert.Equal([2L, 3], outcome.Removed);
        s_punching.AssertSurvived(disk, [2, 3]);
    }

    [Fact]
    public void Storage_that_punches_no_more_keeps_the_space_and_goes_on()
    {
        var disk = s_punching.NewDisk();
        disk.Abilities = new StorageAbilities();
        var outcome = RemovalLab.Remove(disk, [1, 2, 3]);
        Assert.Equal([1L, 2, 3], outcome.Removed);
        Assert.NotEmpty(outcome.Notes);
        Assert.All(outcome.Notes, n => Assert.Contains("punches no holes", n, StringComparison.Ordinal));
        s_punching.AssertSurvived(disk, [1, 2, 3]);
    }

    [Fact]
    public void A_point_file_beside_its_tombstone_is_no_point_and_goes_with_it()
    {
        var disk = s_punching.NewDisk();
        var chain = RemovalLab.Open(disk);
        var name = chain.Points()[1].FileName;
        var bytes = disk.ReadSmall(Path.Combine(chain.Path, name), 1 << 20);
        disk.Replace(Path.Combine(chain.Path, Path.ChangeExtension(name, Names.Removed)), bytes);

        Assert.DoesNotContain(chain.Points(), p => p.Sequence == 2);
        RemovalLab.Remove(disk, []);

        s_punching.AssertSurvived(disk, [2]);
        Assert.DoesNotContain(disk.List(chain.Path), e => e.Name == name);
    }

    [Fact]
    public void A_full_disk_gives_space_back_before_it_needs_any()
    {
        var disk = s_punching.NewDisk();
        disk.CapacityBytes = disk.UsedBytes;
        var outcome = RemovalLab.Remove(disk, [1, 2, 3]);
        Assert.Equal([1L, 2, 3], outcome.Removed);
        disk.CapacityBytes = null;
        s_punching.AssertSurvived(disk, [1, 2, 3]);
    }

    [Fact]
    public void A_hold_whose_mark_the_storage_fails_to_look_at_counts()
    {
        var disk = s_punching.NewDisk();
        Hold(RemovalLab.Open(disk));
        disk.Hides = path => path.EndsWith(Names.Mark, StringComparison.Ordinal);
        var outcome = RemovalLab.Remove(disk, [1, 2]);
        Assert.Equal([1L], outcome.Held);
        Assert.Equal([2L], outcome.Removed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_hold_stays_when_the_point_file_is_damaged_and_even_the_mark(bool isMarkDamaged)
    {
        var disk = s_punching.NewDisk();
        var chain = RemovalLab.Open(disk);
        var point = Hold(chain);
        var damaged = isMarkDamaged ? new[] { point.FileName, point.Stem + Names.Mark } : [point.FileName];
        foreach (var name in damaged)
        {
            using var file = disk.Open(Path.Combine(chain.Path, name), OpenFor.Changing);
            file.Write([1, 2, 3], 30);
        }

        Assert.Equal([1L], RemovalLab.Remove(disk, [1]).Held);
    }

    [Fact]
    public void A_full_share_begins_a_removal_and_takes_no_point_without_a_lock()
    {
        var disk = s_punching.NewDisk();
        disk.IsOnShare = true;
        PointRemoval.Begin(RemovalLab.Open(disk), "test").Dispose();
        disk.CapacityBytes = disk.UsedBytes;
        using var removal = PointRemoval.Begin(RemovalLab.Open(disk), "test");
        var outcome = removal.Remove([1, 2]);
        Assert.Equal([1L, 2], outcome.Busy.Select(b => b.Sequence));
        Assert.Empty(outcome.Removed);
    }

    [Fact]
    public void Block_files_of_a_point_in_the_making_that_cannot_be_looked_at_are_no_garbage()
    {
        var disk = NewDiskWithUnfinished();
        var chain = RemovalLab.Open(disk);
        var before = Blocks();
        var failed = new HashSet<string>();
        disk.Hides = path => path.EndsWith(Names.Blocks, StringComparison.Ordinal) && failed.Add(path);
        Garbage.Collect_NeedsLock(
            chain, chain.Points().SelectMany(p => p.File!.BlockFiles).Select(f => f.Number).ToHashSet());
        Assert.Equal(before, Blocks());

        int Blocks() =>
            disk.List(chain.Path).Count(e => e.Name.EndsWith(Names.Blocks, StringComparison.Ordinal));
    }

    private static ChainPoint Hold(Chain chain) =>
        chain.ChangeMark(chain.Points()[0], Lab.Start, m => m with { IsHeld = true });

    [Fact]
    public void A_point_left_unfinished_goes_with_its_block_files_and_its_sequence_is_never_given_again()
    {
        var start = NewDiskWithUnfinished();
        var whole = start.Fork();
        var before = whole.Operations;
        Assert.True(RemoveUnfinished(whole) > 0);
        Assert.Equal(
            RemovalLab.Open(whole).Points().SelectMany(p => p.File!.BlockFiles)
                .DistinctBy(f => f.Number).Count(),
            whole.List(RemovalLab.Open(whole).Path)
                .Count(e => e.Name.EndsWith(Names.Blocks, StringComparison.Ordinal)));
        for (var n = 0; n <= whole.Operations - before; n++)
        {
            var disk = start.Fork();
            disk.CutAfter(n);
            try
            {
                RemoveUnfinished(disk);
            }
            catch (PowerLostException)
            {
                // What the test arranged.
            }

            disk = disk.PowerCut(n);
            RemoveUnfinished(disk);
            var chain = RemovalLab.Open(disk);
            Assert.Null(chain.Unfinished());
            Assert.Equal(0, FullMark.Run(chain).LeakedBytes);
            s_punching.AssertHolds(chain, 7);
            var next = Lab.Import(chain, Lab.Start, [new MemoryDisk("disk0", 5 * RemovalLab.Block)]);
            Assert.Equal(9, next.Sequence);
        }
    }

    private static SimulatedDisk NewDiskWithUnfinished()
    {
        var disk = s_punching.NewDisk();
        var content = new MemoryDisk("disk0", 5 * RemovalLab.Block);
        content.Write(0, new byte[5000]);
        content.Write(7, "content"u8);
        disk.FailOn(DiskOperationKind.Rename, Names.Point);
        Assert.Throws<BackupCopyException>(() => Lab.Import(RemovalLab.Open(disk), Lab.Start, [content]));
        disk.Fault = null;
        Assert.Equal(8, RemovalLab.Open(disk).Unfinished()!.Sequence);
        return disk;
    }

    private static long RemoveUnfinished(SimulatedDisk disk)
    {
        using var removal = PointRemoval.Begin(RemovalLab.Open(disk), "test");
        var bytes = removal.RemoveUnfinished(8);
        removal.Remove([]);
        return bytes;
    }
}
