using System.Globalization;
using BackupCopy.Chains;
using BackupCopy.Chains.Compacting;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Compacting;

/// <summary>Compactions that meet readers, stops, full disks and damage.</summary>
public sealed class CompactTroubleTests
{
    private static readonly Dictionary<ReleaseMode, CompactLab> s_labs =
        Enum.GetValues<ReleaseMode>().ToDictionary(m => m, m => new CompactLab(m));

    public static TheoryData<ReleaseMode> Modes => [ReleaseMode.Punch, ReleaseMode.Rewrite];

    [Theory]
    [MemberData(nameof(Modes))]
    public void Reader_throughout_reads_what_it_opened_and_old_bytes_go_after_it(ReleaseMode mode)
    {
        var lab = s_labs[mode];
        var disk = lab.NewDisk();
        var chain = lab.Open(disk);
        using (var third = chain.OpenPoint(chain.Points()[2]))
        using (var newest = chain.OpenPoint(chain.Points()[^1]))
        {
            // By its first look a reader knows the indexes as they were then.
            lab.AssertHolds(third);
            lab.AssertHolds(newest);

            var outcome = lab.Compact(disk);

            Assert.Contains(outcome.Notes, n => n.Contains("until the reader", StringComparison.Ordinal));
            Assert.True(OldBytes.Any(lab.Open(disk)));
            AssertBoth();
            Assert.Equal([1L, 2, 5], lab.Remove(disk, 1, 2, 3, 5, 7).Removed);
            AssertBoth();
            using (lab.Open(disk).TakeAppendLock("test"))
            {
                Assert.Empty(FullMark.Reclaim_NeedsLock(lab.Open(disk)).Violations);
            }

            AssertBoth();
            lab.Compact(disk);
            AssertBoth();
            Assert.Equal(0, FullMark.Run(lab.Open(disk)).LeakedBytes);

            void AssertBoth()
            {
                lab.AssertHolds(third);
                lab.AssertHolds(newest);
            }
        }

        Assert.NotEqual(0, lab.Remove(disk).FreedBytes);
        lab.AssertHolds(disk, [1, 2, 5]);
        lab.AssertClean(disk);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Stopped_compaction_goes_on_where_it_was(ReleaseMode mode)
    {
        var lab = s_labs[mode];
        var disk = lab.NewDisk();
        var whole = lab.Compact(lab.NewDisk()).MovedBytes;
        var kept = 0L;
        for (var stops = 0; ; stops++)
        {
            using var stop = new CancellationTokenSource();
            var before = ChainCompact.Plan(lab.Open(disk), CompactLab.Request(null), default)!.MovedBytes;
            var isFirst = true;
            long first = 0;
            try
            {
                // Once a second segment has begun the first is finished.
                var outcome = lab.Compact(disk, progress: Stop, cancellation: stop.Token);
                kept += outcome.MovedBytes;
                Assert.True(stops > 1, $"{stops} stops.");
                break;
            }
            catch (OperationCanceledException)
            {
                lab.AssertHolds(disk);
                var after = ChainCompact.Plan(lab.Open(disk), CompactLab.Request(null), default)!.MovedBytes;
                Assert.True(after < before, $"{after} bytes of {before} are left.");
                kept += first;
            }

            void Stop(long written, long all)
            {
                if (!isFirst)
                {
                    stop.Cancel();
                }

                first = isFirst ? written : first;
                isFirst = false;
            }
        }

        Assert.Equal(whole, kept);
        lab.AssertHolds(disk);
        lab.AssertClean(disk);
    }

    [Fact]
    public void Short_disk_is_refused_before_anything_is_written()
    {
        var lab = s_labs[ReleaseMode.Punch];
        var disk = lab.NewDisk();
        disk.CapacityBytes = disk.UsedBytes + (1 << 20);
        var plan = ChainCompact.Plan(lab.Open(disk), CompactLab.Request(null), default)!;
        var files = CompactLab.BlockFileNames(lab.Open(disk));

        var error = Assert.Throws<BackupCopyException>(() => lab.Compact(disk));

        Assert.Equal(ErrorCode.TargetFull, error.Code);
        Assert.Contains(
            plan.NeededBytes.ToString(CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was written", error.Message, StringComparison.Ordinal);
        Assert.True(plan.FreeBytes < plan.NeededBytes);
        Assert.Equal(files, CompactLab.BlockFileNames(lab.Open(disk)));
        lab.AssertHolds(disk);
    }

    [Fact]
    public void Disk_that_fills_up_meanwhile_ends_the_run_and_loses_nothing()
    {
        var lab = s_labs[ReleaseMode.Punch];
        var disk = lab.NewDisk();
        disk.CapacityBytes = disk.UsedBytes + (64 << 20);

        var error = Assert.Throws<BackupCopyException>(
            () => lab.Compact(disk, progress: (_, _) => disk.CapacityBytes = disk.UsedBytes));

        Assert.Equal(ErrorCode.TargetFull, error.Code);
        lab.AssertHolds(disk);
        disk.CapacityBytes = null;
        lab.Compact(disk);
        lab.AssertHolds(disk);
        lab.AssertClean(disk);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Record_that_does_not_verify_stays_and_the_others_move(ReleaseMode mode)
    {
        var lab = s_labs[mode];
        var disk = lab.NewDisk();
        var chain = lab.Open(disk);
        var victim = CompactLab.NewestRecords(chain)[9];
        var place = CompactLab.PlaceOf(chain, victim);
        using (var file = disk.Open(
            Path.Combine(chain.Path, Names.BlockFile(place.File)), OpenFor.Changing))
        {
            file.WriteAll([1, 2, 3, 4], place.Offset + 300);
        }

        var outcome = lab.Compact(disk);

        Assert.Contains(outcome.Notes, n => n.Contains($"Record {victim} stays", StringComparison.Ordinal));
        chain = lab.Open(disk);
        Assert.Equal(place, CompactLab.PlaceOf(chain, victim));
        var moved = CompactLab.NewestRecords(chain).Select(r => CompactLab.PlaceOf(chain, r).File).ToList();
        Assert.InRange(outcome.After.Extents, 1, 10);
        Assert.True(moved.Distinct().Count() < 8, string.Join(" ", moved));
        Assert.Empty(FullMark.Run(chain).Violations);
    }

    [Theory]
    [InlineData(Names.Point)]
    [InlineData(Names.Index)]
    public void Chain_with_a_damaged_structure_is_refused_untouched(string ending)
    {
        var lab = s_labs[ReleaseMode.Punch];
        var disk = lab.NewDisk();
        var chain = lab.Open(disk);
        var names = disk.List(chain.Path).Select(e => e.Name).ToList();
        var victim = names.Where(n => n.EndsWith(ending, StringComparison.Ordinal))
            .Min(StringComparer.Ordinal)!;
        Overwrite(disk, chain, victim);

        AssertRefused(lab, disk);
    }

    [Fact]
    public void Damaged_map_of_the_newest_point_is_refused()
    {
        var lab = s_labs[ReleaseMode.Punch];
        var disk = lab.NewDisk();
        var chain = lab.Open(disk);
        var root = chain.Newest()!.File!.Disks[0].Root;
        var place = CompactLab.PlaceOf(chain, root.Name);
        using (var file = disk.Open(
            Path.Combine(chain.Path, Names.BlockFile(place.File)), OpenFor.Changing))
        {
            file.WriteAll([1, 2, 3, 4], place.Offset + 200);
        }

        AssertRefused(lab, disk);
    }

    [Fact]
    public void Repository_that_releases_whole_files_is_refused()
    {
        var lab = s_labs[ReleaseMode.WholeFiles];
        var disk = lab.NewDisk();

        var error = Assert.Throws<BackupCopyException>(() => lab.Compact(disk));

        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains("ActiveFullOn", error.Remedy, StringComparison.Ordinal);
        Assert.Throws<BackupCopyException>(
            () => ChainCompact.Plan(lab.Open(disk), CompactLab.Request(null), default));
    }

    [Fact]
    public void Chain_that_is_being_written_is_refused()
    {
        var lab = s_labs[ReleaseMode.Punch];
        var disk = lab.NewDisk();
        using var writer = lab.Open(disk).TakeAppendLock("writing");

        Assert.Equal(
            ErrorCode.ChainLocked, Assert.Throws<BackupCopyException>(() => lab.Compact(disk)).Code);
    }

    [Fact]
    public void Backup_goes_whole_with_all_that_was_made_beside_it()
    {
        var lab = s_labs[ReleaseMode.Punch];
        var disk = lab.NewDisk();
        var chain = lab.Open(disk);
        using (var reader = chain.OpenPoint(chain.Points()[0]))
        {
            lab.Compact(disk);
        }

        var stem = chain.Points()[0].Stem;
        foreach (var name in (string[])
            [Names.HealthFile, stem + Names.Point + Names.Copy, stem + Names.Mark + Names.Copy])
        {
            disk.Replace(Path.Combine(chain.Path, name), [1]);
        }

        Assert.True(OldBytes.Any(chain));
        using (var removal = BackupRemoval.Begin(chain.Repository.Backups()[0], evenHeld: false))
        {
            Assert.Empty(removal.Run());
        }

        Assert.False(disk.DirectoryExists(chain.Path));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Dead_bytes_that_nobody_could_tell_are_found_once_all_points_verify(ReleaseMode mode)
    {
        var lab = s_labs[mode];
        var disk = lab.NewDisk();
        lab.Compact(disk);
        var chain = lab.Open(disk);
        var second = chain.Points()[1].FileName;
        var bytes = disk.ReadSmall(Path.Combine(chain.Path, second), 1 << 20);
        Overwrite(disk, chain, second);

        Assert.Equal([7L], lab.Remove(disk, 7).Removed);

        Assert.True(OldBytes.Any(chain));
        foreach (var name in (string[])[second + Names.Copy, second])
        {
            disk.Replace(Path.Combine(chain.Path, name), bytes);
        }

        lab.Remove(disk);
        lab.AssertHolds(disk, [7]);
        lab.AssertClean(disk);
    }

    // The second copy with it, if there is one.
    private static void Overwrite(SimulatedDisk disk, Chain chain, string name)
    {
        foreach (var path in ((string[])[name, name + Names.Copy]).Select(n => Path.Combine(chain.Path, n)))
        {
            if (disk.FileExists(path))
            {
                using var file = disk.Open(path, OpenFor.Changing);
                file.WriteAll([1, 2, 3, 4], 40);
            }
        }
    }

    private static void AssertRefused(CompactLab lab, SimulatedDisk disk)
    {
        var files = CompactLab.BlockFileNames(lab.Open(disk));

        var error = Assert.Throws<BackupCopyException>(() => lab.Compact(disk));

        Assert.Equal(ErrorCode.DamageFound, error.Code);
        Assert.Contains("Invoke-HealthCheck", error.Remedy, StringComparison.Ordinal);
        Assert.Equal(files, CompactLab.BlockFileNames(lab.Open(disk)));
        Assert.False(OldBytes.Any(lab.Open(disk)));
    }
}
