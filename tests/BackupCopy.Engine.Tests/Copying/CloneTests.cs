using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Copying;

/// <summary>When copies between repositories of one disk are clones, and what they are otherwise.</summary>
public sealed class CloneTests
{
    private const int Block = 256 * 1024;

    private readonly SimulatedDisk _disk = new()
    {
        Abilities = new StorageAbilities { Punches = true, Clones = true },
        KeepsHistory = true,
    };

    private readonly List<MemoryDisk> _content = [new("disk0", 40L * Block + 777)];

    public CloneTests()
    {
        var bytes = new byte[30 * Block + 5000];
        new Random(1).NextBytes(bytes);
        _content[0].Write(3 * Block, bytes);

        // What is stored once and named twice leaves a gap in the run.
        _content[0].Write(6 * Block, bytes.AsSpan(0, Block));
    }

    [Fact]
    public void A_full_and_an_increment_are_cloned_and_only_maps_are_written()
    {
        var source = Imported(Compression.Fast);
        var target = New("target", Compression.Fast);
        var full = CopyCounting(source, 1, target);
        Assert.True(full.ClonedBytes > 28 * Block);
        Assert.Equal(
            (0, full.ClonedBytes, full.ClonedBytes), (full.StoredBytes, _disk.BytesCloned, ClonedByCalls()));
        Assert.Equal(30, full.StoredBlocks);

        _content[0].Write(9 * Block, new byte[] { 1, 2, 3 });
        Lab.Import(source, Lab.Start.AddDays(1), _content);
        var written = _disk.BytesWritten;
        var increment = CopyCounting(source, 2, target);
        Assert.InRange(increment.ClonedBytes, Block, Block + 4096);
        Assert.Equal(0, increment.StoredBytes);
        Assert.InRange(_disk.BytesWritten - written, 1, 20_000);
        Lab.AssertEqual(target, 2, _content);
        Lab.AssertUses(target, 2);
    }

    [Fact]
    public void Neighbouring_slots_are_cloned_by_one_call()
    {
        var source = Imported(Compression.None);
        CopyCounting(source, 1, New("target", Compression.None));
        var clones = _disk.History.Where(o => o.Kind == DiskOperationKind.Clone).ToList();
        Assert.InRange(clones.Count, 8, 10);
        Assert.True(clones.Max(o => o.Length) > 3 * Block);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void Where_the_storage_refuses_the_bytes_are_written(int clonesLeft)
    {
        var source = Imported(Compression.Fast);
        var target = New("target", Compression.Fast);
        _disk.ClonesLeft = clonesLeft;
        var progress = CopyCounting(source, 1, target);
        Assert.Equal(clonesLeft > 0, progress.ClonedBytes > 0);
        Assert.True(progress.StoredBytes > 0);
        Assert.Equal(30, progress.StoredBlocks);
        Lab.AssertEqual(target, 1, _content);
        Lab.AssertUses(target, 1);

        // Workers that were cloning at that moment are refused once each, and then nobody asks again.
        Assert.InRange(Clones() - clonesLeft, 1, Lab.Options.Workers);
    }

    [Fact]
    public void A_failing_clone_is_a_named_error_and_the_next_copy_completes()
    {
        var source = Imported(Compression.Fast);
        var target = New("target", Compression.Fast);
        _disk.FailOn(DiskOperationKind.Clone, ".bcblocks", skip: 3);
        var error = Assert.Throws<BackupCopyException>(() => Lab.Copy(source, 1, target));
        Assert.Equal(ErrorCode.ConnectionLost, error.Code);
        Assert.Empty(target.Points());
        _disk.Fault = null;
        Assert.True(CopyCounting(source, 1, target).ReusedBytes > 0, "Nothing was taken over.");
        Lab.AssertEqual(target, 1, _content);
    }

    [Fact]
    public void A_full_disk_is_TargetFull()
    {
        var source = Imported(Compression.None);
        var target = New("target", Compression.None);
        _disk.CapacityBytes = _disk.UsedBytes + 10 * Block;
        var error = Assert.Throws<BackupCopyException>(() => Lab.Copy(source, 1, target));
        Assert.Equal(ErrorCode.TargetFull, error.Code);
    }

    [Fact]
    public void A_damaged_record_is_never_cloned_into_a_point()
    {
        var source = Imported(Compression.None);
        using (var file = _disk.Open(Path.Combine(source.Path, "00000001.bcblocks"), OpenFor.Changing))
        {
            file.WriteAll([1, 2, 3], 20 * Block);
        }

        var target = New("target", Compression.None);
        var error = Assert.Throws<BackupCopyException>(() => Lab.Copy(source, 1, target));
        Assert.Equal(ErrorCode.DamagedBlock, error.Code);
        Assert.Empty(target.Points());
    }

    [Theory]
    [InlineData("codec")]
    [InlineData("block size")]
    [InlineData("alignment of the source")]
    [InlineData("alignment of the target")]
    [InlineData("a target that does not clone")]
    [InlineData("another disk")]
    public void What_does_not_fit_is_written(string difference)
    {
        var clones = _disk.Abilities;
        for (var block = 3L; block < 33; block++)
        {
            // Only records that compressing made smaller care about the codec.
            _content[0].Write(block * Block, new byte[Block / 2]);
        }

        _disk.Abilities = difference == "alignment of the source" ? new StorageAbilities() : clones;
        var source = Imported(Compression.Fast);
        _disk.Abilities = difference switch
        {
            "alignment of the target" => new StorageAbilities(),
            "a target that does not clone" => clones with { Clones = false },
            _ => clones,
        };
        var disk = difference == "another disk" ? new SimulatedDisk { Abilities = clones } : _disk;
        var target = Lab.ChainIn(Lab.NewRepository(
            disk, Path.Combine(SimulatedDisk.Root, "target"),
            difference == "block size" ? 2 * Block : Block,
            difference == "codec" ? Compression.None : Compression.Fast));
        _disk.Abilities = clones;
        var progress = new CopyProgress();
        Lab.Copy(source, 1, target, progress: progress);
        Assert.Equal((0, 0), (progress.ClonedBytes, disk.BytesCloned));
        Assert.True(progress.StoredBytes > 0);
        Lab.AssertEqual(target, 1, _content);
    }

    [Fact]
    public void A_point_that_may_be_removed_meanwhile_is_not_cloned()
    {
        var source = Imported(Compression.Fast);
        using var look = source.LookAt(source.Points()[0]);
        using var held = source.OpenPoint(source.Points()[0]);
        var target = New("target", Compression.Fast).Repository;
        Assert.Null(RunCloner.Between(look, target));
        Assert.NotNull(RunCloner.Between(held, target));
    }

    [Fact]
    public async Task A_throttle_counts_no_cloned_bytes()
    {
        var source = Imported(Compression.None);
        var target = New("target", Compression.None);
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var point = source.OpenPoint(source.Points()[0]);
        var request = Lab.Request(target.Repository, Lab.Start);
        var options = Lab.Options with { Throttle = new([new Throttle(1, TimeProvider.System)]) };

        await PointCopy.FromPointAsync(point, target, request, options, new CopyProgress(), stop.Token);
        Lab.AssertEqual(target, 1, _content);
    }

    private Chain New(string name, Compression compression) => Lab.ChainIn(Lab.NewRepository(
        _disk, Path.Combine(SimulatedDisk.Root, name), Block, compression));

    private Chain Imported(Compression compression)
    {
        var chain = New("source", compression);
        Lab.Import(chain, Lab.Start, _content);
        return chain;
    }

    private static CopyProgress CopyCounting(Chain source, long sequence, Chain target)
    {
        var progress = new CopyProgress();
        Lab.Copy(source, sequence, target, progress: progress);
        return progress;
    }

    private int Clones() => _disk.History.Count(o => o.Kind == DiskOperationKind.Clone);

    private long ClonedByCalls() =>
        _disk.History.Where(o => o.Kind == DiskOperationKind.Clone).Sum(o => o.Length);
}
