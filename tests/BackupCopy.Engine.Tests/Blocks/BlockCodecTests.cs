using BackupCopy.Blocks;

namespace BackupCopy.Tests.Blocks;

public sealed class BlockCodecTests
{
    private static readonly int[] s_lengths =
        [1, 2, 15, 100, 4095, 4096, 65_537, BlockSize.Default, BlockSize.Largest];

    [Theory]
    [InlineData(Compression.Fast)]
    [InlineData(Compression.Default)]
    [InlineData(Compression.High)]
    public void Every_kind_of_content_comes_back_or_is_left_as_it_is(Compression setting)
    {
        using var codec = new BlockCodec();
        var target = new byte[BlockSize.Largest];
        foreach (var length in s_lengths)
        {
            foreach (var (kind, plain) in Contents(length))
            {
                var stored = codec.TryCompress(setting, plain, target);

                Assert.InRange(stored, 0, plain.Length - 1);
                Assert.True(kind == "random" || length < 100 || stored > 0, $"{kind}, {length}: {stored}");
                if (stored > 0)
                {
                    var back = new byte[length];
                    Assert.True(codec.TryExpand(BlockCodec.CodecOf(setting), target.AsSpan(0, stored), back));
                    Assert.Equal(plain, back);
                }
            }
        }
    }

    [Fact]
    public void No_compression_stores_as_it_is()
    {
        using var codec = new BlockCodec();
        var plain = new byte[1000];
        var back = new byte[1000];
        new Random(1).NextBytes(plain);

        Assert.Equal(0, codec.TryCompress(Compression.None, plain, new byte[1000]));
        Assert.True(codec.TryExpand(BlockCodec.CodecOf(Compression.None), plain, back));
        Assert.Equal(plain, back);
        Assert.False(codec.TryExpand(Codec.None, plain, new byte[999]));
        Assert.False(codec.TryExpand(Codec.None, plain, new byte[1001]));
    }

    [Theory]
    [InlineData(Compression.Fast)]
    [InlineData(Compression.Default)]
    public void A_target_that_is_too_small_is_no_error(Compression setting)
    {
        using var codec = new BlockCodec();
        var plain = new byte[100_000];
        new Random(1).NextBytes(plain.AsSpan(0, 50_000));

        foreach (var room in new[] { 0, 1, 20, 49_000 })
        {
            Assert.Equal(0, codec.TryCompress(setting, plain, new byte[room]));
        }
    }

    [Fact]
    public void One_instance_serves_all_settings_in_turn()
    {
        using var codec = new BlockCodec();
        var plain = Contents(100_000).First(c => c.Kind == "text").Plain;
        var target = new byte[plain.Length];
        var lengths = new[] { Compression.Default, Compression.High, Compression.Fast, Compression.Default }
            .Select(setting => codec.TryCompress(setting, plain, target)).ToList();

        Assert.Equal(lengths[0], lengths[3]);
        Assert.True(lengths[1] <= lengths[0] && lengths[0] < lengths[2]);
    }

    [Theory]
    [InlineData(Codec.None)]
    [InlineData(Codec.Lz4)]
    [InlineData(Codec.Zstd)]
    [InlineData((Codec)3)]
    [InlineData((Codec)255)]
    internal void Garbage_does_not_expand_and_throws_nothing(Codec id)
    {
        using var codec = new BlockCodec();
        var valid = new byte[5000];
        var length = codec.TryCompress(
            id == Codec.Lz4 ? Compression.Fast : Compression.Default, Contents(5000).Last().Plain, valid);
        foreach (var seed in TestBudget.Seeds(3000))
        {
            var random = new Random(seed);
            var stored = random.Next(3) == 0 ? new byte[random.Next(2000)] : valid[..random.Next(length + 1)];
            for (var i = random.Next(1, 6); i > 0 && stored.Length > 0; i--)
            {
                stored[random.Next(stored.Length)] = (byte)random.Next(256);
            }

            codec.TryExpand(id, stored, new byte[random.Next(6) == 0 ? 0 : random.Next(1, 8000)]);
        }
    }

    [Theory]
    [InlineData(Codec.Lz4)]
    [InlineData(Codec.Zstd)]
    internal void Another_plain_length_than_the_true_one_does_not_expand(Codec id)
    {
        using var codec = new BlockCodec();
        var stored = id == Codec.Lz4 ? Format.Known.Lz4 : Format.Known.Zstd;

        Assert.True(codec.TryExpand(id, stored, new byte[100]));
        Assert.False(codec.TryExpand(id, stored, new byte[99]));
        Assert.False(codec.TryExpand(id, stored, new byte[101]));
        Assert.False(codec.TryExpand(id, [], new byte[100]));
    }

    private static IEnumerable<(string Kind, byte[] Plain)> Contents(int length)
    {
        var random = new Random(length);
        var bytes = new byte[length];
        random.NextBytes(bytes);
        yield return ("random", bytes);
        yield return ("one value", Enumerable.Repeat((byte)7, length).ToArray());
        var mixed = new byte[length];
        random.NextBytes(mixed.AsSpan(0, length / 2));
        yield return ("half empty", mixed);
        var words = "the quick brown fox "u8.ToArray();
        var text = Enumerable.Range(0, length).Select(i => words[(long)i * i / 7 % words.Length]);
        yield return ("text", [.. text]);
    }
}
