using BackupCopy.Format;

namespace BackupCopy.Tests.Format;

public sealed class MapNodeTests
{
    [Fact]
    public void A_node_has_its_golden_bytes()
    {
        Golden.Equal("map-node", Known.MapNodeBytes());

        var entries = new MapEntry[FormatLimits.FanOut];
        Array.Fill(entries, new MapEntry(Known.Point.Disks[0].Root.Digest, new RecordName(1, 1)));
        MapNode.Read(Golden.Bytes("map-node"), 1, 7, entries, "map");

        Assert.Equal(Known.Entries(), entries);
    }

    [Fact]
    public void The_content_digest_is_fixed_and_ignores_where_records_lie()
    {
        var entries = Known.Entries();
        const string expected = "36b582d46a49929b8abf70be61754149e4959e0f7333bf52a68b2ba3f876f4a0";
        Assert.Equal(expected, MapNode.ContentDigest(1, entries).ToString());

        entries[9] = entries[9] with { Name = new RecordName(77, 5), Flags = MapEntryFlags.None };
        Assert.Equal(expected, MapNode.ContentDigest(1, entries).ToString());
        Assert.NotEqual(expected, MapNode.ContentDigest(2, entries).ToString());
        Assert.True(MapNode.ContentDigest(1, new MapEntry[FormatLimits.FanOut]).IsEmpty);
    }

    [Theory]
    [InlineData(0, 7)]
    [InlineData(2, 7)]
    [InlineData(1, 6)]
    [InlineData(1, -1)]
    public void A_node_is_refused_at_another_place(int level, long index)
    {
        var entries = new MapEntry[FormatLimits.FanOut];
        var error = Assert.Throws<BackupCopyException>(
            () => MapNode.Read(Golden.Bytes("map-node"), level, index, entries, "map"));

        Assert.Equal(ErrorCode.DamagedFile, error.Code);
    }

    [Fact]
    public void A_full_node_takes_its_largest_size()
    {
        var entries = new MapEntry[FormatLimits.FanOut];
        Array.Fill(entries, Known.Entries()[255]);
        var bytes = new byte[MapNode.LargestBytes];

        Assert.Equal(bytes.Length, MapNode.Write(bytes, 0, long.MaxValue, entries));
        var back = new MapEntry[FormatLimits.FanOut];
        MapNode.Read(bytes, 0, long.MaxValue, back, "map");
        Assert.Equal(entries, back);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(256, 0)]
    [InlineData(257, 1)]
    [InlineData(65536, 1)]
    [InlineData(65537, 2)]
    [InlineData(1L << 24, 2)]
    [InlineData((1L << 24) + 1, 3)]
    [InlineData(1L << 32, 3)]
    public void The_root_s_level_follows_the_number_of_blocks(long blocks, int level) =>
        Assert.Equal(level, MapNode.RootLevelFor(blocks));

    [Fact]
    public void The_largest_disk_of_the_smallest_blocks_fits_the_highest_level() =>
        Assert.Equal(
            FormatLimits.HighestMapLevel, MapNode.RootLevelFor(FormatLimits.LargestDiskBytes / (256 * 1024)));
}
