using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using BackupCopy.Images;
using BackupCopy.Images.Vma;
using BackupCopy.Images.Wrapped;

namespace BackupCopy.Tests.Images.Vma;

public sealed class VmaArchiveTests
{
    private static readonly byte[] s_system = DiskContent.Make(20 << 20, 1);
    private static readonly byte[] s_data = DiskContent.Make((9 << 20) + 512 * 7, 2);
    private static readonly byte[] s_efi = DiskContent.Make(540_672, 3);

    public enum Order
    {
        OneAfterTheOther,
        Interleaved,
        WorkersOvertake,
        GuestWritesFirst,
        Backwards,
        Random,
    }

    public static TheoryData<Order, string> Variants => new MatrixTheoryData<Order, string>(
        Enum.GetValues<Order>(), Enum.GetNames<Wrapping>());

    [Theory]
    [MemberData(nameof(Variants))]
    public void Disks_read_back_whatever_the_order_of_the_clusters(Order order, string wrapping)
    {
        var builder = Machine();
        var archive = builder.Build(Arrange([.. builder.InOrder()], order));
        using var session = new ImageSession(null);
        var image = session.Own(Wrap(archive, Enum.Parse<Wrapping>(wrapping)));
        var open = ImageFormats.Open(image, session, isRaw: false);
        Assert.Equal(ImageFormat.Vma, open.Format);
        Assert.Equal(["drive-scsi0", "drive-scsi1", "drive-efidisk0"], open.Disks.Select(d => d.Name));
        DiskContent.AssertSame(s_efi, open.Disks[2].Disk);
        DiskContent.AssertSame(s_system, open.Disks[0].Disk);
        DiskContent.AssertSame(s_data, open.Disks[1].Disk);
    }

    [Fact]
    public void Reading_a_packed_archive_in_the_order_of_its_disks_unpacks_it_once_for_each()
    {
        // Much longer than what is kept of the unpacked bytes.
        var system = new byte[70 << 20];
        new Random(7).NextBytes(system);
        var builder = new VmaBuilder().Device("drive-scsi0", system).Device("drive-scsi1", s_data)
            .Device("drive-efidisk0", s_efi);
        var archive = builder.Build(Arrange([.. builder.InOrder()], Order.GuestWritesFirst));
        Assert.True(archive.Length > 70 << 20);
        var packed = Wrap(archive, Wrapping.Zstd);
        using var session = new ImageSession(null);
        var open = ImageFormats.Open(session.Own(packed), session, isRaw: false);
        foreach (var (disk, content) in open.Disks.Zip([system, s_data, s_efi]))
        {
            var before = packed.ReadBytes;
            var piece = new byte[1 << 20];
            for (long at = 0; disk.Disk.TryNextData(at, out var start, out var end); at = end)
            {
                for (var from = start; from < end; from += piece.Length)
                {
                    var part = piece.AsSpan(0, (int)Math.Min(piece.Length, end - from));
                    disk.Disk.Read(from, part);
                    Assert.True(part.SequenceEqual(content.AsSpan((int)from, part.Length)));
                }
            }

            Assert.InRange(packed.ReadBytes - before, 0, packed.LengthBytes);
        }

        // Before: to verify the whole, and to find the clusters.
        Assert.InRange(packed.ReadBytes, 0, 4 * packed.LengthBytes);
    }

    [Fact]
    public void Zeros_are_neither_ranges_nor_read()
    {
        var content = new byte[8 << 20];
        content.AsSpan(1 << 20, 65536).Fill(1);
        content.AsSpan(5 << 20, 10).Fill(2);
        var image = new MemoryImage("a.vma", new VmaBuilder().Device("drive-sata0", content).Build());
        using var session = new ImageSession(null);
        var disk = Assert.Single(VmaArchive.Open(session.Own(image), session).Disks).Disk;
        Assert.True(disk.TryNextData(0, out var start, out var end));
        Assert.Equal((1 << 20, (1 << 20) + 65536), (start, end));
        Assert.True(disk.TryNextData(end, out start, out end));
        Assert.Equal((5 << 20, (5 << 20) + 65536), (start, end));
        Assert.False(disk.TryNextData(end, out _, out _));
        var before = image.ReadBytes;
        disk.Read(0, new byte[content.Length]);
        Assert.Equal(65536 + 4096, image.ReadBytes - before);
    }

    [Fact]
    public void The_configuration_comes_as_attachments_with_plain_names()
    {
        var archive = new VmaBuilder().Device("drive-scsi0", s_efi)
            .Config("qemu-server.conf", "cores: 2\n").Config("../../etc/passwd", "root")
            .Config("a\\b\u00e4 c", "x").Config("..", "y").Config("qemu-server.conf", "z").Build();
        using var session = new ImageSession(null);
        var open = VmaArchive.Open(session.Own(new MemoryImage("a.vma", archive)), session);
        Assert.Equal(
            [
                ("qemu-server.conf", "cores: 2\n"), ("passwd", "root"), ("b__c", "x"), ("config", "y"),
                ("qemu-server.conf-2", "z"),
            ],
            open.Attachments.Select(a => (a.Name, Encoding.UTF8.GetString(a.Content.Span))));
    }

    [Fact]
    public void Saved_memory_is_no_disk()
    {
        var archive = new VmaBuilder().Device("vmstate", new byte[100_000]).Device("drive-scsi0", s_efi)
            .Build();
        using var session = new ImageSession(null);
        var open = VmaArchive.Open(session.Own(new MemoryImage("a.vma", archive)), session);
        DiskContent.AssertSame(s_efi, Assert.Single(open.Disks).Disk);
    }

    [Fact]
    public void A_table_larger_than_its_memory_goes_through_a_scratch_file()
    {
        using var session = new ImageSession(null);
        var image = session.Own(new MemoryImage("a.vma", [0]));
        var table = new ClusterTable(image, session, capacity: 3);
        var numbers = Enumerable.Range(0, 20_000).ToArray();
        new Random(4).Shuffle(numbers);
        foreach (var number in numbers)
        {
            Assert.False(table[number].IsThere);
            table[number] = new ClusterPlace(number + 1, (ushort)number, number % 2 == 0);
        }

        Assert.IsType<ScratchFile>(session.Files[^1]);
        var places = new ClusterPlace[1000];
        for (var at = 0; at < 20_000; at += places.Length)
        {
            table.Read(at, places);
            Assert.All(places, (p, i) => Assert.Equal(
                (at + i + 1L, (ushort)(at + i), (at + i) % 2 == 0), (p.Position, p.Mask, p.IsAside)));
        }
    }

    public static TheoryData<string, ErrorCode> HostileNames =>
        [.. Hostile.Select(h => (h.Key, h.Value.Code))];

    private static Dictionary<string, (ErrorCode Code, Func<byte[]> Make)> Hostile { get; } = new()
    {
        ["header of another version"] = (ErrorCode.ImageUnsupported, () => Small((4, 2u))),
        ["header that ends before itself"] = (ErrorCode.ImageDamaged, () => Small((56, 12288u))),
        ["header of 4 GiB"] = (ErrorCode.ImageDamaged, () => Small((56, uint.MaxValue))),
        ["header longer than the file"] = (ErrorCode.ImageDamaged, () => Small((56, 16_000_000u))),
        ["names outside of the header"] = (ErrorCode.ImageDamaged, () => Small((48, 0xfffffff0u))),
        ["names inside the fixed part"] = (ErrorCode.ImageDamaged, () => Small((48, 8u))),
        ["names longer than the header"] = (ErrorCode.ImageDamaged, () => Small((52, 0xffffu))),
        ["device name outside"] = (ErrorCode.ImageDamaged, () => Small((4096 + 32, 0xffffff00u))),
        ["device name at a blob without an end"] = (ErrorCode.ImageDamaged, () => Small((4096 + 32, 4u))),
        ["configuration outside"] = (
            ErrorCode.ImageDamaged, () => Small((2044 + 80, 1u), (3068 + 80, 9999u))),
        ["disk of 2^63"] = (ErrorCode.ImageDamaged, () => Small((4096 + 40, 0x80000000u))),
        ["disk of almost 2^63"] = (ErrorCode.ImageDamaged, () => Small((4096 + 40, 0x7fffffffu))),
        ["disk of 64 TiB in a small file"] = (ErrorCode.ImageDamaged, () => Small((4096 + 40, 0x4000u))),
        ["disk of 200,000 bytes"] = (ErrorCode.ImageDamaged, () => Small((4096 + 44, 200_000u))),
        ["disk one cluster longer"] = (ErrorCode.ImageDamaged, () => Small((4096 + 44, 655_360u))),
        ["disk one cluster shorter"] = (ErrorCode.ImageDamaged, () => Small((4096 + 44, 458_752u))),
        ["disk one block shorter"] = (ErrorCode.ImageDamaged, () => Small((4096 + 44, 536_576u))),
        ["no device"] = (ErrorCode.ImageDamaged, () => Small((4096 + 44, 0u))),
        ["two devices of all there is"] = (
            ErrorCode.ImageDamaged, () => Small((4096 + 64, 1u), (4096 + 76, 0x10000000u))),
        ["extent of another archive"] = (ErrorCode.ImageDamaged, () => Small((FirstExtent + 8, 77u))),
        ["extent without its mark"] = (ErrorCode.ImageDamaged, () => Small((FirstExtent, 77u))),
        ["extent with reserved bytes"] = (ErrorCode.ImageDamaged, () => Small((FirstExtent + 4, 0x10090u))),
        ["extent longer than the file"] = (ErrorCode.ImageDamaged, () => Small((FirstExtent + 4, 0xffffu))),
        ["extent with a block too many"] = (ErrorCode.ImageDamaged, () => Small((FirstExtent + 4, 1u))),
        ["cluster of no device"] = (ErrorCode.ImageDamaged, () => Small((FirstExtent + 40, 0xffff0009u))),
        ["cluster that is not used"] = (ErrorCode.ImageDamaged, () => Small((FirstExtent + 40, 0xffff0000u))),
        ["cluster twice"] = (ErrorCode.ImageDamaged, () => Small((FirstExtent + 44, 1u))),
        ["cluster behind the end"] = (ErrorCode.ImageDamaged, () => Small((FirstExtent + 44, uint.MaxValue))),
        ["cut off behind an extent"] = (
            ErrorCode.ImageDamaged, () => Small()[..^(512 + 4096 * 16)]),
        ["cut off by a byte"] = (ErrorCode.ImageDamaged, () => Small()[..^1]),
        ["nothing but the header"] = (ErrorCode.ImageDamaged, () => Small()[..FirstExtent]),
        ["zeros at the end"] = (ErrorCode.ImageDamaged, () => [.. Small(), .. new byte[4096]]),
        ["a header without a checksum"] = (
            ErrorCode.ImageDamaged, () => { var a = Small(); a[100] ^= 1; return a; }),
        ["an extent without a checksum"] = (
            ErrorCode.ImageDamaged, () => { var a = Small(); a[FirstExtent + 200] ^= 1; return a; }),
        ["the mark and nothing else"] = (ErrorCode.ImageDamaged, () => Small()[..100]),
        ["65 configurations"] = (ErrorCode.ImageUnsupported, ManyConfigs),
        ["memory alone"] = (
            ErrorCode.ImageUnsupported, () => new VmaBuilder().Device("vmstate", new byte[65536]).Build()),
    };

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void Hostile_archives_are_refused(string name, ErrorCode code)
    {
        foreach (var wrapping in Enum.GetValues<Wrapping>())
        {
            var bytes = Hostile[name].Make();
            var image = Wrap(bytes, wrapping);
            using var session = new ImageSession(null);
            var error = Assert.Throws<BackupCopyException>(
                () => ImageFormats.Open(session.Own(image), session, isRaw: false));
            Assert.Equal(code, error.Code);
            Assert.Contains("some.vma", error.Message, StringComparison.Ordinal);
            Assert.InRange(image.ReadBytes, 0, 4L * bytes.Length + (1 << 20));
        }
    }

    [Fact]
    public void Walking_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        using var session = new ImageSession(null, cancel.Token);
        Assert.Throws<OperationCanceledException>(
            () => VmaArchive.Open(session.Own(new MemoryImage("a.vma", Small())), session));
    }

    [Fact]
    public void Changed_archives_are_read_or_refused()
    {
        var seed = new VmaBuilder { ClustersPerExtent = 3 }.Config("qemu-server.conf", "cores: 1")
            .Device("drive-scsi0", Sparse(5)).Device("drive-scsi1", Sparse(3)).Build();
        List<(int, int)> fields = [(0, 64), (2044, 8), (3068, 8), (4096 + 32, 64), (HeaderEnd, 64)];
        for (var at = HeaderEnd; at < seed.Length; at += 512
            + 4096 * BinaryPrimitives.ReadUInt16BigEndian(seed.AsSpan(at + 6)))
        {
            fields.Add((at, 64));
        }

        ImageFuzz.Run(seed, fields, fix: VmaBuilder.Fix);
    }

    private const int HeaderEnd = VmaBuilder.HeaderBytes + 512;
    private const int FirstExtent = HeaderEnd;

    private static byte[] Sparse(int clusters)
    {
        var content = new byte[clusters * VmaBuilder.ClusterBytes - 1024];
        for (var at = 100; at < content.Length; at += 40_000)
        {
            content[at] = 1;
        }

        return content;
    }

    /// <summary>One disk of 540,672 bytes, four clusters an extent; then numbers written into it.</summary>
    private static byte[] Small(params (int Offset, uint Value)[] changes)
    {
        var content = new byte[540_672];
        new Random(5).NextBytes(content);
        var archive = new VmaBuilder { ClustersPerExtent = 4 }.Device("drive-scsi0", content).Build();
        foreach (var (offset, value) in changes)
        {
            BinaryPrimitives.WriteUInt32BigEndian(archive.AsSpan(offset), value);
        }

        VmaBuilder.Fix(archive);
        return archive;
    }

    private static byte[] ManyConfigs()
    {
        var builder = new VmaBuilder().Device("drive-scsi0", new byte[65536]);
        for (var i = 0; i < 65; i++)
        {
            builder.Config($"c{i}", "x");
        }

        return builder.Build();
    }

    private static VmaBuilder Machine() => new VmaBuilder().Config("qemu-server.conf", "cores: 2")
        .Device("drive-scsi0", s_system).Device("drive-scsi1", s_data).Device("drive-efidisk0", s_efi);

    private static IEnumerable<(int Device, int Cluster)> Arrange((int, int)[] clusters, Order order)
    {
        var random = new Random(6);
        switch (order)
        {
            case Order.Interleaved:
                return clusters.OrderBy(c => c.Item2);
            case Order.WorkersOvertake:
                return clusters.Chunk(64).SelectMany(c => { random.Shuffle(c); return c; });
            case Order.GuestWritesFirst:
                // Some from everywhere, and a long row of them.
                var early = clusters.Where(c => random.Next(20) == 0 || c is (1, > 100 and < 520)).ToArray();
                return [.. early, .. clusters.Except(early)];
            case Order.Backwards:
                return clusters.Reverse();
            case Order.Random:
                random.Shuffle(clusters);
                return clusters;
            default:
                return clusters;
        }
    }

    private static MemoryImage Wrap(byte[] archive, Wrapping wrapping)
    {
        var packed = new MemoryStream();
        using (Stream stream = wrapping switch
        {
            Wrapping.Gzip => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            Wrapping.Zstd => new ZstdSharp.CompressionStream(packed, 1, leaveOpen: true),
            _ => packed,
        })
        {
            stream.Write(archive);
        }

        return new MemoryImage("some.vma", packed.ToArray());
    }
}
