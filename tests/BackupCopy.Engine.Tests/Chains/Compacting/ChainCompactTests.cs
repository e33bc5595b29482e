using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Compacting;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Compacting;

/// <summary>What compacting does to a chain, and what it leaves as it was.</summary>
public sealed class ChainCompactTests
{
    private static readonly Dictionary<ReleaseMode, CompactLab> s_labs =
        ((ReleaseMode[])[ReleaseMode.Punch, ReleaseMode.Rewrite])
            .ToDictionary(m => m, m => new CompactLab(m));

    public static TheoryData<ReleaseMode> Modes => [ReleaseMode.Punch, ReleaseMode.Rewrite];

    public static TheoryData<ReleaseMode, long[]> Removals
    {
        get
        {
            var data = new TheoryData<ReleaseMode, long[]>();
            foreach (var mode in Modes.Select(m => m.Data))
            {
                data.Add(mode, [1]);
                data.Add(mode, [7]);
                data.Add(mode, [2, 3, 6]);
                data.Add(mode, [1, 2, 3, 4, 5, 6]);
                data.Add(mode, [3, 4, 5, 6, 7]);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Newest_state_lies_in_few_pieces_and_every_point_holds_what_it_held(ReleaseMode mode)
    {
        var lab = s_labs[mode];
        var disk = lab.NewDisk();
        var plan = ChainCompact.Plan(lab.Open(disk), CompactLab.Request(null), default)!;

        var outcome = lab.Compact(disk);

        Assert.Empty(outcome.Notes);
        Assert.Equal(plan.Before, outcome.Before);
        Assert.InRange(outcome.MovedBytes, 1, plan.MovedBytes);
        Assert.True(outcome.Before.Extents > 16, $"{outcome.Before}");
        // Data in segments of seven blocks, and the maps.
        Assert.InRange(outcome.After.Extents, 1, 8);
        Assert.Equal(outcome.Before.LiveBytes, outcome.After.LiveBytes);
        lab.AssertHolds(disk);
        lab.AssertClean(disk);
        Assert.True(
            mode == ReleaseMode.Rewrite || outcome.After.DeadBytes < 64 << 10, $"{outcome.After}");
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Compacted_chain_is_not_written_again(ReleaseMode mode)
    {
        var lab = s_labs[mode];
        var disk = lab.NewDisk();
        var first = lab.Compact(disk);
        var files = CompactLab.BlockFileNames(lab.Open(disk));

        var second = lab.Compact(disk);

        Assert.Equal((0, 0), (second.MovedBytes, second.ReturnedBytes));
        Assert.Equal(first.After, second.Before);
        Assert.Equal(first.After, second.After);
        Assert.Equal(files, CompactLab.BlockFileNames(lab.Open(disk)));
        Assert.Equal(0, ChainCompact.Plan(lab.Open(disk), CompactLab.Request(null), default)!.NeededBytes);
    }

    [Fact]
    public void Fresh_full_is_left_alone()
    {
        var lab = s_labs[ReleaseMode.Punch];
        var disk = lab.NewDisk();
        lab.Remove(disk, 2, 3, 4, 5, 6, 7);

        var plan = ChainCompact.Plan(lab.Open(disk), CompactLab.Request(null), default)!;

        Assert.Equal((0, 0), (plan.MovedBytes, plan.NeededBytes));
        Assert.Equal(0, plan.Before.DeadBytes);
        Assert.Equal(0, lab.Compact(disk).MovedBytes);
    }

    [Theory]
    [MemberData(nameof(Removals))]
    public void Points_go_after_a_compaction_as_before_it(ReleaseMode mode, long[] going)
    {
        var lab = s_labs[mode];
        var after = lab.NewDisk();
        lab.Compact(after);
        Assert.Equal(going, lab.Remove(after, going).Removed);
        lab.AssertHolds(after, going);
        lab.AssertClean(after);

        var before = lab.NewDisk();
        Assert.Equal(going, lab.Remove(before, going).Removed);
        lab.Compact(before);
        lab.AssertHolds(before, going);
        lab.AssertClean(before);
        lab.Compact(after);
        Assert.Equal(FullMark.Run(lab.Open(before)).LiveBytes, FullMark.Run(lab.Open(after)).LiveBytes);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Chain_grows_and_is_compacted_again_and_again(ReleaseMode mode)
    {
        var lab = new CompactLab(mode);
        var disk = lab.NewDisk();
        for (var day = 8; day < 12; day++)
        {
            lab.Compact(disk);
            lab.Append(disk, day);
            lab.AssertHolds(disk);
        }

        lab.Compact(disk);
        lab.AssertHolds(disk);
        lab.AssertClean(disk);
        lab.Remove(disk, 1, 2, 3, 4, 8, 9, 10);
        lab.AssertHolds(disk, [1, 2, 3, 4, 8, 9, 10]);
        lab.AssertClean(disk);
    }

    [Fact]
    public void Rewriting_leaves_a_compacted_chain_in_order()
    {
        var lab = s_labs[ReleaseMode.Rewrite];
        var disk = lab.NewDisk();
        var compacted = lab.Compact(disk);

        lab.Remove(disk);

        Assert.Equal(
            compacted.After.Extents,
            ChainCompact.Plan(lab.Open(disk), CompactLab.Request(null), default)!.Before.Extents);
    }

    [Theory]
    [InlineData(Compression.Fast, Compression.Default, false)]
    [InlineData(Compression.Default, Compression.Fast, false)]
    [InlineData(Compression.Default, Compression.None, false)]
    [InlineData(Compression.None, Compression.High, false)]
    [InlineData(Compression.Fast, Compression.Default, true)]
    [InlineData(Compression.Default, Compression.None, true)]
    public void Changed_compression_is_applied_once(Compression from, Compression to, bool isSealed)
    {
        var lab = new CompactLab(ReleaseMode.Punch, from, isSealed);
        var disk = lab.NewDisk();
        lab.Compact(disk);

        var plan = ChainCompact.Plan(lab.Open(disk), CompactLab.Request(to), default)!;
        var outcome = lab.Compact(disk, to);

        Assert.InRange(outcome.MovedBytes, 1, plan.MovedBytes);
        AssertCodecs(lab.Open(disk), to);
        lab.AssertHolds(disk);
        lab.AssertClean(disk);
        Assert.Equal(0, lab.Compact(disk, to).MovedBytes);
        Assert.Equal(0, lab.Compact(disk).MovedBytes);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Sealed_records_move_as_they_are(ReleaseMode mode)
    {
        var lab = new CompactLab(mode, isSealed: true);
        var disk = lab.NewDisk();

        Assert.Empty(lab.Compact(disk).Notes);

        lab.AssertHolds(disk);
        lab.AssertClean(disk);
    }

    [Fact]
    public async Task Chain_without_a_usable_point_is_none_to_compact()
    {
        var disk = new SimulatedDisk();
        var chain = Lab.ChainIn(Lab.NewRepository(disk, CompactLab.Folder, CompactLab.Block));

        Assert.Null(ChainCompact.Plan(chain, CompactLab.Request(null), default));
        Assert.Null(await ChainCompact.RunAsync(
            chain, CompactLab.Request(null), TestContext.Current.CancellationToken));
    }

    private static void AssertCodecs(Chain chain, Compression wanted)
    {
        using var store = chain.OpenStore(Lab.Machine);
        foreach (var place in CompactLab.NewestRecords(chain).Select(store.Locate))
        {
            var head = new byte[RecordHeader.Layout.Size];
            store.ReadRange(place.File, place.Offset, head);
            var header = RecordHeader.Read(head, "test", place.Offset);
            Assert.True(
                header.Codec == BlockCodec.CodecOf(wanted)
                || header.Flags.HasFlag(RecordFlags.Incompressible), $"{header}");
        }
    }
}
