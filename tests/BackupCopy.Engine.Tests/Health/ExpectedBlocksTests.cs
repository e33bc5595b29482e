using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Chains.Removal;

namespace BackupCopy.Tests.Health;

/// <summary>A chain of few blocks is told of once; of one with more, maps are walked for each part.</summary>
public sealed class ExpectedBlocksTests : IDisposable
{
    private readonly RecordStore _store;
    private readonly List<PointFile> _points;
    private readonly List<BlockSlot> _slots = [];

    public ExpectedBlocksTests()
    {
        var chain = RemovalLab.Open(new RemovalLab(ReleaseMode.Punch).NewDisk());
        _store = chain.OpenStore(Lab.Machine);
        _points = [.. chain.Points().Select(p => p.File!)];
        var seen = new HashSet<RecordName>();
        new ChainWalk(_store, (in MapPlace place, in MapEntry entry) =>
        {
            if (place.IsBlock && seen.Add(entry.Name))
            {
                _slots.Add(new BlockSlot(entry.Name, _store.Locate(entry.Name)));
            }
        }).VisitAll(_points);
    }

    public void Dispose() => _store.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(BlockOrder.MostAtOnce)]
    public void What_was_told_and_what_is_walked_for_is_the_same(uint more)
    {
        var told = Told();
        if (more > 0)
        {
            // A record that shows that there are more than it keeps.
            var place = new MapPlace(_points[0], _points[0].Disks[0], -1, 0);
            told.Tell(place, new MapEntry(Digest.Of([1]), new RecordName(1, more)));
        }

        told.EndTelling();
        var walked = new ExpectedBlocks();
        told.Fill(_store, _points, _slots, default);
        walked.Fill(_store, _points, _slots, default);
        Assert.All(Enumerable.Range(0, _slots.Count), i =>
        {
            Assert.False(told.DigestOf(i).IsEmpty);
            Assert.Equal(walked.DigestOf(i), told.DigestOf(i));
            Assert.Equal(walked.LengthOf(i), told.LengthOf(i));
        });
        Assert.Empty(told.Disagreements);
        Assert.Empty(walked.Disagreements);
    }

    [Fact]
    public void What_is_told_needs_no_walk()
    {
        var told = Told();
        told.EndTelling();
        told.Fill(_store, [], _slots, default);
        Assert.All(Enumerable.Range(0, _slots.Count), i => Assert.False(told.DigestOf(i).IsEmpty));
        var unended = Told();
        unended.Fill(_store, [], _slots, default);
        Assert.All(Enumerable.Range(0, _slots.Count), i => Assert.True(unended.DigestOf(i).IsEmpty));
    }

    [Fact]
    public void Entries_that_name_one_record_as_two_are_told()
    {
        var told = Told();
        var place = new MapPlace(_points[0], _points[0].Disks[0], -1, 0);
        told.Tell(place, new MapEntry(Digest.Of([1]), _slots[0].Name));
        told.Tell(place, new MapEntry(Digest.Of([1]), _slots[0].Name));
        Assert.Contains($"{_slots[0].Name}", Assert.Single(told.Disagreements), StringComparison.Ordinal);
    }

    private ExpectedBlocks Told()
    {
        var told = new ExpectedBlocks();
        new ChainWalk(_store, (in MapPlace place, in MapEntry entry) =>
        {
            if (place.IsBlock)
            {
                told.Tell(place, entry);
            }
        }).VisitAll(_points);
        return told;
    }
}
