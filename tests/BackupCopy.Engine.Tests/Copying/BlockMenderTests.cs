using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Copying;

/// <summary>A copy of a damaged source: each bad block from elsewhere, or not at all.</summary>
public sealed class BlockMenderTests
{
    private const int Block = 256 * 1024;
    private const int Blocks = 30;

    private readonly SimulatedDisk _disk = new();
    private readonly List<MemoryDisk> _content = [new("disk0", Blocks * Block - 1000)];
    private readonly List<(Guid Disk, long Block, Digest Digest)> _asked = [];
    private readonly Chain _source;

    public BlockMenderTests()
    {
        var bytes = new byte[Blocks * Block - 1000];
        new Random(5).NextBytes(bytes);
        _content[0].Write(0, bytes);
        _source = New("source");
        Lab.Import(_source, Lab.Start, _content);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(Blocks - 1)]
    public void A_damaged_block_comes_from_another_holder_and_its_neighbours_travel(int block)
    {
        Damage(block);
        var target = New("target");
        var progress = Copy(target, Give);
        Lab.AssertEqual(target, 1, _content);
        Lab.AssertUses(target, 1);
        var disk = Assert.Single(_source.Points()).File!.Disks[0];
        Assert.Equal((disk.Id, block), (Assert.Single(_asked).Disk, _asked[0].Block));
        Assert.Equal(1, progress.MendedBlocks);
        Assert.Equal(Blocks, progress.StoredBlocks);
    }

    [Fact]
    public void Blocks_that_cannot_be_read_come_from_another_holder_and_only_they()
    {
        var bad = Enumerable.Range(8, 3).Select(b => PlaceOf(b)).ToList();
        _disk.Fault = operation => operation.Kind == DiskOperationKind.Read
            && operation.Path.StartsWith(_source.Path, StringComparison.Ordinal)
            && operation.Name.EndsWith(Names.Blocks, StringComparison.Ordinal)
            && bad.Exists(p => operation.Name == Names.BlockFile(p.File)
                && operation.Offset < p.Offset + p.SlotLength
                && p.Offset < operation.Offset + operation.Length)
            ? SimulatedDisk.InputOutputError(operation.Path) : null;
        var target = New("target");
        Assert.Equal(3, Copy(target, Give).MendedBlocks);
        Lab.AssertEqual(target, 1, _content);
        Assert.Equal([8, 9, 10], _asked.Select(a => a.Block).Order());
    }

    [Fact]
    public void A_block_file_that_is_gone_is_replaced_from_another_holder()
    {
        _disk.Delete(Path.Combine(_source.Path, Names.BlockFile(PlaceOf(0).File)));
        var target = New("target");
        Assert.Equal(Blocks, Copy(target, Give).MendedBlocks);
        Lab.AssertEqual(target, 1, _content);
    }

    [Theory]
    [InlineData(512 * 1024)]
    [InlineData(1 << 20)]
    public void A_copy_into_other_blocks_mends_each_bad_block_once(int blockSize)
    {
        Damage(3);
        Damage(20);
        var target = New("target", blockSize);
        Assert.Equal(2, Copy(target, Give).MendedBlocks);
        Lab.AssertEqual(target, 1, _content);
    }

    [Fact]
    public void A_large_bad_block_counts_once_for_all_the_small_ones_that_it_becomes()
    {
        var source = New("large", 1 << 20);
        Lab.Import(source, Lab.Start, _content);
        using (var file = _disk.Open(Path.Combine(source.Path, Names.BlockFile(1)), OpenFor.Changing))
        {
            file.WriteAll(new byte[5], (1 << 20) + 300_000);
        }

        var target = New("target", Block);
        Assert.Equal(1, Copy(target, Give, source).MendedBlocks);
        Lab.AssertEqual(target, 1, _content);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("none")]
    [InlineData("wrong")]
    public void A_block_that_nobody_gives_right_is_a_named_error_and_what_was_copied_stays(string holder)
    {
        Damage(25);
        var target = New("target");
        OtherHolder? other = holder switch
        {
            "nobody" => null,
            "none" => (_, _, _, _) => false,
            _ => (_, _, _, plain) =>
            {
                plain.Span.Fill(7);
                return true;
            },
        };
        var error = Assert.Throws<BackupCopyException>(() => Copy(target, other, workers: 1));
        Assert.Equal(ErrorCode.DamagedBlock, error.Code);
        Assert.Contains("Block 25 of disk disk0 of web01", error.Message, StringComparison.Ordinal);
        Assert.Contains("restore points 1", error.Message, StringComparison.Ordinal);
        Assert.Contains(
            Path.Combine(_source.Path, Names.BlockFile(PlaceOf(25).File)), error.Message,
            StringComparison.Ordinal);
        Assert.Empty(target.Points());
        var progress = Copy(target, Give);
        Assert.Equal(1, progress.MendedBlocks);
        Assert.True(progress.ReusedBytes >= 24L * Block, $"{progress.ReusedBytes} bytes were reused.");
        Lab.AssertEqual(target, 1, _content);
    }

    [Fact]
    public void A_damaged_map_of_the_source_is_an_error_that_names_its_file()
    {
        var path = Path.Combine(_source.Path, Names.BlockFile(2));
        using (var file = _disk.Open(path, OpenFor.Changing))
        {
            file.WriteAll(new byte[9], 300);
        }

        var target = New("target");
        var error = Assert.Throws<BackupCopyException>(() => Copy(target, Give));
        Assert.Equal(ErrorCode.DamagedRecord, error.Code);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Empty(target.Points());
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_an_unfinished_point_lost_since_is_sent_again(bool isReadable)
    {
        var target = New("target");
        _disk.FailOn(DiskOperationKind.Write, ".bcunfinished", skip: 1);
        Assert.Throws<BackupCopyException>(() => Copy(target, null));
        var file = Path.Combine(target.Path, Names.BlockFile(1));
        _disk.Fault = isReadable ? null : operation => operation.Kind == DiskOperationKind.Read
            && operation.Path == file && operation.Offset <= 4 * Block
            && 4 * Block < operation.Offset + operation.Length
            ? SimulatedDisk.InputOutputError(operation.Path) : null;
        if (isReadable)
        {
            using var changed = _disk.Open(file, OpenFor.Changing);
            changed.WriteAll(new byte[50], 4 * Block);
        }

        var progress = Copy(target, null);
        Assert.Equal((1, Blocks - 1), (progress.StoredBlocks, progress.ReusedBytes / Block + 1));
        Lab.AssertEqual(target, 1, _content);
    }

    private Chain New(string name, int blockSize = Block) => Lab.ChainIn(Lab.NewRepository(
        _disk, Path.Combine(SimulatedDisk.Root, name), blockSize, Compression.Fast));

    private CopyProgress Copy(
        Chain target, OtherHolder? other, Chain? from = null, int workers = 3)
    {
        var progress = new CopyProgress();
        from ??= _source;
        using var source = from.OpenPoint(from.Points().Single());
        PointCopy.FromPointAsync(
            source, target, Lab.Request(target.Repository, Lab.Start),
            Lab.Options with { OtherHolder = other, Workers = workers }, progress, default)
            .GetAwaiter().GetResult();
        return progress;
    }

    private bool Give(Guid disk, long block, Digest digest, Memory<byte> plain)
    {
        lock (_asked)
        {
            _asked.Add((disk, block, digest));
        }

        var size = digest == DigestAt(block, Block) ? Block : 1 << 20;
        _content[0].Read(block * size, plain.Span);
        return true;
    }

    private Digest DigestAt(long block, int size)
    {
        var bytes = new byte[BlockSize.LengthOf(block, _content[0].SizeBytes, size)];
        _content[0].Read(block * size, bytes);
        return Digest.Of(bytes);
    }

    private void Damage(long block)
    {
        var place = PlaceOf(block);
        using var file = _disk.Open(
            Path.Combine(_source.Path, Names.BlockFile(place.File)), OpenFor.Changing);
        file.WriteAll(new byte[40], place.Offset + 2000);
    }

    private RecordPlace PlaceOf(long block)
    {
        using var reader = _source.OpenPoint(_source.Points().Single());
        return reader.Store.Locate(reader.OpenMap(reader.Point.Disks[0]).Block(block).Name);
    }
}
