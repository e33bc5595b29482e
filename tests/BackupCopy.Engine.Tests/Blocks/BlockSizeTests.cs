using BackupCopy.Blocks;

namespace BackupCopy.Tests.Blocks;

public sealed class BlockSizeTests
{
    [Theory]
    [InlineData(0L, 0L)]
    [InlineData(1L, 1L)]
    [InlineData(524_288L, 1L)]
    [InlineData(524_289L, 2L)]
    [InlineData(1L << 46, 1L << 27)]
    public void Blocks_cover_a_disk(long diskSizeBytes, long count) =>
        Assert.Equal(count, BlockSize.CountFor(diskSizeBytes, BlockSize.Default));

    [Fact]
    public void The_last_block_is_as_long_as_what_is_left()
    {
        Assert.Equal(524_288, BlockSize.LengthOf(0, 600_000, BlockSize.Default));
        Assert.Equal(600_000 - 524_288, BlockSize.LengthOf(1, 600_000, BlockSize.Default));
        const long blocks = 1L << 30;
        Assert.Equal(1, BlockSize.LengthOf(blocks, blocks * BlockSize.Largest + 1, BlockSize.Largest));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(4096)]
    [InlineData(70_001)]
    public void A_single_byte_anywhere_makes_a_block_not_zero(int length)
    {
        var block = new byte[length];
        Assert.True(BlockSize.IsZero(block));
        for (var i = 0; i < length; i += Math.Max(1, length / 997))
        {
            block[i] = 1;
            Assert.False(BlockSize.IsZero(block));
            block[i] = 0;
        }

        block[^1] = 0x80;
        Assert.False(BlockSize.IsZero(block));
    }
}
