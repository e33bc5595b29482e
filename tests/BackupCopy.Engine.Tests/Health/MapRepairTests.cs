using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Chains.Removal;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>Map nodes that nothing but their neighbours and holders tell.</summary>
public sealed class MapRepairTests
{
    private static readonly RepairLab s_lab = new(seed: 3);

    [Fact]
    public void Every_single_node_is_healed_from_a_holder_and_names_what_it_named()
    {
        foreach (var place in Nodes())
        {
            var disk = Damaged(place);
            RepairLab.RepairAll(disk, s_lab.NewHolder());
            s_lab.AssertWhole(disk);
        }
    }

    [Fact]
    public void Without_a_holder_a_node_is_healed_by_its_neighbours_or_its_points_are_set_aside()
    {
        var healed = 0;
        foreach (var place in Nodes())
        {
            var disk = Damaged(place);
            var damage = RepairLab.Look(disk);
            var hit = damage.SelectMany(d => d.AffectedPoints).Distinct().ToList();
            var outcome = RepairLab.Repair(disk, damage);
            if (outcome.Left.Count == 0)
            {
                healed++;
                s_lab.AssertWhole(disk);
                continue;
            }

            Assert.Equal(hit, outcome.SetAside);
            s_lab.AssertHolds(disk, RepairLab.All.Except(hit));
            var points = RemovalLab.Open(disk).Points();
            Assert.All(points, p => Assert.Equal(!hit.Contains(p.Sequence), p.IsUsable));

            // A holder that comes later brings them back.
            RepairLab.RepairAll(disk, s_lab.NewHolder());
            s_lab.AssertWhole(disk);
            Assert.All(RemovalLab.Open(disk).Points(), p => Assert.True(p.IsUsable));
        }

        Assert.True(healed > 0, "No node was told by its neighbours.");
    }

    [Fact]
    public void All_maps_of_a_point_together_are_healed_from_a_holder()
    {
        foreach (var point in RemovalLab.Open(s_lab.NewDisk()).Points())
        {
            var disk = s_lab.NewDisk();
            foreach (var file in point.File!.BlockFiles.Where(
                f => f.Kind == BlockFileKind.Map && f.BirthSequence == point.Sequence))
            {
                Vandal.Zero(disk, Names.BlockFile(file.Number), 128, int.MaxValue);
            }

            RepairLab.RepairAll(disk, s_lab.NewHolder());
            s_lab.AssertWhole(disk, point.Sequence);
        }
    }

    [Fact]
    public void After_a_removal_between_them_the_neighbours_still_tell_the_right_records()
    {
        foreach (var gone in (long[])[2, 3, 6])
        {
            var disk = s_lab.NewDisk();
            RemovalLab.Remove(disk, [gone]);
            var next = RemovalLab.Open(disk).Points().First(p => p.Sequence > gone).File!;
            var map = next.BlockFiles.First(
                f => f.Kind == BlockFileKind.Map && f.BirthSequence == next.Sequence);
            Vandal.Zero(disk, Names.BlockFile(map.Number), 128, int.MaxValue);
            RepairLab.RepairAll(disk, s_lab.NewHolder());
            s_lab.AssertHolds(disk, RepairLab.All.Where(s => s != gone));
            Assert.Empty(FullMark.Run(RemovalLab.Open(disk)).Violations);
            foreach (var point in RemovalLab.Open(disk).Points())
            {
                Lab.AssertUses(RemovalLab.Open(disk), point.Sequence);
            }
        }
    }

    /// <summary>The places of all nodes of the chain.</summary>
    private static List<RecordPlace> Nodes()
    {
        var chain = RemovalLab.Open(s_lab.NewDisk());
        var nodes = new HashSet<RecordPlace>();
        using var store = chain.OpenStore(Lab.Machine);
        RepairWalk.Run(
            store, [.. chain.Points().Select(p => p.File!)], _ => false,
            use =>
            {
                if (use.Level >= 0)
                {
                    nodes.Add(store.Locate(use.Name));
                }
            },
            default);
        return [.. nodes.OrderBy(n => n.File).ThenBy(n => n.Offset)];
    }

    private static SimulatedDisk Damaged(RecordPlace place)
    {
        var disk = s_lab.NewDisk();
        Vandal.Flip(disk, Names.BlockFile(place.File), place.Offset + 150);
        return disk;
    }
}
