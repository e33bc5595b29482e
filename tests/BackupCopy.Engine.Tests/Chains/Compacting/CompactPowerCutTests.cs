using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Compacting;

/// <summary>
/// The power goes after every single operation of a compaction: no point is ever without a byte of its own.
/// </summary>
public sealed class CompactPowerCutTests
{
    [Theory]
    [InlineData(ReleaseMode.Punch, null)]
    [InlineData(ReleaseMode.Rewrite, null)]
    [InlineData(ReleaseMode.Punch, Compression.Default)]
    public void A_cut_after_every_operation_loses_nothing_and_the_next_run_finishes(
        ReleaseMode mode, Compression? compression)
    {
        var lab = new CompactLab(mode, points: 3, blocks: 10);
        var whole = lab.NewDisk();
        var before = whole.Operations;
        lab.Compact(whole, compression);
        var operations = whole.Operations - before;
        var seeds = TestBudget.Seeds(1).ToList();
        for (var n = 0; n <= operations; n++)
        {
            var disk = lab.NewDisk();
            disk.CutAfter(n);
            try
            {
                lab.Compact(disk, compression);
            }
            catch (PowerLostException)
            {
                // What the test arranged.
            }

            AssertSurvived(lab, disk.PowerCutLosingAll(), compression);
            AssertSurvived(lab, disk.Kill(), compression);
            foreach (var seed in seeds)
            {
                AssertSurvived(lab, disk.PowerCut(seed * 1000 + n), compression);
            }
        }
    }

    private static void AssertSurvived(CompactLab lab, SimulatedDisk disk, Compression? compression)
    {
        lab.AssertHolds(disk);
        lab.Compact(disk, compression);
        lab.AssertHolds(disk);
        lab.AssertClean(disk);
    }
}
