using System.Text;
using BackupCopy.Blocks;

namespace BackupCopy.Tests.Blocks;

public sealed class ZstdCodecTests
{
    private static readonly byte[] s_plain = Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i * 7919 % 1000}\n")));

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Native_and_managed_zstd_read_each_others_frames(bool writesNative, bool readsNative)
    {
        Assert.SkipUnless(NativeZstd.IsAvailable, "The native libzstd does not load on this system.");
        using var writer = new ZstdCodec(writesNative);
        using var reader = new ZstdCodec(readsNative);
        var target = new byte[s_plain.Length];
        foreach (var level in (int[])[3, 9])
        {
            var length = writer.Compress(s_plain, target, level);
            Assert.InRange(length, 1, s_plain.Length / 4);
            var back = new byte[s_plain.Length];
            Assert.True(reader.TryExpand(target.AsSpan(0, length), back));
            Assert.Equal(s_plain, back);
            Assert.False(reader.TryExpand(target.AsSpan(0, length), new byte[s_plain.Length + 1]));
            Assert.False(reader.TryExpand(target.AsSpan(0, length - 1), back));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_does_not_fit_compresses_to_nothing(bool native)
    {
        Assert.SkipUnless(
            !native || NativeZstd.IsAvailable, "The native libzstd does not load on this system.");
        var random = new byte[100_000];
        new Random(1).NextBytes(random);
        using var codec = new ZstdCodec(native);
        Assert.Equal(0, codec.Compress(random, new byte[random.Length - 1000], 3));
    }
}
