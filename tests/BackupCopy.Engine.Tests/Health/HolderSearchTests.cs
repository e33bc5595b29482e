using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Health;
using BackupCopy.Sources;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>Where blocks are found by their content.</summary>
public sealed class HolderSearchTests
{
    private const int Block = 256 * 1024;
    private static readonly byte[] s_content = Content();

    [Fact]
    public void A_block_is_found_at_its_place_at_another_place_and_in_an_older_point()
    {
        var chain = NewChain(Block, At(3), At(7));
        var disk = chain.Points()[0].File!.Disks[0].Id;
        foreach (var block in (long[])[3, 7, 1])
        {
            AssertFound(chain, disk, block);
        }

        AssertFound(chain, Guid.NewGuid(), 3);
    }

    [Fact]
    public void A_holder_of_another_block_size_has_the_bytes_at_the_same_place()
    {
        var chain = NewChain(4 << 20, At(21), At(2));
        var disk = chain.Points()[0].File!.Disks[0].Id;
        AssertFound(chain, disk, 21);
        AssertNotFound(chain, disk, 5);
    }

    [Fact]
    public void What_is_found_and_does_not_verify_is_not_handed_out()
    {
        var disk = new SimulatedDisk();
        var chain = NewChain(Block, disk, At(3));
        var data = disk.List(chain.Path).First(
            e => e.Name.EndsWith("00000001.bcblocks", StringComparison.Ordinal)).Name;
        using (var file = disk.Open(Path.Combine(chain.Path, data), BackupCopy.Storage.OpenFor.Changing))
        {
            file.Write([0xff], 4096 + 700);
        }

        AssertNotFound(chain, chain.Points()[0].File!.Disks[0].Id, 3);
    }

    [Fact]
    public void A_holder_that_is_gone_hides_no_other_one()
    {
        var gone = new SimulatedDisk();
        var first = NewChain(Block, gone, At(3));
        var second = NewChain(Block, At(3));
        gone.Fault = operation => SimulatedDisk.InputOutputError(operation.Path);
        using var search = new HolderSearch([new Holder("gone", first), new Holder("there", second)]);
        var plain = new byte[Block];
        Assert.True(search.TryFetch(
            Digest.Of(s_content), second.Points()[0].File!.Disks[0].Id, 3, Block, plain, out var from));
        Assert.Equal("there", from);
    }

    private static void AssertFound(Chain chain, Guid disk, long block)
    {
        using var search = new HolderSearch([new Holder("there", chain)]);
        var plain = new byte[Block];
        Assert.True(search.TryFetch(Digest.Of(s_content), disk, block, Block, plain, out var from));
        Assert.Equal("there", from);
        Assert.Equal(s_content, plain);
    }

    private static void AssertNotFound(Chain chain, Guid disk, long block)
    {
        using var search = new HolderSearch([new Holder("there", chain)]);
        Assert.False(search.TryFetch(Digest.Of(s_content), disk, block, Block, new byte[Block], out _));
    }

    private static Chain NewChain(int blockSize, params long[][] points) =>
        NewChain(blockSize, new SimulatedDisk(), points);

    private static Chain NewChain(int blockSize, SimulatedDisk disk, params long[][] points)
    {
        var chain = Lab.ChainIn(
            Lab.NewRepository(disk, Path.Combine(SimulatedDisk.Root, "holder"), blockSize));
        for (var day = 0; day < points.Length; day++)
        {
            var content = new MemoryDisk("disk0", 30L * Block);
            foreach (var offset in points[day])
            {
                content.Write(offset, s_content);
            }

            Lab.Import(chain, Lab.Start.AddDays(day), [(IDiskContent)content]);
        }

        return chain;
    }

    private static long[] At(long block) => [block * Block];

    private static byte[] Content()
    {
        var bytes = new byte[Block];
        new Random(5).NextBytes(bytes);
        return bytes;
    }
}
