using BackupCopy.Images;
using BackupCopy.Images.Qcow2;

namespace BackupCopy.Tests.Images.Qcow2;

/// <summary>What reading costs, and what qemu-img cannot be asked for.</summary>
public sealed class Qcow2DiskTests
{
    [Theory]
    [InlineData(16, 64L << 40)]
    [InlineData(21, 1L << 60)]
    public void A_huge_sparse_disk_is_walked_without_reading_its_tables(int clusterBits, long size)
    {
        var builder = new Qcow2Builder(clusterBits, size);
        long[] clusters = [5, (size >> clusterBits) / 2, (size >> clusterBits) - 1];
        foreach (var cluster in clusters)
        {
            builder.Data(cluster, Qcow2Builder.Plain(1 << clusterBits, (int)(cluster % 7)));
        }

        var image = new MemoryImage("a", builder.Build());
        using var session = new ImageSession(null);
        using var disk = Open(image, session);
        Assert.Equal(size, disk.SizeBytes);
        var found = new List<long>();
        for (long at = 0; disk.TryNextData(at, out var start, out at);)
        {
            found.Add(start >> clusterBits);
            Assert.Equal(1L << clusterBits, at - start);
        }

        Assert.Equal(clusters, found);
        // The L1 table, and the L2 tables of three clusters, each once.
        Assert.InRange(image.ReadBytes, 1, builder.L1Entries * 8 + (3L << clusterBits) + (1 << 20));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_compressed_cluster_that_is_read_in_pieces_is_expanded_once(byte compression)
    {
        var image = Compressed(compression, clusters: 64, out var plain);
        using var session = new ImageSession(null);
        using var disk = Open(image, session);
        var bytes = new byte[plain.Length];
        for (var at = 0; at < plain.Length; at += 4096)
        {
            disk.Read(at, bytes.AsSpan(at, 4096));
        }

        Assert.Equal(plain, bytes);
        Assert.Equal(64, session.Shared<ExpandedClusters>().ExpandedCount);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Threads_read_pieces_of_compressed_clusters_at_once(byte compression)
    {
        var bytes = Compressed(compression, clusters: 64, out var plain);
        using var session = new ImageSession(null);
        using var disk = Open(new SharedImage(bytes.Bytes), session);
        Parallel.For(0, 8, thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 100; i++)
            {
                var at = random.Next(plain.Length);
                var piece = new byte[random.Next(1, Math.Min(200_000, plain.Length - at + 1))];
                disk.Read(at, piece);
                Assert.True(plain.AsSpan(at, piece.Length).SequenceEqual(piece));
            }
        });
    }

    [Fact]
    public void Neighbours_in_the_file_are_read_at_once()
    {
        var builder = new Qcow2Builder(16, 16 << 20).Entry(0, 0);
        for (var i = 0; i < 64; i++)
        {
            builder.Data(i, Qcow2Builder.Plain(65_536, i));
        }

        var image = new MemoryImage("a", builder.Build());
        using var session = new ImageSession(null);
        using var disk = Open(image, session);
        Assert.True(disk.TryNextData(0, out var start, out var end));
        Assert.Equal((0, 64 * 65_536), (start, end));
        var before = image.ReadCount;
        disk.Read(1000, new byte[(4 << 20) - 1000]);
        Assert.Equal(1, image.ReadCount - before);
    }

    [Fact]
    public void Reserved_clusters_in_a_hole_of_the_file_are_no_data()
    {
        var builder = new Qcow2Builder(16, 16 << 20).Entry(0, 0);
        var bytes = builder.Build();
        var end = (ulong)bytes.Length;
        for (var i = 0U; i < 100; i++)
        {
            builder.Entry(i, Qcow2Builder.Copied | (end + i * 65_536));
        }

        bytes = builder.Build();
        var image = new MemoryImage("a", bytes, bytes.Length + 100 * 65_536L);
        using var session = new ImageSession(null);
        using var disk = Open(image, session);
        Assert.False(disk.TryNextData(0, out _, out _));
        var piece = Qcow2Builder.Plain(70_000, 1);
        disk.Read(65_000, piece);
        Assert.True(piece.AsSpan().IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void A_part_of_a_sector_at_the_end_is_not_part_of_the_disk()
    {
        using var session = new ImageSession(null);
        using var disk = Open(new MemoryImage("a", new Qcow2Builder(9, 1000).Build()), session);
        Assert.Equal(512, disk.SizeBytes);
    }

    [Theory]
    [InlineData("base")]
    [InlineData("file:base")]
    [InlineData("./base")]
    [InlineData("/folder:1/base")]
    public void A_base_is_found_by_its_path(string reference)
    {
        var below = new MemoryImage("base", new Qcow2Builder(9, 4096).Data(1, Plain(512)).Build());
        var image = new MemoryImage("a", new Qcow2Builder(9, 65_536) { Backing = reference }.Build());
        using var session = new ImageSession(new MemoryNeighbours(image, below));
        using var disk = Open(image, session);
        Assert.True(disk.TryNextData(0, out var start, out var end));
        Assert.Equal((512, 1024), (start, end));
        Assert.False(disk.TryNextData(end, out _, out _));
        var bytes = new byte[65_536];
        disk.Read(0, bytes);
        Assert.Equal(Plain(512), bytes[512..1024]);
    }

    [Fact]
    public void A_dirty_image_and_unknown_extensions_are_read()
    {
        var builder = new Qcow2Builder(9, 4096, features: 1).With(0x12345678, "of another program")
            .Data(2, Plain(512));
        using var session = new ImageSession(null);
        using var disk = Open(new MemoryImage("a", builder.Build()), session);
        var bytes = new byte[512];
        disk.Read(1024, bytes);
        Assert.Equal(Plain(512), bytes);
    }

    [Fact]
    public void A_chain_of_fragments_is_walked_with_few_reads()
    {
        // Every other cluster in each image, zeros between: the base is asked for each, and walked once.
        const int clusters = 2048;
        var images = new List<MemoryImage>();
        for (var depth = 0; depth < 8; depth++)
        {
            var builder = new Qcow2Builder(9, clusters * 512)
            {
                Backing = depth == 0 ? null : $"{depth - 1}",
            };
            for (var i = 0; i < clusters; i++)
            {
                if (depth == 0)
                {
                    builder.Data(i, Qcow2Builder.Plain(512, i));
                }
                else if (i % 2 == 0)
                {
                    builder.Entry(i, Qcow2Builder.ReadsAsZeros);
                }
            }

            images.Add(new MemoryImage($"{depth}", builder.Build()));
        }

        using var session = new ImageSession(new MemoryNeighbours(images));
        using var disk = Open(images[^1], session);
        var ranges = 0;
        for (long at = 0; disk.TryNextData(at, out var start, out at); ranges++)
        {
            Assert.Equal(512, at - start);
            Assert.Equal(1, start / 512 % 2);
        }

        Assert.Equal(clusters / 2, ranges);
        Assert.InRange(images.Sum(i => i.ReadBytes), 1, images.Sum(i => 2 * i.LengthBytes));
    }

    private static VirtualDisk Open(ImageFile image, ImageSession session) =>
        Assert.Single(ImageFormats.Open(session.Own(image), session, isRaw: false).Disks).Disk;

    private static byte[] Plain(int length) => Qcow2Builder.Plain(length, 5);

    private static MemoryImage Compressed(byte compression, int clusters, out byte[] plain)
    {
        var builder = new Qcow2Builder(
            16, clusters * 65_536L, features: compression * 8UL, compression: compression);
        plain = new byte[clusters * 65_536];
        for (var i = 0; i < clusters; i++)
        {
            var bytes = Qcow2Builder.Plain(65_536, i);
            bytes.CopyTo(plain, i * 65_536);
            _ = compression == 0 ? builder.Deflated(i, bytes) : builder.Zstd(i, bytes);
        }

        return new MemoryImage("a", builder.Build());
    }

    /// <summary>An image in memory for many threads.</summary>
    private sealed class SharedImage(byte[] bytes) : ImageFile("a")
    {
        public override long LengthBytes => bytes.Length;

        protected override void ReadInside(long offset, Span<byte> to) =>
            bytes.AsSpan((int)offset, to.Length).CopyTo(to);
    }
}
