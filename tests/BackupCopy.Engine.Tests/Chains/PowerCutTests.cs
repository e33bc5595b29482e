using BackupCopy.Copying;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains;

/// <summary>
/// I-1: the power goes after every single operation of a copy onto a target with three older points, whose
/// records are written, or cloned from a source on the same disk.
/// </summary>
public sealed class PowerCutTests
{
    private static readonly CrashLab s_writing = new();
    private static readonly CrashLab s_cloning = new(clones: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Power_cut_after_every_operation_leaves_older_points_whole_and_the_new_one_whole_or_absent(
        bool clones)
    {
        var lab = LabThat(clones);
        var operations = lab.CountOperations();
        var cuts = TestBudget.Seeds(3).ToList();
        for (var n = 0; n <= operations; n++)
        {
            var disk = Dying(lab, n);
            lab.AssertSurvived(disk.PowerCutLosingAll());
            foreach (var seed in cuts)
            {
                lab.AssertSurvived(disk.PowerCut(seed * 1000 + n));
            }
        }
    }

    [Fact]
    public void Power_cut_amid_short_writes_leaves_older_points_whole()
    {
        var steps = TestBudget.Seeds(40).ToList();
        foreach (var seed in steps)
        {
            var lab = LabThat(clones: seed % 4 == 0);
            var disk = lab.NewDisk();
            disk.UseShortTransfers(seed);
            disk.CutAfter(new Random(seed).Next(200));
            TryCopy(lab, disk);
            lab.AssertSurvived(disk.PowerCut(seed));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Power_cut_while_an_unfinished_point_is_taken_over_loses_nothing(bool clones)
    {
        var lab = LabThat(clones);
        var operations = lab.CountOperations();
        foreach (var seed in TestBudget.Seeds(40))
        {
            var random = new Random(seed);
            var disk = Dying(lab, random.Next(operations)).PowerCut(seed);
            for (var again = 0; again < 3 && CrashLab.Target(disk).Points().Count == 3; again++)
            {
                disk.CutAfter(random.Next(operations));
                TryCopy(lab, disk);
                disk = disk.PowerCut(seed + again);
            }

            lab.AssertSurvived(disk);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Kill_after_every_operation_keeps_what_was_written(bool clones)
    {
        var lab = LabThat(clones);
        var operations = lab.CountOperations();
        for (var n = 0; n <= operations; n++)
        {
            lab.AssertSurvived(Dying(lab, n).Kill());
        }
    }

    [Fact]
    public void Five_kills_store_at_most_one_queue_depth_twice_each()
    {
        var lab = new CrashLab(seed: 5, changedBlocks: 120);
        var whole = new CopyProgress();
        Lab.Copy(lab.Source, 4, CrashLab.Target(lab.NewDisk()), progress: whole);
        var disk = lab.NewDisk();
        var stored = 0L;
        for (var kill = 1; kill <= 5; kill++)
        {
            disk.CutAfter(12 + kill * 4);
            var progress = new CopyProgress();
            TryCopy(lab, disk, progress);
            stored += progress.StoredBlocks;
            disk = disk.Kill();
        }

        var last = new CopyProgress();
        Lab.Copy(lab.Source, 4, CrashLab.Target(disk), progress: last);
        stored += last.StoredBlocks;
        var depth = Lab.Options.Workers * Lab.Options.BlocksPerBatch(256 * 1024);
        Assert.InRange(stored - whole.StoredBlocks, 0, 5 * depth);
        Assert.True(last.ReusedBytes > 0, "Nothing was taken over.");
        lab.AssertSurvived(disk);
    }

    private static CrashLab LabThat(bool clones) => clones ? s_cloning : s_writing;

    private static SimulatedDisk Dying(CrashLab lab, int operations)
    {
        var disk = lab.NewDisk();
        disk.CutAfter(operations);
        TryCopy(lab, disk);
        return disk;
    }

    private static void TryCopy(CrashLab lab, SimulatedDisk disk, CopyProgress? progress = null)
    {
        try
        {
            Lab.Copy(lab.SourceFor(disk), 4, CrashLab.Target(disk), progress: progress);
        }
        catch (PowerLostException)
        {
            // What the test arranged.
        }
    }
}
