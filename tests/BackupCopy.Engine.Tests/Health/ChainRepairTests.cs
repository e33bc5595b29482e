using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Chains.Removal;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>Whatever happens to the files of a chain whose blocks are elsewhere too is healed.</summary>
public sealed class ChainRepairTests
{
    private static readonly RepairLab s_lab = new();

    [Theory]
    [InlineData(".bcblocks", 30)]
    [InlineData(".bcindex", 12)]
    [InlineData(".bcpoint", 8)]
    public void Random_damage_of_a_chain_with_a_holder_is_healed(string ending, int seeds)
    {
        foreach (var seed in TestBudget.Seeds(seeds))
        {
            var random = new Random(seed);
            var disk = s_lab.NewDisk();
            var what = Vandal.Strike(disk, ending, random);
            try
            {
                RepairLab.RepairAll(disk, s_lab.NewHolder());
                s_lab.AssertWhole(disk, random.Next(1, 8));
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                throw new InvalidOperationException($"Seed {seed}: {what}: {error.Message}", error);
            }
        }
    }

    [Fact]
    public void A_reader_finds_its_point_whole_and_old_bytes_go_once_it_has_left()
    {
        var disk = s_lab.NewDisk();
        var chain = RemovalLab.Open(disk);
        var data = chain.Points()[0].File!.BlockFiles.First(f => f.Kind == BlockFileKind.Data);
        var name = Names.BlockFile(data.Number);
        using (var reader = chain.OpenPoint(chain.Points()[0]))
        {
            // Whoever reads by the old index goes on at the old places.
            reader.Store.Locate(new RecordName(data.Number, 0));
            Vandal.Zero(disk, name, 0, 128);
            RepairLab.RepairAll(disk);
            s_lab.AssertHolds(reader);
            Assert.Contains(name, Vandal.Files(disk, Names.Blocks));
        }

        using (chain.TakeAppendLock("test"))
        {
            Assert.True(OldBytes.Release_NeedsLock(RemovalLab.Open(disk), []) > 0);
        }

        Assert.DoesNotContain(name, Vandal.Files(disk, Names.Blocks));
        s_lab.AssertWhole(disk, 1);
    }

    [Fact]
    public void Blocks_that_nobody_has_are_left_and_every_other_one_is_healed()
    {
        var disk = s_lab.NewDisk();
        var data = RemovalLab.Open(disk).Points()[6].File!.BlockFiles
            .Last(f => f.Kind == BlockFileKind.Data && f.BirthSequence == 7);
        Vandal.Zero(disk, Names.BlockFile(data.Number), 4096, int.MaxValue);
        var damage = RepairLab.Look(disk);
        var outcome = RepairLab.Repair(disk, damage);
        Assert.NotEmpty(outcome.Left);
        Assert.All(outcome.Left, l => Assert.Contains("Nobody", l.Why, StringComparison.Ordinal));
        Assert.Empty(outcome.SetAside);
        s_lab.AssertHolds(disk, 1, 2, 3, 4, 5, 6);
        RepairLab.RepairAll(disk, s_lab.NewHolder());
        s_lab.AssertWhole(disk, 7);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Damage_behind_an_index_that_could_not_be_read_is_healed_with_it(bool isMap)
    {
        var kind = isMap ? BlockFileKind.Map : BlockFileKind.Data;
        var disk = s_lab.NewDisk();
        var chain = RemovalLab.Open(disk);
        var files = chain.Points().SelectMany(p => p.File!.BlockFiles).DistinctBy(f => f.Number).ToList();
        var indexes = files.Where(f => f.Kind == kind).Select(f => Names.IndexFile(f.Number)).ToList();
        indexes.ForEach(i => Vandal.Flip(disk, i, 40));
        var data = Names.BlockFile(files.First(f => f.Kind == BlockFileKind.Data).Number);
        Vandal.Flip(disk, data, 5000);
        var outcome = RepairLab.Repair(
            disk, [.. indexes.Select(i => RepairLab.Of(HealthFindingKind.DamagedIndex, chain, i, [1]))],
            s_lab.NewHolder());
        var block = Assert.Single(outcome.Healed, h => h.Damage.Kind == HealthFindingKind.DamagedBlock);
        Assert.Equal((Vandal.PathOf(disk, data), "the source"), (block.Damage.Path, block.From));
        Assert.Contains(1, block.Damage.AffectedPoints);
        s_lab.AssertWhole(disk, 2);
    }

    [Fact]
    public void Damage_behind_a_damaged_index_that_nobody_can_heal_is_told_and_remembered()
    {
        var disk = s_lab.NewDisk();
        var chain = RemovalLab.Open(disk);
        var file = chain.Points()[6].File!.BlockFiles
            .Last(f => f.Kind == BlockFileKind.Data && f.BirthSequence == 7);
        Vandal.Flip(disk, Names.IndexFile(file.Number), 40);
        Vandal.Flip(disk, Names.BlockFile(file.Number), 5000);
        var outcome = RepairLab.Repair(
            disk,
            [RepairLab.Of(HealthFindingKind.DamagedIndex, chain, Names.IndexFile(file.Number), [7])]);
        var left = Assert.Single(outcome.Left).Damage;
        Assert.Equal(HealthFindingKind.DamagedBlock, left.Kind);
        Assert.Equal(left.Record, Assert.Single(ChainMemory.Damage(chain)).Record);
        s_lab.AssertHolds(disk, 1, 2, 3, 4, 5, 6);
    }

    [Fact]
    public void Find_names_the_holder_and_changes_nothing()
    {
        var disk = s_lab.NewDisk();
        Vandal.Zero(disk, Vandal.Files(disk, Names.Blocks)[0], 4096, 4096);
        var damage = RepairLab.Look(disk);
        var operations = disk.Operations;
        var found = ChainRepair.Find(RemovalLab.Open(disk), damage, [s_lab.NewHolder()], default);
        Assert.Equal(operations, disk.Operations);
        Assert.All(damage, d => Assert.Equal("the source", found[d]));
        Assert.Empty(ChainRepair.Find(RemovalLab.Open(disk), damage, [], default));
    }

    [Fact]
    public void A_stop_leaves_a_chain_that_the_next_repair_heals()
    {
        var disk = s_lab.NewDisk();
        foreach (var name in Vandal.Files(disk, Names.Blocks))
        {
            Vandal.Zero(disk, name, 4096, 8192);
        }

        var damage = RepairLab.Look(disk);
        using var stop = new CancellationTokenSource();
        var writes = 0;
        disk.Fault = operation =>
        {
            if (operation.Kind == DiskOperationKind.Write && ++writes == 3)
            {
                stop.Cancel();
            }

            return null;
        };
        Assert.ThrowsAny<OperationCanceledException>(() => ChainRepair.Run(
            RemovalLab.Open(disk), damage, [s_lab.NewHolder()], RepairLab.Now, stop.Token));
        disk.Fault = null;
        RepairLab.RepairAll(disk, s_lab.NewHolder());
        s_lab.AssertWhole(disk, 3);
    }

    [Fact]
    public void Leaked_space_and_unlisted_files_are_given_back()
    {
        var disk = s_lab.NewDisk();
        var chain = RemovalLab.Open(disk);
        var before = disk.UsedBytes;
        disk.Replace(Vandal.PathOf(disk, Names.BlockFile(900)), new byte[40_000]);
        var damage = RepairLab.Of(
            HealthFindingKind.UnlistedFile, chain, Names.BlockFile(900), []);
        Assert.Single(RepairLab.Repair(disk, [damage]).Healed);
        Assert.InRange(disk.UsedBytes, 0, before);
        s_lab.AssertWhole(disk, 2);
    }

    [Fact]
    public void Nothing_is_wrong_with_the_chain_that_these_tests_damage()
    {
        Assert.Empty(RepairLab.Look(s_lab.NewDisk()));
        s_lab.AssertWhole(s_lab.NewDisk(), 2, 3, 6);
    }
}
