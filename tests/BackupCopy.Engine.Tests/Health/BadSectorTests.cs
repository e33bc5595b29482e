using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Sources;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>A disk that cannot read some of its sectors any more, below a real file system.</summary>
public sealed class BadSectorTests : IDisposable
{
    private const int Block = 256 * 1024;
    private const int Blocks = 60;

    private readonly TemporaryFolder _folder = new();
    private readonly List<List<MemoryDisk>> _states = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Bad_sectors_are_found_and_healed_onto_good_ones_and_hurt_nothing_else()
    {
        using var disk = DiskWithBadSectors.OrSkip(200 << 20);
        MakeCopies(disk, out var source);
        var (changed, kept) = (PlaceOf(disk, sequence: 2, block: 7), PlaceOf(disk, sequence: 1, block: 30));
        Assert.NotEqual(changed.File, kept.File);
        Break(disk, kept);
        var found = await CheckAsync(disk);
        Assert.All(found, d => Assert.Equal(HealthFindingKind.DamagedBlock, d.Kind));
        Assert.All(found, d => Assert.Equal([1, 2, 3], d.AffectedPoints.Order()));
        Assert.Contains(found, d => d.Block == 30);
        Assert.Throws<BackupCopyException>(() => Lab.AssertEqual(Target(disk), 3, _states[2]));

        Break(disk, changed);
        found = await CheckAsync(disk);
        Assert.Contains(found, d => d.Block == 7 && d.AffectedPoints.SequenceEqual([2L]));
        var outcome = ChainRepair.Run(
            Target(disk), found, [new Holder("the source", source)], Lab.Start, default);
        Assert.Empty(outcome.Left);
        Assert.Equal(found.Count, outcome.Healed.Count);
        Assert.Empty(await CheckAsync(disk));
        for (var sequence = 1; sequence <= 3; sequence++)
        {
            Lab.AssertEqual(Target(disk), sequence, _states[sequence - 1]);
        }
    }

    [Fact]
    public async Task What_nobody_else_has_is_named_and_the_other_points_restore()
    {
        using var disk = DiskWithBadSectors.OrSkip(200 << 20);
        MakeCopies(disk, out _);
        Break(disk, PlaceOf(disk, sequence: 2, block: 7));
        var found = await CheckAsync(disk);
        Assert.All(found, d => Assert.Equal([2L], d.AffectedPoints));
        var outcome = ChainRepair.Run(Target(disk), found, [], Lab.Start, default);
        Assert.Empty(outcome.Healed);
        Assert.Equal(found.Count, outcome.Left.Count);
        Lab.AssertEqual(Target(disk), 1, _states[0]);
        Lab.AssertEqual(Target(disk), 3, _states[2]);
        Assert.Equal([1, 2, 3], Target(disk).Points().Select(p => p.Sequence));
    }

    [Fact]
    public async Task A_copy_takes_what_its_source_cannot_read_from_elsewhere()
    {
        using var disk = DiskWithBadSectors.OrSkip(200 << 20);
        MakeCopies(disk, out _);
        Break(disk, PlaceOf(disk, sequence: 3, block: 30));
        var second = Lab.ChainIn(Lab.NewRepository(LocalStorage.Instance, _folder["second"], Block));
        var from = Target(disk);
        using var point = from.OpenPoint(from.Newest()!);
        var progress = new CopyProgress();
        await PointCopy.FromPointAsync(
            point, second, Lab.Request(second.Repository, Lab.Start),
            Lab.Options with { OtherHolder = Give }, progress, default);
        Assert.InRange(progress.MendedBlocks, 1, Blocks / 2);
        Lab.AssertEqual(second, 1, _states[2]);
    }

    private bool Give(Guid disk, long block, Digest digest, Memory<byte> plain)
    {
        _states[2][0].Read(block * Block, plain.Span);
        return true;
    }

    // Random content, so that every block is a record of some 64 sectors.
    private void MakeCopies(DiskWithBadSectors disk, out Chain source)
    {
        source = Lab.ChainIn(Lab.NewRepository(LocalStorage.Instance, _folder["source"], Block));
        var target = Lab.ChainIn(Lab.NewRepository(LocalStorage.Instance, PathOn(disk), Block));
        var random = new Random(4);
        var content = new MemoryDisk("disk0", Blocks * Block);
        content.Write(0, Content(random, Blocks * Block));
        for (var day = 0; day < 3; day++)
        {
            content = content.Clone();
            content.Write(7 * Block, Content(random, 5 * Block));
            _states.Add([content]);
            Lab.Import(source, Lab.Start.AddDays(day), [content]);
            Lab.Copy(source, day + 1, target);
        }
    }

    private static void Break(DiskWithBadSectors disk, RecordPlace place)
    {
        var path = Path.Combine(Target(disk).Path, Names.BlockFile(place.File));
        var offset = place.Offset + place.SlotLength / 2;
        Assert.True(DiskWithBadSectors.Reads(path, offset));
        disk.Break(path, offset);
        Assert.False(DiskWithBadSectors.Reads(path, offset));
    }

    private static async Task<List<ChainDamage>> CheckAsync(DiskWithBadSectors disk)
    {
        var request = new CheckRequest { Scope = CheckScope.All, NowUtc = Lab.Start };
        return [.. (await ChainCheck.RunAsync(Target(disk), request, default)).Damage];
    }

    private static RecordPlace PlaceOf(DiskWithBadSectors disk, long sequence, long block)
    {
        var chain = Target(disk);
        using var reader = chain.OpenPoint(chain.Points().Single(p => p.Sequence == sequence));
        return reader.Store.Locate(reader.OpenMap(reader.Point.Disks[0]).Block(block).Name);
    }

    private static Chain Target(DiskWithBadSectors disk) =>
        Lab.ChainIn(RepositoryFolder.Open(LocalStorage.Instance, PathOn(disk)));

    private static string PathOn(DiskWithBadSectors disk) => Path.Combine(disk.Path, "target");

    private static byte[] Content(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
