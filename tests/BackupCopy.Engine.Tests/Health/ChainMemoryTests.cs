using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>What is remembered of damage, until it is healed or found to be gone.</summary>
public sealed class ChainMemoryTests
{
    private static readonly HealthLab s_lab = new();

    [Fact]
    public async Task Known_damage_stays_until_its_part_is_checked_again()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var (_, entry, place) = HealthLab.Record(chain, 1);
        HealthLab.Flip(disk, HealthLab.BlockFile(chain, place.File), place.Offset + 130);
        var found = Assert.Single(await HealthLab.FindAsync(chain));
        var known = Assert.Single(ChainMemory.Damage(chain));
        Assert.Equal(found with { Message = "", AffectedPoints = [] },
            known with { Message = "", AffectedPoints = [] });
        Assert.Equal(found.AffectedPoints, known.AffectedPoints);
        Assert.Equal("disk0", known.Disk);

        HealthLab.Flip(disk, HealthLab.BlockFile(chain, place.File), place.Offset + 130);
        await HealthLab.CheckAsync(chain, HealthLab.Request(CheckScope.Newest));
        Assert.Equal(entry.Name, Assert.Single(ChainMemory.Damage(chain)).Record);
        await HealthLab.CheckAsync(chain);
        Assert.Empty(ChainMemory.Damage(chain));
    }

    [Fact]
    public async Task Healed_damage_is_forgotten_and_no_longer_counted()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        foreach (var n in (int[])[0, 2])
        {
            var (_, _, place) = HealthLab.Record(chain, 1, n);
            HealthLab.Flip(disk, HealthLab.BlockFile(chain, place.File), place.Offset + 130);
        }

        var found = await HealthLab.FindAsync(chain);
        Assert.Equal(2, ChainMemory.Read(chain).Points[0].Damaged);
        ChainMemory.Forget(chain, [found[1]]);
        Assert.Equal(found[0].Record, Assert.Single(ChainMemory.Damage(chain)).Record);
        Assert.Equal(1, ChainMemory.Read(chain).Points[0].Damaged);
    }

    [Fact]
    public async Task What_concerns_only_points_that_are_gone_goes_with_them()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        var (block, entry, place) = HealthLab.Record(chain, 1, 1);
        HealthLab.Flip(disk, HealthLab.BlockFile(chain, place.File), place.Offset + 130);
        var found = Assert.Single(await HealthLab.FindAsync(chain));
        Assert.Equal((entry.Name, block), (found.Record, found.Block));
        chain.ChangeMark(chain.Points()[1], HealthLab.Now, m => m with { IsHeld = false });
        using (var removal = PointRemoval.Begin(chain, "test"))
        {
            foreach (var point in chain.Points().Take(2))
            {
                chain.DeleteFile(point.FileName + Names.Copy);
            }

            Assert.Equal([1, 2], removal.Remove([1, 2]).Removed);
        }

        await HealthLab.CheckAsync(chain, HealthLab.Request(CheckScope.Newest));
        var memory = ChainMemory.Read(chain);
        Assert.Empty(memory.Damage);
        Assert.Equal([3, 4], memory.Points.Select(p => p.Sequence));
    }

    [Fact]
    public void What_does_not_read_is_an_empty_memory()
    {
        var disk = s_lab.NewDisk();
        var chain = s_lab.Open(disk);
        disk.Replace(Path.Combine(chain.Path, "health.json"), "[ 1"u8);
        Assert.Null(ChainMemory.Read(chain).Last);
        Assert.Empty(ChainMemory.Damage(chain));
    }
}
