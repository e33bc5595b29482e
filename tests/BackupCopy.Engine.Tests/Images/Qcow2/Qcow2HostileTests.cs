using System.Buffers.Binary;
using BackupCopy.Images;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Images.Qcow2;

/// <summary>Images that lie are refused with the right error, for little reading.</summary>
public sealed class Qcow2HostileTests
{
    private const int Cluster = 512;
    private const uint BackingFormat = 0xe2792aca;
    private const uint DataFile = 0x44415441;

    private static readonly Dictionary<string, (ErrorCode Code, Func<byte[]> Make)> s_cases = new()
    {
        ["version 1"] = (ErrorCode.ImageUnsupported, () => Header(4, 4, 1)),
        ["version 4"] = (ErrorCode.ImageUnsupported, () => Header(4, 4, 4)),
        ["clusters of 256 bytes"] = (ErrorCode.ImageDamaged, () => Header(20, 4, 8)),
        ["clusters of 4 MiB"] = (ErrorCode.ImageDamaged, () => Header(20, 4, 22)),
        ["clusters of 2^64 bytes"] = (ErrorCode.ImageDamaged, () => Header(20, 4, 64)),
        ["clusters of 2^(2^32-1) bytes"] = (ErrorCode.ImageDamaged, () => Header(20, 4, uint.MaxValue)),
        ["subclusters of 16 bytes"] = (ErrorCode.ImageDamaged, () => Header(72, 8, 16)),
        ["encrypted by AES"] = (ErrorCode.ImageUnsupported, () => Header(32, 4, 1)),
        ["encrypted by LUKS"] = (ErrorCode.ImageUnsupported, () => Header(32, 4, 2)),
        ["an unknown feature"] = (ErrorCode.ImageUnsupported, () => Header(72, 8, 32)),
        ["the last unknown feature"] = (ErrorCode.ImageUnsupported, () => Header(72, 8, 1UL << 63)),
        ["marked as corrupt"] = (ErrorCode.ImageDamaged, () => Header(72, 8, 2)),
        ["a header of 96 bytes"] = (ErrorCode.ImageDamaged, () => Header(100, 4, 96)),
        ["a header of 2^31 bytes"] = (ErrorCode.ImageDamaged, () => Header(100, 4, 1UL << 31)),
        ["compression 2"] = (ErrorCode.ImageUnsupported, () => Header(104, 1, 2)),
        ["zstd without its feature"] = (ErrorCode.ImageDamaged, () => Header(104, 1, 1)),
        ["zlib with the feature of others"] = (ErrorCode.ImageDamaged, () => Header(72, 8, 8)),
        ["2^32-1 L1 entries"] = (ErrorCode.ImageDamaged, () => Header(36, 4, uint.MaxValue)),
        ["no L1 entries"] = (ErrorCode.ImageDamaged, () => Header(36, 4, 0)),
        ["too few L1 entries"] = (ErrorCode.ImageDamaged, () => Header(24, 8, 128 << 20)),
        ["2^63 bytes"] = (ErrorCode.ImageDamaged, () => Header(24, 8, 1UL << 63)),
        ["2^64-1 bytes"] = (ErrorCode.ImageDamaged, () => Header(24, 8, ulong.MaxValue)),
        ["an L1 table at 0"] = (ErrorCode.ImageDamaged, () => Header(40, 8, 0)),
        ["an L1 table beyond the end"] = (ErrorCode.ImageDamaged, () => Header(40, 8, 1 << 20)),
        ["an L1 table at 2^63"] = (ErrorCode.ImageDamaged, () => Header(40, 8, 1UL << 63)),
        ["an L1 table at 513"] = (ErrorCode.ImageDamaged, () => Header(40, 8, 513)),
        ["an extension of 2^32-1 bytes"] = (ErrorCode.ImageDamaged, () =>
            Header(112, 8, uint.MaxValue | (1UL << 32))),
        ["a name beyond the cluster"] = (ErrorCode.ImageDamaged, () => Header(8, 12, (500UL << 32) | 100)),
        ["a name in the header"] = (ErrorCode.ImageDamaged, () => Header(8, 8, 8)),
        ["an L2 table between clusters"] = (ErrorCode.ImageDamaged, () =>
            new Qcow2Builder(12, 4 << 20).Data(0, new byte[4096]).L1(1, 8192 + 512).Build()),
        ["an L2 table beyond the end"] = (ErrorCode.ImageDamaged, () => New().L1(1, 1 << 20).Build()),
        ["an L2 table at 2^55"] = (ErrorCode.ImageDamaged, () => New().L1(1, 1UL << 55).Build()),
        ["a cluster beyond the end"] = (ErrorCode.ImageDamaged, () => New().Entry(8, 1 << 20).Build()),
        ["a cluster at 2^55"] = (ErrorCode.ImageDamaged, () => New().Entry(8, 1UL << 55).Build()),
        ["a cluster between two others"] = (ErrorCode.ImageDamaged, () =>
            new Qcow2Builder(12, 1 << 20).Data(0, new byte[4096]).Entry(8, 512).Build()),
        ["zeros in version 2"] = (ErrorCode.ImageDamaged, () =>
            new Qcow2Builder(9, 65_536, version: 2).Entry(0, Qcow2Builder.ReadsAsZeros).Build()),
        ["subclusters of data and zeros"] = (ErrorCode.ImageDamaged, () => Extended(1 | (1UL << 32), true)),
        ["subclusters of no cluster"] = (ErrorCode.ImageDamaged, () => Extended(1, false)),
        ["a compressed cluster beyond the end"] = (ErrorCode.ImageDamaged, () =>
            New().Entry(1, Qcow2Builder.IsCompressed | (1 << 20)).Build()),
        ["deflated noise"] = (ErrorCode.ImageDamaged, () =>
            New().Stored(1, [0xff, 0xff, 0xff, 0xff]).Build()),
        ["deflated too short"] = (ErrorCode.ImageDamaged, () => New().Deflated(1, new byte[511]).Build()),
        ["zstd noise"] = (ErrorCode.ImageDamaged, () => Zstd([1, 2, 3, 4, 5, 6, 7, 8])),
        ["a zstd frame of a larger cluster"] = (ErrorCode.ImageDamaged, () => Zstd(Frame(5000))),
        ["a zstd frame of a gibibyte"] = (ErrorCode.ImageDamaged, () => Zstd(Bomb())),
        ["a zstd frame of a smaller cluster"] = (ErrorCode.ImageDamaged, () => Zstd(Frame(4095))),
        ["zstd frames of nothing"] = (ErrorCode.ImageDamaged, () => Zstd([.. Frame(0), .. Frame(0)])),
        ["a compressed cluster in a data file"] = (ErrorCode.ImageDamaged, () => Data("data")
            .Entry(1, Qcow2Builder.IsCompressed | 512).Build()),
        ["a data file without a name"] = (ErrorCode.ImageDamaged, () => Data(null).Build()),
        ["itself as its data file"] = (ErrorCode.ImageDamaged, () => Data("hostile").Build()),
        ["a data file that is not there"] = (ErrorCode.ImageNotFound, () => Data("nowhere").Build()),
        ["a data file that is too short"] = (ErrorCode.ImageDamaged, () =>
            Data("data").Entry(1, Qcow2Builder.Copied | 65_536).Build()),
        ["itself as its base"] = (ErrorCode.ImageDamaged, () => Based("hostile")),
        ["a base that leads back"] = (ErrorCode.ImageDamaged, () => Based("loop")),
        ["a base that is not there"] = (ErrorCode.ImageNotFound, () => Based("nowhere")),
        ["a base in JSON"] = (ErrorCode.ImageUnsupported, () => Based("json:{\"driver\":\"null-co\"}")),
        ["a base on the network"] = (ErrorCode.ImageUnsupported, () => Based("nbd://host/x")),
        ["a base behind a web server"] = (ErrorCode.ImageUnsupported, () => Based("http://host/x")),
        ["a base of an unknown format"] = (ErrorCode.ImageUnsupported, () => Based("data", "luks")),
        ["a raw base said to be qcow2"] = (ErrorCode.ImageDamaged, () => Based("disk", "qcow2")),
        ["a name that goes on"] = (ErrorCode.ImageDamaged, () => Based("data\0more")),
        ["a name of nothing but its end"] = (ErrorCode.ImageDamaged, () => Based("\0")),
        ["a name of nothing but a prefix"] = (ErrorCode.ImageDamaged, () => Based("file:")),
        ["L1 entries with one L2 table"] = (ErrorCode.ImageDamaged, SharedTables),
        ["L1 entries with one table of zeros"] = (ErrorCode.ImageDamaged, SharedZeroTables),
        ["L1 entries with one empty table"] = (ErrorCode.ImageDamaged, SharedEmptyTables),
        ["L2 entries with one cluster"] = (ErrorCode.ImageDamaged, SharedClusters),
        ["L2 entries with one deflated cluster"] = (ErrorCode.ImageDamaged, SharedDeflated),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_lie_is_an_error_that_costs_little(string name)
    {
        var (code, make) = s_cases[name];
        var image = new MemoryImage("hostile", make());
        var loop = new Qcow2Builder(9, 65_536) { Backing = "hostile" };
        var disk = new byte[4096];
        (disk[510], disk[511]) = (0x55, 0xaa);
        using var session = new ImageSession(new MemoryNeighbours(
        [
            image, new MemoryImage("loop", loop.Build()), new MemoryImage("data", new byte[4096]),
            new MemoryImage("disk", disk),
        ]));
        var error = Assert.Throws<BackupCopyException>(() => ReadAll(image, session));
        Assert.Equal(code, error.Code);
        Assert.NotEmpty(error.Message);
        Assert.InRange(image.ReadBytes, 1, 4L * image.LengthBytes + (1 << 20));
    }

    [Fact]
    public void A_chain_without_end_is_refused()
    {
        var images = Enumerable.Range(0, ImageSession.LongestChain + 2).Select(i => new MemoryImage(
            $"{i}", new Qcow2Builder(9, 65_536) { Backing = $"{i + 1}" }.Build())).ToArray();
        using var session = new ImageSession(new MemoryNeighbours(images));
        var error = Assert.Throws<BackupCopyException>(() => ReadAll(images[0], session));
        Assert.Equal(ErrorCode.ImageDamaged, error.Code);
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("file:/etc/passwd")]
    [InlineData("file:///etc/passwd")]
    public void A_base_or_data_file_outside_of_the_folder_is_refused(string reference)
    {
        using var folder = new TemporaryFolder();
        foreach (var bytes in (byte[][])[Based(reference, "raw"), Data(reference).Build()])
        {
            File.WriteAllBytes(folder["a.qcow2"], bytes);
            using var session = new ImageSession(new FolderNeighbours(folder.Path));
            var error = Assert.Throws<BackupCopyException>(
                () => ImageFormats.Open(session.Own(DiskFile.Open(folder["a.qcow2"])), session, false));
            Assert.Equal(ErrorCode.ImageOutside, error.Code);
        }
    }

    private static void ReadAll(MemoryImage image, ImageSession session)
    {
        using var disk = Assert.Single(ImageFormats.Open(session.Own(image), session, false).Disks).Disk;
        var piece = new byte[65_536];
        for (long at = 0; disk.TryNextData(at, out var start, out at);)
        {
            disk.Read(start, piece.AsSpan(0, (int)Math.Min(piece.Length, at - start)));
        }
    }

    private static Qcow2Builder New() => new Qcow2Builder(9, 65_536).Data(0, new byte[Cluster]);

    private static byte[] Header(int offset, int length, ulong value)
    {
        var bytes = New().Build();
        Span<byte> number = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(number[8..], value);
        number[(16 - length)..].CopyTo(bytes.AsSpan(offset));
        return bytes;
    }

    private static byte[] Extended(ulong subclusters, bool hasCluster)
    {
        var builder = new Qcow2Builder(14, 1 << 20, features: 16);
        return hasCluster ? builder.Data(0, new byte[16 << 10], subclusters).Build()
            : builder.Entry(0, 0, subclusters).Build();
    }

    private static byte[] Zstd(byte[] stored) =>
        new Qcow2Builder(12, 1 << 20, features: 8, compression: 1).Stored(0, stored).Build();

    private static byte[] Frame(int length)
    {
        using var compressor = new ZstdSharp.Compressor();
        return compressor.Wrap(new byte[length]).ToArray();
    }

    // One segment that says it has 2^30 bytes, of blocks that repeat one byte.
    private static byte[] Bomb()
    {
        var bytes = new List<byte> { 0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x40 };
        for (var i = 0; i < 900; i++)
        {
            bytes.AddRange([2, 0, 0x10, 7]);
        }

        return [.. bytes];
    }

    private static Qcow2Builder Data(string? name)
    {
        var builder = new Qcow2Builder(9, 1 << 20, features: 4);
        return name is null ? builder : builder.With(DataFile, name);
    }

    private static byte[] Based(string name, string? format = null)
    {
        var builder = new Qcow2Builder(9, 65_536) { Backing = name };
        return (format is null ? builder : builder.With(BackingFormat, format)).Build();
    }

    private static byte[] SharedTables()
    {
        var builder = new Qcow2Builder(12, 1L << 32).Data(0, new byte[4096]).Data(7, new byte[4096]);
        return Share(builder);
    }

    private static byte[] SharedZeroTables()
    {
        // A disk of 2^61 bytes in 34 MiB.
        var builder = new Qcow2Builder(21, 1L << 61);
        for (var i = 0; i < 1 << 18; i += 2)
        {
            builder.Entry(i, Qcow2Builder.ReadsAsZeros);
        }

        return Share(builder);
    }

    private static byte[] SharedEmptyTables() => Share(new Qcow2Builder(12, 1L << 32).Entry(0, 0));

    private static byte[] Share(Qcow2Builder builder)
    {
        for (var i = 1; i < builder.L1Entries; i++)
        {
            builder.L1(i, Qcow2Builder.Copied | (ulong)builder.TableOf(0));
        }

        return builder.Build();
    }

    private static byte[] SharedClusters()
    {
        // The first cluster lies behind the header and the L1 table.
        var builder = new Qcow2Builder(16, 1L << 29).Data(0, new byte[65_536]);
        for (var i = 1; i < 8192; i++)
        {
            builder.Entry(i, Qcow2Builder.Copied | (2 << 16));
        }

        return builder.Build();
    }

    private static byte[] SharedDeflated()
    {
        var builder = new Qcow2Builder(16, 1L << 29).Deflated(0, new byte[65_536]);
        for (var i = 1; i < 8192; i++)
        {
            builder.Entry(i, builder.CompressedEntry(2 << 16, 80));
        }

        return builder.Build();
    }
}
