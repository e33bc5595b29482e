using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Chains.Removal;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>The description of a repository, whole, half and lost.</summary>
public sealed class RepositoryRepairTests
{
    private static readonly RepairLab s_lab = new(seed: 4);

    [Theory]
    [InlineData(Names.RepositoryFile)]
    [InlineData(Names.RepositoryFileCopy)]
    public void One_of_the_two_comes_back_from_the_other(string name)
    {
        var disk = s_lab.NewDisk();
        var bytes = Read(disk, name);
        disk.Delete(PathOf(name));
        Assert.Equal("its second copy", Assert.Single(Repair(disk).Healed).From);
        Assert.Equal(bytes, Read(disk, name));
        Assert.Empty(Repair(disk).Healed);
    }

    [Fact]
    public void Both_come_back_from_what_the_points_say()
    {
        var disk = s_lab.NewDisk();
        var before = RepositoryFolder.Open(disk, RemovalLab.Folder).File;
        Break(disk);
        Assert.Throws<BackupCopyException>(() => RepositoryFolder.Open(disk, RemovalLab.Folder));
        Assert.Equal(2, Repair(disk).Healed.Count);
        var after = RepositoryFolder.Open(disk, RemovalLab.Folder, before.Id).File;
        Assert.Equal(before.BlockSizeBytes, after.BlockSizeBytes);
        Assert.Equal(before.AlignmentBytes, after.AlignmentBytes);
        Assert.Equal(before.Compression, after.Compression);
        Assert.Equal(before.Storage, after.Storage);
        s_lab.AssertWhole(disk, 2);
    }

    [Fact]
    public void Points_of_two_repositories_leave_it_as_it_is()
    {
        var disk = s_lab.NewDisk();
        var chain = RemovalLab.Open(disk);
        var other = chain.Points()[6];
        foreach (var name in (string[])[other.FileName, other.FileName + Names.Copy])
        {
            disk.Replace(
                Path.Combine(chain.Path, name),
                (other.File! with { RepositoryId = Guid.NewGuid() }).ToBytes());
        }

        Break(disk);
        var outcome = Repair(disk);
        Assert.Equal(2, outcome.Left.Count);
        Assert.All(outcome.Left, l => Assert.Contains("different", l.Why, StringComparison.Ordinal));
        Assert.Throws<BackupCopyException>(() => RepositoryFolder.Open(disk, RemovalLab.Folder));
    }

    [Fact]
    public void A_sealed_point_leaves_it_as_it_is()
    {
        var disk = s_lab.NewDisk();
        var chain = RemovalLab.Open(disk);
        var point = chain.Points()[6];
        disk.Replace(Path.Combine(chain.Path, point.FileName), point.File!.ToBytes(new byte[32]));
        Break(disk);
        Assert.All(
            Repair(disk).Left, l => Assert.Contains("encrypted", l.Why, StringComparison.Ordinal));
    }

    [Fact]
    public void A_cut_while_it_is_made_anew_leaves_none_or_a_whole_one()
    {
        for (var n = 0; ; n++)
        {
            var disk = s_lab.NewDisk();
            Break(disk);
            disk.CutAfter(n);
            var isThrough = true;
            try
            {
                Repair(disk);
            }
            catch (PowerLostException)
            {
                isThrough = false;
            }

            var left = disk.PowerCutLosingAll();
            Repair(left);
            Assert.Equal(Read(left, Names.RepositoryFile), Read(left, Names.RepositoryFileCopy));
            s_lab.AssertHolds(left, 7);
            if (isThrough)
            {
                return;
            }
        }
    }

    [Fact]
    public void A_chain_repair_heals_the_description_and_the_summary_too()
    {
        var disk = s_lab.NewDisk();
        var chain = RemovalLab.Open(disk);
        Vandal.Flip(disk, Path.Combine("..", "..", Names.RepositoryFileCopy), 40);
        var backup = Path.GetDirectoryName(chain.Path)!;
        disk.Replace(Path.Combine(backup, Names.BackupFile), "{"u8);
        ChainDamage[] damage =
        [
            RepairLab.Of(
                HealthFindingKind.DamagedDescription, chain,
                Path.Combine(RemovalLab.Folder, Names.RepositoryFileCopy), []),
            RepairLab.Of(
                HealthFindingKind.DamagedSummary, chain, Path.Combine(backup, Names.BackupFile), []),
        ];
        Assert.Equal(2, RepairLab.Repair(disk, damage).Healed.Count);
        Assert.Equal(Read(disk, Names.RepositoryFile), Read(disk, Names.RepositoryFileCopy));
        Assert.True(BackupSummary.Reads(new BackupFolder(chain.Repository, backup)));
    }

    private static RepairOutcome Repair(SimulatedDisk disk) =>
        RepositoryRepair.Run(disk, RemovalLab.Folder, RepairLab.Now);

    private static void Break(SimulatedDisk disk)
    {
        foreach (var name in (string[])[Names.RepositoryFile, Names.RepositoryFileCopy])
        {
            using var file = disk.Open(PathOf(name), OpenFor.Changing);
            file.WriteAll(new byte[16], 30);
            file.Flush();
        }
    }

    private static string PathOf(string name) => Path.Combine(RemovalLab.Folder, name);

    private static byte[] Read(SimulatedDisk disk, string name) => disk.ReadSmall(PathOf(name), 1 << 20);
}
