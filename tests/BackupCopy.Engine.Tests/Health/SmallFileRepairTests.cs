using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains.Removal;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>Point files, marks and their copies.</summary>
public sealed class SmallFileRepairTests
{
    private static readonly RepairLab s_lab = new(seed: 2);

    [Fact]
    public void A_damaged_point_file_comes_back_from_its_copy()
    {
        var disk = s_lab.NewDisk();
        var name = PointName(disk, 3);
        var bytes = Read(disk, name);
        Vandal.Flip(disk, name, 150);
        var outcome = RepairLab.Repair(disk, RepairLab.Look(disk));
        Assert.Equal("its second copy", Assert.Single(outcome.Healed).From);
        Assert.Equal(bytes, Read(disk, name));
        s_lab.AssertWhole(disk, 3);
    }

    [Fact]
    public void A_point_file_that_somebody_deleted_comes_back()
    {
        var disk = s_lab.NewDisk();
        Vandal.Delete(disk, PointName(disk, 3));
        Assert.Empty(RepairLab.Repair(disk, RepairLab.Look(disk)).Left);
        s_lab.AssertWhole(disk, 2);
    }

    [Fact]
    public void What_a_deleted_point_needs_is_not_said_to_be_given_back()
    {
        var disk = s_lab.NewDisk();
        var chain = RemovalLab.Open(disk);
        var own = chain.Points()[6].File!.BlockFiles.First(f => f.BirthSequence == 7);
        Vandal.Delete(disk, PointName(disk, 7));
        var leak = RepairLab.Of(
            HealthFindingKind.UnlistedFile, chain, Names.BlockFile(own.Number), []);
        var outcome = RepairLab.Repair(disk, [.. RepairLab.Look(disk), leak]);
        Assert.Equal(
            "nothing to do",
            Assert.Single(outcome.Healed, h => h.Damage.Kind == HealthFindingKind.UnlistedFile).From);
        s_lab.AssertWhole(disk, 2);
    }

    [Fact]
    public void A_deleted_point_whose_records_were_given_back_since_does_not_return()
    {
        var disk = s_lab.NewDisk();
        Vandal.Delete(disk, PointName(disk, 3));
        RemovalLab.Remove(disk, [2, 4]);
        var outcome = RepairLab.Repair(disk, RepairLab.Look(disk));
        Assert.NotEmpty(Assert.Single(outcome.Left).Why);
        Assert.Equal([1, 5, 6, 7], RemovalLab.Open(disk).Points().Select(p => p.Sequence));
        s_lab.AssertHolds(disk, 1, 5, 6, 7);
        Assert.Empty(FullMark.Run(RemovalLab.Open(disk)).Violations);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    public void A_point_of_which_no_file_is_left_is_made_anew_from_a_holder_and_held(long sequence)
    {
        var disk = s_lab.NewDisk();
        var before = RemovalLab.Open(disk).Points().Single(p => p.Sequence == sequence).File!;
        Vandal.Flip(disk, PointName(disk, sequence), 150);
        Vandal.Flip(disk, PointName(disk, sequence) + Names.Copy, 150);
        var damage = RepairLab.Look(disk);
        Assert.Empty(RepairLab.Repair(disk.Fork(), damage).Healed);
        var outcome = RepairLab.Repair(disk, damage, s_lab.NewHolder());
        Assert.Equal("the source", Assert.Single(outcome.Healed).From);
        var point = RemovalLab.Open(disk).Points().Single(p => p.Sequence == sequence);
        Assert.True(point.Mark!.IsHeld);
        Assert.Contains("GFS", point.Mark.Reason, StringComparison.Ordinal);
        Assert.Equal(before.BlockFiles, point.File!.BlockFiles);
        Assert.Equal(before.Disks, point.File.Disks);
        Assert.Equal(before.TimeUtc, point.TimeUtc);
        Assert.Equal(before.JobId, point.File.JobId);
        s_lab.AssertWhole(disk);
    }

    [Fact]
    public void A_point_of_which_nothing_is_left_stays_listed_as_damaged()
    {
        var disk = s_lab.NewDisk();
        Vandal.Flip(disk, PointName(disk, 4), 150);
        Vandal.Delete(disk, PointName(disk, 4) + Names.Copy);
        var outcome = RepairLab.Repair(disk, RepairLab.Look(disk));
        Assert.NotEmpty(Assert.Single(outcome.Left).Why);
        Assert.NotNull(RemovalLab.Open(disk).Points().Single(p => p.Sequence == 4).Damage);
        s_lab.AssertHolds(disk, 1, 2, 3, 5, 6, 7);
    }

    [Fact]
    public void A_damaged_mark_comes_back_from_its_copy()
    {
        var disk = Held(s_lab.NewDisk(), "for the auditor");
        Vandal.Flip(disk, MarkName(disk), 30);
        Assert.Equal(
            "its second copy", Assert.Single(RepairLab.Repair(disk, RepairLab.Look(disk)).Healed).From);
        Assert.Equal("for the auditor", Mark(disk).Reason);
        Assert.Empty(RepairLab.Look(disk));
    }

    [Fact]
    public void A_mark_of_which_nothing_is_left_holds_its_point()
    {
        var disk = s_lab.NewDisk();
        var chain = RemovalLab.Open(disk);
        chain.ChangeMark(chain.Points()[1], RepairLab.Now, m => m with { RemovedGfs = GfsFlags.Weekly });
        Vandal.Flip(disk, MarkName(disk), 30);
        Vandal.Flip(disk, MarkName(disk) + Names.Copy, 30);
        Assert.Single(RepairLab.Repair(disk, RepairLab.Look(disk)).Healed);
        Assert.True(Mark(disk).IsHeld);
        Assert.Contains("nobody knows", Mark(disk).Reason, StringComparison.Ordinal);
        Assert.Empty(RepairLab.Look(disk));
    }

    [Fact]
    public void A_mark_that_is_another_points_counts_as_damaged_and_holds()
    {
        var disk = Held(s_lab.NewDisk(), "for the auditor");
        var chain = RemovalLab.Open(disk);
        var other = chain.ChangeMark(chain.Points()[2], RepairLab.Now, m => m).Stem + Names.Mark;
        Vandal.Swap(disk, MarkName(disk), other);
        Vandal.Swap(disk, MarkName(disk) + Names.Copy, other + Names.Copy);
        var points = RemovalLab.Open(disk).Points();
        Assert.All(points.Skip(1).Take(2), p => Assert.True(chain.IsHeld(p)));
        Assert.Equal(
            2, PointFilesCheck.Run(chain, points).Count(d => d.Kind == HealthFindingKind.DamagedMark));
        Assert.Equal(2, RepairLab.Repair(disk, RepairLab.Look(disk)).Healed.Count);
        Assert.True(Mark(disk).IsHeld);
        Assert.Empty(RepairLab.Look(disk));
    }

    [Fact]
    public void A_deleted_points_mark_is_healed_with_it()
    {
        var disk = Held(s_lab.NewDisk(), "for the auditor");
        var mark = MarkName(disk);
        Vandal.Delete(disk, PointName(disk, 2));
        Vandal.Flip(disk, mark, 30);
        Assert.Equal(2, RepairLab.Repair(disk, RepairLab.Look(disk)).Healed.Count);
        Assert.Equal("for the auditor", Mark(disk).Reason);
        Assert.Empty(RepairLab.Look(disk));
    }

    [Fact]
    public void A_lost_second_copy_is_written_anew()
    {
        var disk = s_lab.NewDisk();
        Vandal.Delete(disk, PointName(disk, 2) + Names.Copy);
        Vandal.Flip(disk, PointName(disk, 5) + Names.Copy, 77);
        var damage = RepairLab.Look(disk);
        Assert.Equal(2, damage.Count);
        Assert.Equal(2, RepairLab.Repair(disk, damage).Healed.Count);
        Assert.Empty(RepairLab.Look(disk));
    }

    [Fact]
    public void What_was_healed_meanwhile_is_said_to_need_nothing()
    {
        var disk = s_lab.NewDisk();
        Vandal.Flip(disk, PointName(disk, 3), 150);
        Vandal.Zero(disk, Vandal.Files(disk, Names.Blocks)[0], 4096, 4096);
        var damage = RepairLab.Look(disk);
        RepairLab.Repair(disk, damage, s_lab.NewHolder());
        var operations = disk.Fork();
        var outcome = RepairLab.Repair(operations, damage, s_lab.NewHolder());
        Assert.Equal(damage.Count, outcome.Healed.Count(h => h.From == "nothing to do"));
        Assert.Equal(0, outcome.WrittenBytes);
    }

    private static SimulatedDisk Held(SimulatedDisk disk, string reason)
    {
        var chain = RemovalLab.Open(disk);
        chain.ChangeMark(
            chain.Points()[1], RepairLab.Now, m => m with { IsHeld = true, Reason = reason });
        return disk;
    }

    private static MarkFile Mark(SimulatedDisk disk) => RemovalLab.Open(disk).Points()[1].Mark!;

    private static string MarkName(SimulatedDisk disk) =>
        RemovalLab.Open(disk).Points()[1].Stem + Names.Mark;

    private static string PointName(SimulatedDisk disk, long sequence) =>
        RemovalLab.Open(disk).Points().Single(p => p.Sequence == sequence).FileName;

    private static byte[] Read(SimulatedDisk disk, string name) =>
        disk.ReadSmall(Vandal.PathOf(disk, name), 1 << 20);
}
