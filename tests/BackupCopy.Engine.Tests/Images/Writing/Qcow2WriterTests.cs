using BackupCopy.Images;
using BackupCopy.Images.Writing;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Images.Writing;

public sealed class Qcow2WriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData((8 << 20) + 512 * 5, 256 << 10, 1)]
    [InlineData(40 << 20, 1 << 20, 2)]
    [InlineData((40 << 20) - 1234, 4 << 20, 3)]
    [InlineData(512, 256 << 10, 4)]
    [InlineData(0, 256 << 10, 5)]
    public void Qemu_and_the_reader_find_what_was_written_in_any_order(int size, int piece, int seed)
    {
        var plain = Plain(size, seed);
        var raw = _folder["in.raw"];
        File.WriteAllBytes(raw, plain);
        using (var file = new FileStream(raw, FileMode.Open))
        {
            file.SetLength((size + 511) / 512 * 512);
        }

        var image = _folder["a.qcow2"];
        using (var sink = new FileSink(image))
        {
            var writer = new Qcow2Writer(sink, size);
            Assert.Equal("qcow2", writer.Extension);
            var offsets = Enumerable.Range(0, (size + piece - 1) / piece).ToArray();
            new Random(seed).Shuffle(offsets);
            foreach (var i in offsets)
            {
                writer.Write((long)i * piece, plain.AsSpan(i * piece, Math.Min(piece, size - i * piece)));
            }

            writer.Finish();
        }

        if (size > 0)
        {
            DiskAssert.SameAsRaw(image, raw);
        }

        if (QemuImg.IsThere)
        {
            QemuImg.Run("check", "-f", "qcow2", image);
            QemuImg.Run("compare", "-f", "raw", "-F", "qcow2", raw, image);
        }
    }

    [Theory]
    [InlineData(64L << 40, 65536)]
    [InlineData((64L << 40) + 512, 131072)]
    [InlineData(2L << 50, 262144)]
    public void Far_apart_pieces_of_a_huge_disk_take_little_space(long size, int clusterBytes)
    {
        var image = _folder["a.qcow2"];
        var piece = new byte[256 << 10];
        piece.AsSpan().Fill(7);
        long[] offsets = [size / 2 / piece.Length * piece.Length, 0, 3L << 40];
        using (var sink = new FileSink(image))
        {
            var writer = new Qcow2Writer(sink, size);
            Array.ForEach(offsets, o => writer.Write(o, piece));
            writer.Write(size / piece.Length * piece.Length - piece.Length, piece);
            writer.Finish();
            Assert.InRange(sink.WrittenBytes, 1, 12 << 20);
        }

        using var session = new ImageSession(null);
        var file = session.Own(DiskFile.Open(image));
        using var disk = ImageFormats.OpenDisk(file, session, new ImageLineage(file), isRaw: false);
        Assert.Equal(size, disk.SizeBytes);
        var ranges = 0;
        for (long at = 0; disk.TryNextData(at, out var start, out at); ranges++)
        {
            var bytes = new byte[piece.Length];
            disk.Read(start, bytes);
            Assert.Equal(piece.Length, at - start);
            Assert.Equal(piece, bytes);
        }

        Assert.Equal(4, ranges);
        if (QemuImg.IsThere)
        {
            QemuImg.Run("check", "-f", "qcow2", image);
            Assert.Contains(
                $"cluster_size: {clusterBytes}", QemuImg.Run("info", image), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Zeros_inside_of_pieces_take_no_space()
    {
        var piece = new byte[4 << 20];
        piece[1 << 20] = 1;
        using var sink = new FileSink(_folder["a.qcow2"]);
        var writer = new Qcow2Writer(sink, 64 << 20);
        writer.Write(4 << 20, piece);
        writer.Finish();
        // Header, L1, L2, one cluster, refcount block and table.
        Assert.Equal(6 * 65536, new FileInfo(_folder["a.qcow2"]).Length);
    }

    [Fact]
    public void What_was_not_finished_is_no_image()
    {
        var image = _folder["a.qcow2"];
        using (var sink = new FileSink(image))
        {
            new Qcow2Writer(sink, 1 << 20).Write(0, Plain(1 << 20, 1));
        }

        using var session = new ImageSession(null);
        var error = Assert.Throws<BackupCopyException>(
            () => ImageFormats.Open(session.Own(DiskFile.Open(image)), session, isRaw: false));
        Assert.Equal(ErrorCode.ImageUnknown, error.Code);
    }

    [Fact]
    public void Pieces_that_share_a_cluster_are_a_fault_of_the_caller()
    {
        using var sink = new FileSink(_folder["a.qcow2"]);
        var writer = new Qcow2Writer(sink, 1 << 20);
        Assert.Throws<ArgumentException>(() => writer.Write(512, new byte[65536]));
        Assert.Throws<ArgumentException>(() => writer.Write(0, new byte[512]));
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Plain(int size, int seed)
    {
        var random = new Random(seed);
        var plain = new byte[size];
        for (var at = 0; at < size;)
        {
            var part = plain.AsSpan(at, Math.Min(random.Next(1, 300_000), size - at));
            if (random.Next(2) == 0)
            {
                random.NextBytes(part);
            }

            at += part.Length;
        }

        return plain;
    }

    private sealed class FileSink(string path) : IImageSink, IDisposable
    {
        private readonly FileStream _file = File.Create(path);

        public long WrittenBytes { get; private set; }

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            RandomAccess.Write(_file.SafeFileHandle, bytes, offset);
            WrittenBytes += bytes.Length;
        }

        public void SetLength(long lengthBytes) => _file.SetLength(lengthBytes);

        public void Dispose() => _file.Dispose();
    }
}
