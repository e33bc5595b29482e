using BackupCopy.Images.Writing;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Images.Vhdx;

public sealed class VhdxWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(512, 1)]
    [InlineData(12345, 1)]
    [InlineData(20 << 20, 64)]
    [InlineData((33 << 20) + 512, 64)]
    [InlineData((33 << 20) + 512, 4096)]
    [InlineData((70 << 20) + 7, 1000)]
    public void What_is_written_in_any_order_is_read_by_qemu_img_and_by_us(int sizeBytes, int pieceKilobytes)
    {
        QemuImg.SkipUnlessThere();
        var raw = TestDisk.MakeRaw(_folder["disk.raw"], sizeBytes);
        Write(_folder["disk.vhdx"], File.ReadAllBytes(raw), pieceKilobytes << 10);
        using (var file = File.OpenWrite(raw))
        {
            file.SetLength((sizeBytes + 511L) / 512 * 512);
        }

        QemuImg.Run("check", "-f", "vhdx", _folder["disk.vhdx"]);
        QemuImg.Run("compare", "-f", "raw", "-F", "vhdx", raw, _folder["disk.vhdx"]);
        DiskAssert.SameAsRaw(_folder["disk.vhdx"], raw);
    }

    [Theory]
    [InlineData(100L << 30, 2)]
    [InlineData(3L << 40, 32)]
    [InlineData(64L << 40, 32)]
    public void A_large_disk_is_sparse_and_has_large_blocks(long sizeBytes, int blockMegabytes)
    {
        QemuImg.SkipUnlessThere();
        var path = _folder["large.vhdx"];
        long[] places = [0, 5L << 30, sizeBytes - 4096];
        using (var sink = new FileSink(path))
        {
            var writer = new VhdxWriter(sink, sizeBytes);
            foreach (var place in places)
            {
                writer.Write(place, Bytes(place));
            }

            writer.Finish();
        }

        QemuImg.Run("check", "-f", "vhdx", path);
        Assert.Contains(
            $"\"cluster-size\": {blockMegabytes << 20}", QemuImg.Run("info", "--output=json", path),
            StringComparison.Ordinal);
        using var open = TestDisk.Open(path);
        Assert.Equal(sizeBytes, open.Disk.SizeBytes);
        foreach (var place in places)
        {
            var bytes = new byte[4096];
            open.Disk.Read(place, bytes);
            Assert.Equal(Bytes(place), bytes);
        }
    }

    [Fact]
    public void Pieces_of_one_block_leave_the_rest_of_it_a_hole()
    {
        var sink = new CountingSink();
        var writer = new VhdxWriter(sink, 3L << 40);
        writer.Write(7L << 30, new byte[256 << 10]);
        writer.Finish();
        Assert.InRange(sink.WrittenBytes, 256 << 10, 3 << 20);
        Assert.True(sink.LengthBytes > 32 << 20);
    }

    [Fact]
    public void Pieces_across_new_blocks_are_one_write()
    {
        var sink = new CountingSink();
        var writer = new VhdxWriter(sink, 1 << 30);
        writer.Write(12 << 20, new byte[4 << 20]);
        Assert.Equal(1, sink.Writes);
    }

    [Fact]
    public void An_image_that_was_not_finished_is_not_taken_for_one()
    {
        var raw = TestDisk.MakeRaw(_folder["disk.raw"], 5 << 20);
        using (var sink = new FileSink(_folder["disk.vhdx"]))
        {
            new VhdxWriter(sink, 5 << 20).Write(0, File.ReadAllBytes(raw));
        }

        Assert.Equal(
            ErrorCode.ImageUnknown,
            Assert.Throws<BackupCopyException>(() => TestDisk.Open(_folder["disk.vhdx"])).Code);
    }

    [Fact]
    public void Each_image_has_an_identity_of_its_own()
    {
        Write(_folder["one.vhdx"], new byte[512], 512);
        Write(_folder["other.vhdx"], new byte[512], 512);
        Assert.NotEqual(File.ReadAllBytes(_folder["one.vhdx"]), File.ReadAllBytes(_folder["other.vhdx"]));
    }

    [Fact]
    public void A_disk_that_no_VHDX_can_be_is_refused() => Assert.Equal(
        ErrorCode.ImageUnsupported,
        Assert.Throws<BackupCopyException>(
            () => new VhdxWriter(new CountingSink(), (64L << 40) + 1)).Code);

    public void Dispose() => _folder.Dispose();

    private static byte[] Bytes(long seed)
    {
        var bytes = new byte[4096];
        new Random((int)(seed >> 12)).NextBytes(bytes);
        return bytes;
    }

    // Pieces that are all zeros are left out, the others come in no order.
    private static void Write(string path, byte[] bytes, int pieceBytes)
    {
        using var sink = new FileSink(path);
        var writer = new VhdxWriter(sink, bytes.Length);
        Assert.Equal("vhdx", writer.Extension);
        var pieces = Enumerable.Range(0, (bytes.Length + pieceBytes - 1) / pieceBytes).ToArray();
        new Random(3).Shuffle(pieces);
        foreach (var piece in pieces)
        {
            var part = bytes.AsSpan(piece * pieceBytes);
            part = part[..Math.Min(part.Length, pieceBytes)];
            if (part.ContainsAnyExcept((byte)0))
            {
                writer.Write((long)piece * pieceBytes, part);
            }
        }

        writer.Finish();
    }

    private sealed class FileSink(string path) : IImageSink, IDisposable
    {
        private readonly FileStream _file = File.Create(path);

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            _file.Position = offset;
            _file.Write(bytes);
        }

        public void SetLength(long lengthBytes) => _file.SetLength(lengthBytes);

        public void Dispose() => _file.Dispose();
    }

    private sealed class CountingSink : IImageSink
    {
        public long WrittenBytes { get; private set; }

        public long LengthBytes { get; private set; }

        public int Writes { get; private set; }

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            WrittenBytes += bytes.Length;
            Writes++;
        }

        public void SetLength(long lengthBytes) => LengthBytes = lengthBytes;
    }
}
