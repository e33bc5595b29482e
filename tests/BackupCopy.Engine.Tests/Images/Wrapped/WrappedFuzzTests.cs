using System.IO.Compression;
using BackupCopy.Images;
using BackupCopy.Images.Wrapped;

namespace BackupCopy.Tests.Images.Wrapped;

public sealed class WrappedFuzzTests
{
    public static TheoryData<string> Seeds => [.. Made.Keys];

    private static Dictionary<string, Func<byte[]>> Made { get; } = new()
    {
        ["gzip"] = () => WrappedFileTests.Gzip(Disk(), CompressionLevel.SmallestSize),
        ["gzip stored"] = () => WrappedFileTests.Gzip(Disk()[..1024], CompressionLevel.NoCompression),
        ["gzip members"] = () =>
            [.. WrappedFileTests.Gzip(Disk()[..700]), .. WrappedFileTests.Gzip(Disk()[700..])],
        ["gzip fixed codes"] = () => WrappedFileTests.Gzip(Disk()[..600], CompressionLevel.SmallestSize),
        ["zstd"] = () => WrappedFileTests.Zstd(Disk()),
        ["zstd frames"] = () =>
            [.. WrappedFileTests.Zstd(Disk()[..700]), .. WrappedFileTests.Zstd(Disk()[700..])],
    };

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Changed_files_are_read_or_refused(string seed)
    {
        var bytes = Made[seed]();
        ImageFuzz.Run(bytes, [(0, 40), (0, bytes.Length), (bytes.Length - 12, 12)]);
    }

    /// <summary>The checksum keeps most of what comes out of changed data from being compared.</summary>
    [Fact]
    public void Changed_deflate_data_unpacks_to_what_the_platform_makes_of_it()
    {
        byte[][] seeds = [.. Made.Where(m => m.Key.StartsWith('g')).Select(m => m.Value()[10..])];
        foreach (var number in TestBudget.Seeds(4000))
        {
            var random = new Random(number);
            var deflated = (byte[])seeds[number % seeds.Length].Clone();
            for (var changes = random.Next(3); changes > 0; changes--)
            {
                deflated[random.Next(deflated.Length)] ^= (byte)(1 << random.Next(8));
            }

            var expected = ByPlatform(deflated);
            var (actual, isWhole) = ByInflater(deflated);
            var same = actual.AsSpan().CommonPrefixLength(expected);
            Assert.True(
                same == Math.Min(actual.Length, expected.Length)
                    && (!isWhole || actual.Length == expected.Length),
                $"Seed {number}: {actual.Length} and {expected.Length} bytes, alike up to {same}");
        }
    }

    private static byte[] Disk()
    {
        var disk = new byte[3000];
        var random = new Random(21);
        for (var at = 0; at < disk.Length; at++)
        {
            disk[at] = (byte)(random.Next(3) == 0 ? random.Next(256) : at / 64);
        }

        "a text that comes again, a text that comes again"u8.CopyTo(disk.AsSpan(100));
        disk.AsSpan(1500, 700).Clear();
        (disk[510], disk[511]) = (0x55, 0xaa);
        return disk;
    }

    private static byte[] ByPlatform(byte[] deflated)
    {
        var plain = new MemoryStream();
        using var stream = new DeflateStream(new MemoryStream(deflated), CompressionMode.Decompress);
        var piece = new byte[1];
        try
        {
            while (stream.Read(piece) is > 0)
            {
                plain.Write(piece);
            }
        }
        catch (InvalidDataException)
        {
            // As far as it came.
        }

        return plain.ToArray();
    }

    private static (byte[] Plain, bool IsWhole) ByInflater(byte[] deflated)
    {
        var plain = new MemoryStream();
        var inflater = new Inflater(new CompressedInput(new MemoryImage("a", deflated)));
        inflater.Begin();
        var piece = new byte[1000];
        try
        {
            while (inflater.Read(piece) is > 0 and var count)
            {
                plain.Write(piece.AsSpan(0, count));
            }

            return (plain.ToArray(), true);
        }
        catch (BackupCopyException)
        {
            return (plain.ToArray(), false);
        }
    }
}
