using BackupCopy.Format;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Removal;

/// <summary>
/// I-3: the power goes after every single operation of a removal, in every way space returns.
/// </summary>
public sealed class RemovalPowerCutTests
{
    private static readonly Dictionary<ReleaseMode, RemovalLab> s_labs =
        Enum.GetValues<ReleaseMode>().ToDictionary(m => m, m => new RemovalLab(m));

    public static TheoryData<ReleaseMode, long[]> Removals
    {
        get
        {
            var data = new TheoryData<ReleaseMode, long[]>();
            foreach (var mode in Enum.GetValues<ReleaseMode>())
            {
                data.Add(mode, [1]);
                data.Add(mode, [2, 3, 7]);
                data.Add(mode, [1, 2, 3, 4, 5, 6]);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Removals))]
    public void A_cut_after_every_operation_loses_no_point_that_stays_and_leaks_nothing(
        ReleaseMode mode, long[] going)
    {
        var lab = s_labs[mode];
        var whole = lab.NewDisk();
        var before = whole.Operations;
        RemovalLab.Remove(whole, going);
        var operations = whole.Operations - before;
        var seeds = TestBudget.Seeds(1).ToList();
        for (var n = 0; n <= operations; n++)
        {
            var disk = lab.NewDisk();
            disk.CutAfter(n);
            try
            {
                RemovalLab.Remove(disk, going);
            }
            catch (PowerLostException)
            {
                // What the test arranged.
            }

            var leaks = mode == ReleaseMode.WholeFiles;
            lab.AssertSurvived(disk.PowerCutLosingAll(), going, leaks);
            lab.AssertSurvived(disk.Kill(), going, leaks);
            foreach (var seed in seeds)
            {
                lab.AssertSurvived(disk.PowerCut(seed * 1000 + n), going, leaks);
            }
        }
    }

    [Fact]
    public void A_cut_while_a_mark_changes_leaves_the_old_mark_or_the_new_one()
    {
        var lab = s_labs[ReleaseMode.Punch];
        var seen = new HashSet<bool>();
        for (var n = 0; ; n++)
        {
            var disk = lab.NewDisk();
            Hold(disk, "first");
            disk.CutAfter(n);
            var isThrough = true;
            try
            {
                Hold(disk, "second");
            }
            catch (PowerLostException)
            {
                isThrough = false;
            }

            foreach (var left in (SimulatedDisk[])[disk.PowerCutLosingAll(), disk.Kill(), disk.PowerCut(n)])
            {
                var chain = RemovalLab.Open(left);
                var point = chain.Points()[0];
                Assert.Null(point.MarkDamage);
                Assert.True(point.Mark!.IsHeld);
                Assert.Contains(point.Mark.Reason, (string[])["first", "second"]);
                Assert.True(!isThrough || point.Mark.Reason == "second");
                Assert.Equal([1L], RemovalLab.Remove(left, [1]).Held);
                lab.AssertHolds(RemovalLab.Open(left), 1);
                seen.Add(point.Mark.Reason == "second");
            }

            if (isThrough)
            {
                Assert.Equal(2, seen.Count);
                return;
            }
        }
    }

    private static void Hold(SimulatedDisk disk, string reason)
    {
        var chain = RemovalLab.Open(disk);
        chain.ChangeMark(chain.Points()[0], Lab.Start, m => m with { IsHeld = true, Reason = reason });
    }
}
