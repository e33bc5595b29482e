using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Tests.Chains.Removal;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>The power goes after every single operation of a repair.</summary>
public sealed class RepairPowerCutTests
{
    private static readonly RepairLab s_lab = new();

    [Theory]
    [InlineData("blocks")]
    [InlineData("maps")]
    [InlineData("index")]
    [InlineData("front")]
    [InlineData("points")]
    public void A_cut_leaves_what_was_whole_whole_and_the_next_repair_finishes(string what)
    {
        var damaged = Damaged(what);
        Assert.NotEmpty(RepairLab.Look(damaged.Fork().PowerCutLosingAll()));
        var whole = RepairLab.All.Where(s => Holds(damaged, s)).ToList();
        var done = damaged.Fork();
        var before = done.Operations;
        RepairLab.Repair(done, RepairLab.Look(done), s_lab.NewHolder());
        var operations = done.Operations - before;
        for (var n = 0; n <= operations; n++)
        {
            var disk = damaged.Fork();
            var found = RepairLab.Look(disk);
            disk.CutAfter(n);
            try
            {
                RepairLab.Repair(disk, found, s_lab.NewHolder());
            }
            catch (PowerLostException)
            {
                // What the test arranged.
            }

            foreach (var left in (SimulatedDisk[])[disk.PowerCutLosingAll(), disk.PowerCut(n)])
            {
                s_lab.AssertHolds(left, whole);
                RepairLab.RepairAll(left, s_lab.NewHolder());
                s_lab.AssertHolds(left, RepairLab.All);
            }
        }
    }

    private static SimulatedDisk Damaged(string what)
    {
        var disk = s_lab.NewDisk();
        var chain = RemovalLab.Open(disk);
        var middle = chain.Points()[2].File!;
        var own = middle.BlockFiles.Where(f => f.BirthSequence == middle.Sequence).ToList();
        var data = own.Find(f => f.Kind == BlockFileKind.Data);
        var map = own.Find(f => f.Kind == BlockFileKind.Map);
        switch (what)
        {
            case "blocks":
                Vandal.Zero(disk, Names.BlockFile(data.Number), 4096, 20_000);
                break;
            case "maps":
                Vandal.Zero(disk, Names.BlockFile(map.Number), 128, 200);
                break;
            case "index":
                Vandal.Delete(disk, Names.IndexFile(data.Number));
                Vandal.Cut(disk, Names.IndexFile(map.Number), 50);
                break;
            case "front":
                Vandal.Zero(disk, Names.BlockFile(data.Number), 0, 128);
                break;
            default:
                Vandal.Flip(disk, chain.Points()[2].FileName, 300);
                Vandal.Delete(disk, chain.Points()[3].FileName + Names.Copy);
                break;
        }

        return disk;
    }

    private static bool Holds(SimulatedDisk disk, long sequence)
    {
        try
        {
            s_lab.AssertHolds(disk, sequence);
            return true;
        }
        catch (BackupCopyException)
        {
            return false;
        }
    }
}
