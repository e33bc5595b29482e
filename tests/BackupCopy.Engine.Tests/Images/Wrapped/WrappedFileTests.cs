using System.Diagnostics;
using System.IO.Compression;
using BackupCopy.Images;
using BackupCopy.Images.Raw;
using BackupCopy.Images.Wrapped;
using BackupCopy.Tests.Storage;
using ZstdSharp;

namespace BackupCopy.Tests.Images.Wrapped;

public sealed class WrappedFileTests
{
    private static readonly byte[] s_disk = DiskContent.Make(24 << 20, 11);

    /// <summary>The program, and what it takes from the file "disk" to its output.</summary>
    public static TheoryData<string, string> Programs => new()
    {
        { "gzip", "-1" }, { "gzip", "-6" }, { "gzip", "-9" }, { "gzip", "-6 --rsyncable" },
        { "zstd", "-1" }, { "zstd", "-3" }, { "zstd", "-19" }, { "zstd", "-3 --long=24" },
        { "zstd", "-3 --rsyncable" }, { "zstd", "--fast=5" }, { "zstd", "-3 --no-check" },
        { "zstd", "-3 -T2" }, { "pzstd", "-3" }, { "pigz", "-6" },
    };

    [Theory]
    [MemberData(nameof(Programs))]
    public void What_the_usual_programs_pack_reads_back(string program, string options)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["disk"], s_disk);
        var packed = folder["disk.packed"];
        Pack(program, $"{options} -q -c", folder["disk"], packed);
        using var session = new ImageSession(new FolderNeighbours(folder.Path));
        var open = ImageFormats.Open(session.Own(DiskFile.Open(packed)), session, isRaw: false);
        Assert.Equal(ImageFormat.Raw, open.Format);
        DiskContent.AssertSame(s_disk, Assert.Single(open.Disks).Disk);
    }

    [Fact]
    public void A_window_beyond_what_memory_allows_is_refused_with_what_to_do()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["disk"], new byte[1 << 20]);

        // From a pipe the length is not known and the window is what was asked for.
        Pack("zstd", "-q -3 --long=27 -c", folder["disk"], folder["packed"], throughPipe: true);
        using var session = new ImageSession(null);
        var error = Assert.Throws<BackupCopyException>(
            () => ImageFormats.Open(session.Own(DiskFile.Open(folder["packed"])), session, false));
        Assert.Equal(ErrorCode.ImageUnsupported, error.Code);
        Assert.Contains("--long", error.Remedy, StringComparison.Ordinal);
    }

    public static TheoryData<string> Layouts => [.. Packed.Keys];

    private static Dictionary<string, Func<byte[], byte[]>> Packed { get; } = new()
    {
        ["gzip"] = d => Gzip(d),
        ["gzip stored"] = d => Gzip(d, CompressionLevel.NoCompression),
        ["gzip smallest"] = d => Gzip(d, CompressionLevel.SmallestSize),
        ["gzip members"] = d => [.. d.Chunk(d.Length / 3 + 1).SelectMany(p => Gzip(p))],
        ["gzip members of nothing"] = d => [.. Gzip([]), .. Gzip(d), .. Gzip([]), .. Gzip([])],
        ["gzip with padding"] = d => [.. Gzip(d), .. new byte[10_000]],
        ["gzip with all parts of a head"] = WithHead,
        ["zstd"] = d => Zstd(d),
        ["zstd frames"] = d => [.. d.Chunk(d.Length / 3 + 1).SelectMany(p => Zstd(p))],
        ["zstd frames of nothing"] = d => [.. Zstd([]), .. Zstd(d), .. Zstd([])],
        ["zstd with frames to skip"] = d =>
            [.. Skippable(7), .. Zstd(d), .. Skippable(0), .. Skippable(400_000)],
        ["zstd single segment"] = d => [.. d.Chunk(300_000).SelectMany(Segment)],
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Every_layout_reads_back(string layout)
    {
        foreach (var length in (int[])[512, 65_536, 200_001, 9 << 20])
        {
            var disk = DiskContent.Make(length, length);
            var packed = Packed[layout](disk);
            using var session = new ImageSession(null);
            var open = ImageFormats.Open(
                session.Own(new MemoryImage("disk.gz", packed)), session, isRaw: false);
            DiskContent.AssertSame(disk, Assert.Single(open.Disks).Disk);
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Whatever_is_cut_off_or_added_is_noticed(string layout)
    {
        var disk = new byte[3000];
        new Random(9).NextBytes(disk);
        var packed = Packed[layout](disk);

        // What follows the content and holds none of its own may be missing.
        var mayEndEarly = layout.Contains("skip") || layout.Contains("nothing");
        var end = layout.Contains("padding") ? packed.Length - 10_000 : packed.Length;
        for (var length = 5; length < end; length += length < 4000 ? 1 : 997)
        {
            AssertDamaged(packed[..length], disk.Length, mayEndEarly, $"{layout} cut to {length}");
        }

        foreach (var more in (byte[][])[[1], [0, 1], [0x1f, 0x8b], [0x28, 0xb5, 0x2f], [.. packed[..10]]])
        {
            AssertDamaged([.. packed, .. more], 0, false, $"{layout} and {more.Length} bytes");
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("gzip stored")]
    [InlineData("gzip members")]
    [InlineData("zstd")]
    [InlineData("zstd frames")]
    public void No_flipped_bit_changes_what_is_read(string layout)
    {
        var disk = DiskContent.Make(150_000, 12);
        var packed = Packed[layout](disk);
        var random = new Random(13);
        for (var i = 0; i < 400; i++)
        {
            var changed = (byte[])packed.Clone();
            var at = i < 30 ? i : random.Next(packed.Length);
            changed[at] ^= (byte)(1 << random.Next(8));
            try
            {
                using var session = new ImageSession(null);
                var file = session.Own(WrappedFile.Open(
                    new MemoryImage("a", changed), layout.StartsWith('g') ? Wrapping.Gzip : Wrapping.Zstd,
                    session));
                var read = new byte[disk.Length];
                file.Read(0, read);
                Assert.True(read.AsSpan().SequenceEqual(disk), $"{layout} with a bit of byte {at}");
            }
            catch (BackupCopyException error)
            {
                Assert.True(error.Code is ErrorCode.ImageDamaged or ErrorCode.ImageUnsupported);
            }
        }
    }

    [Theory]
    [InlineData(Skip.Trailer)]
    [InlineData(Skip.Head)]
    [InlineData(Skip.Both)]
    public void A_member_between_two_alike_is_not_passed_over(Skip damage)
    {
        // Three members of the same content: their checksums are alike, too.
        var member = Gzip(new byte[65_536]);
        byte[] packed = [.. member, .. member, .. member];
        var border = member.Length;
        if (damage != Skip.Head)
        {
            packed[border - 3] ^= 1;
        }

        if (damage != Skip.Trailer)
        {
            packed[border] ^= 1;
        }

        AssertDamaged(packed, 0, false, damage.ToString());
    }

    public enum Skip
    {
        Trailer,
        Head,
        Both,
    }

    [Fact]
    public void Workers_that_overtake_each_other_do_not_make_it_begin_anew()
    {
        var (packed, session) = Opened(out var file);
        using (session)
        {
            var before = packed.ReadBytes;
            var random = new Random(14);
            var pieces = Enumerable.Range(0, s_disk.Length >> 20).ToArray();
            foreach (var group in pieces.Chunk(8))
            {
                random.Shuffle(group);
                foreach (var piece in group)
                {
                    AssertPiece(file, piece << 20, 1 << 20);
                }
            }

            Assert.InRange(packed.ReadBytes - before, 0, packed.LengthBytes);
        }
    }

    [Fact]
    public void Threads_read_at_once()
    {
        var (_, session) = Opened(out var file);
        using (session)
        {
            Parallel.For(0, s_disk.Length >> 20, i => AssertPiece(file, i << 20, 1 << 20));
        }
    }

    [Fact]
    public void Reading_far_back_begins_anew()
    {
        // Longer than the window.
        var disk = new byte[90 << 20];
        for (var at = 0; at < disk.Length; at += 40_000)
        {
            disk[at] = (byte)(at >> 8);
        }

        using var session = new ImageSession(null);
        var file = session.Own(
            WrappedFile.Open(new MemoryImage("a", Zstd(disk)), Wrapping.Zstd, session));
        Assert.True(file.IsForwardOnly);
        var random = new Random(15);
        foreach (var megabyte in (int[])[89, 0, 1, 70, 2, 45, 44, 3])
        {
            var piece = new byte[random.Next(1, 1 << 20)];
            file.Read(megabyte << 20, piece);
            Assert.True(piece.AsSpan().SequenceEqual(disk.AsSpan(megabyte << 20, piece.Length)));
        }
    }

    [Fact]
    public void Long_zeros_are_holes()
    {
        var disk = new byte[50 << 20];
        disk[(10 << 20) + 5] = 1;
        disk[(11 << 20) + 5] = 1;
        disk[^1] = 1;
        using var session = new ImageSession(null);
        var file = session.Own(WrappedFile.Open(new MemoryImage("a", Gzip(disk)), Wrapping.Gzip, session));
        Assert.True(file.TryNextData(0, out var start, out var end));
        Assert.Equal((10 << 20, 12 << 20), (start, end));
        Assert.True(file.TryNextData((11 << 20) + 7, out start, out end));
        Assert.Equal(((11 << 20) + 7, 12 << 20), (start, end));
        Assert.True(file.TryNextData(end, out start, out end));
        Assert.Equal((49 << 20, 50 << 20), (start, end));
        Assert.False(file.TryNextData(end, out _, out _));
    }

    [Fact]
    public void Bombs_end_at_their_limit()
    {
        var packed = new MemoryImage("bomb.zst", Zstd(new byte[64 << 20]));
        using var session = new ImageSession(null);
        var error = Assert.Throws<BackupCopyException>(
            () => WrappedFile.Open(packed, Wrapping.Zstd, session, limitBytes: 1 << 20));
        Assert.Equal(ErrorCode.ImageDamaged, error.Code);
        Assert.Equal(64L << 30, WrappedFile.MostPlainBytes(1000));
        Assert.Equal(1L << 40, WrappedFile.MostPlainBytes(1L << 25));
        Assert.Equal(1L << 50, WrappedFile.MostPlainBytes(long.MaxValue));
    }

    [Fact]
    public void Unpacking_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        using var session = new ImageSession(null, cancel.Token);
        Assert.Throws<OperationCanceledException>(
            () => WrappedFile.Open(new MemoryImage("a", Gzip(s_disk)), Wrapping.Gzip, session));
    }

    [Fact]
    public void Nothing_is_unpacked_twice()
    {
        using var session = new ImageSession(null);
        var packed = session.Own(new MemoryImage("a.gz.gz", Gzip(Gzip(DiskContent.Make(9000, 1)))));
        var error = Assert.Throws<BackupCopyException>(() => ImageFormats.Open(packed, session, false));
        Assert.Equal(ErrorCode.ImageUnknown, error.Code);
    }

    internal static byte[] Gzip(byte[] plain, CompressionLevel level = CompressionLevel.Fastest)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, level, leaveOpen: true))
        {
            gzip.Write(plain);
        }

        // Nothing at all comes out for nothing.
        return packed.Length > 0 ? packed.ToArray()
            : [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, .. new byte[8]];
    }

    internal static byte[] Zstd(byte[] plain)
    {
        var packed = new MemoryStream();
        using (var zstd = new CompressionStream(packed, 3, leaveOpen: true))
        {
            zstd.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
            zstd.Write(plain);
        }

        return packed.ToArray();
    }

    private static byte[] Segment(byte[] plain)
    {
        using var compressor = new Compressor(5);
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return compressor.Wrap(plain).ToArray();
    }

    private static byte[] WithHead(byte[] plain)
    {
        var packed = Gzip(plain);
        packed[3] = 0x1e;
        byte[] parts = [3, 0, 1, 2, 3, .. "a name\0"u8, .. "a comment\0"u8, 0x12, 0x34];
        return [.. packed[..10], .. parts, .. packed[10..]];
    }

    private static byte[] Skippable(int length) =>
        [0x5a, 0x2a, 0x4d, 0x18, .. BitConverter.GetBytes(length), .. new byte[length]];

    /// <param name="length">What the whole unpacks to: less is sound between two members.</param>
    private static void AssertDamaged(byte[] packed, int length, bool mayBeWhole, string what)
    {
        using var session = new ImageSession(null);
        var image = new MemoryImage("a", packed);
        var wrapping = ImageMarks.WrappingOf(image);
        Assert.NotEqual(Wrapping.None, wrapping);
        try
        {
            var file = session.Own(WrappedFile.Open(image, wrapping, session));
            Assert.True(file.LengthBytes < length || (mayBeWhole && file.LengthBytes == length), what);
        }
        catch (BackupCopyException error)
        {
            Assert.True(error.Code == ErrorCode.ImageDamaged, $"{what}: {error.Message}");
        }
    }

    private static void AssertPiece(ImageFile file, int offset, int length)
    {
        var piece = new byte[length];
        file.Read(offset, piece);
        Assert.True(piece.AsSpan().SequenceEqual(s_disk.AsSpan(offset, length)), $"At {offset}.");
    }

    private static (MemoryImage Packed, ImageSession Session) Opened(out ImageFile file)
    {
        var packed = new MemoryImage("disk.zst", Zstd(s_disk));
        var session = new ImageSession(null);
        file = session.Own(WrappedFile.Open(packed, Wrapping.Zstd, session));
        return (packed, session);
    }

    private static void Pack(
        string program, string options, string from, string to, bool throughPipe = false)
    {
        using var process = TryStart(
            "sh", "-c", $"{program} {options} {(throughPipe ? $"< '{from}'" : $"'{from}'")} > '{to}'");
        process?.WaitForExit();
        Assert.SkipWhen(process?.ExitCode is null or 127, $"{program} is not installed.");
        Assert.Equal(0, process.ExitCode);
    }

    private static Process? TryStart(string program, params IReadOnlyList<string> arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
