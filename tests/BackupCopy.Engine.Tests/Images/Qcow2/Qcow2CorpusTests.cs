using BackupCopy.Images;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Images.Qcow2;

/// <summary>What is read of every variant that qemu-img makes equals what qemu-img reads of it.</summary>
public sealed class Qcow2CorpusTests : IDisposable
{
    private const int RawBytes = (12 << 20) + 512 * 3;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Options =>
    [
        .. from version in (string[])["compat=0.10", "compat=1.1", "compat=1.1,lazy_refcounts=on"]
        from cluster in (string[])["512", "1k", "4k", "64k", "256k", "2M"]
        select $"{version},cluster_size={cluster}",
        .. from size in (string[])["16k", "64k", "2M"]
        select $"extended_l2=on,cluster_size={size}",
        .. from bits in (int[])[1, 2, 8, 16, 64]
        select $"refcount_bits={bits}",
        .. from mode in (string[])["off", "metadata", "falloc", "full"]
        from others in (string[])["cluster_size=64k", "cluster_size=4k", "extended_l2=on,cluster_size=64k"]
        select $"preallocation={mode},{others}",
    ];

    public static TheoryData<string> Compressed =>
    [
        .. from type in (string[])["zlib", "zstd"]
        from cluster in (string[])["512", "4k", "64k", "2M", "64k,extended_l2=on"]
        select $"compression_type={type},cluster_size={cluster}",
        "compat=0.10,cluster_size=64k",
    ];

    [Theory]
    [MemberData(nameof(Options))]
    public void A_converted_disk_reads_as_what_it_was_made_from(string options)
    {
        QemuImg.SkipUnlessThere();
        var raw = WriteRaw();
        QemuImg.Run("convert", "-O", "qcow2", "-o", options, raw, _folder["a.qcow2"]);
        DiskAssert.SameAsRaw(_folder["a.qcow2"], raw);
    }

    [Theory]
    [MemberData(nameof(Compressed))]
    public void Compressed_clusters_read_as_what_they_were(string options)
    {
        QemuImg.SkipUnlessThere();
        var raw = WriteRaw();
        QemuImg.Run("convert", "-c", "-O", "qcow2", "-o", options, raw, _folder["a.qcow2"]);
        DiskAssert.SameAsRaw(_folder["a.qcow2"], raw);
        // Plain clusters among the compressed ones.
        Scribble("a.qcow2", 3, 40);
        SameAsConverted("a.qcow2");
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Written_zeroed_and_discarded_ranges_read_as_qemu_reads_them(string options)
    {
        QemuImg.SkipUnlessThere();
        QemuImg.Run("create", "-f", "qcow2", "-o", options, _folder["a.qcow2"], $"{RawBytes}");
        for (var seed = 1; seed <= 2; seed++)
        {
            Scribble("a.qcow2", seed, 40);
            SameAsConverted("a.qcow2");
        }
    }

    [Theory]
    [InlineData("cluster_size=64k", 1)]
    [InlineData("cluster_size=512", 2)]
    [InlineData("compat=0.10,cluster_size=4k", 2)]
    [InlineData("extended_l2=on,cluster_size=64k", 5)]
    [InlineData("cluster_size=64k", 40)]
    [InlineData("cluster_size=2M", 5)]
    public void A_chain_reads_through_its_bases(string options, int depth)
    {
        QemuImg.SkipUnlessThere();
        QemuImg.Run("convert", "-O", "qcow2", WriteRaw(), _folder["0.qcow2"]);
        for (var i = 1; i <= depth; i++)
        {
            // Smaller and larger than what is below, so that its end shows.
            long size = RawBytes + (i % 3 - 1) * (3 << 20);
            QemuImg.Run(
                "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", $"{i - 1}.qcow2", "-o", options,
                _folder[$"{i}.qcow2"], $"{size / 512 * 512}");
            Scribble($"{i}.qcow2", i, 12);
        }

        SameAsConverted($"{depth}.qcow2");
    }

    [Theory]
    [InlineData("")]
    [InlineData("file:")]
    public void A_raw_base_is_read_as_its_bytes(string prefix)
    {
        QemuImg.SkipUnlessThere();
        var raw = WriteRaw();
        QemuImg.Run(
            "create", "-q", "-f", "qcow2", "-F", "raw", "-b", prefix + raw, _folder["a.qcow2"], "16M");
        Scribble("a.qcow2", 5, 20);
        SameAsConverted("a.qcow2");
    }

    [Fact]
    public void A_raw_base_that_looks_like_an_image_stays_raw()
    {
        QemuImg.SkipUnlessThere();
        QemuImg.Run("create", "-q", "-f", "qcow2", _folder["base.img"], "8M");
        QemuImg.Run("create", "-q", "-f", "qcow2", "-F", "raw", "-b", "base.img", _folder["a.qcow2"]);
        SameAsConverted("a.qcow2");
    }

    [Theory]
    [InlineData("data_file_raw=on", "64k")]
    [InlineData("data_file_raw=off", "64k")]
    [InlineData("data_file_raw=off", "512")]
    [InlineData("data_file_raw=off,extended_l2=on", "64k")]
    public void The_external_data_file_is_read(string options, string cluster)
    {
        QemuImg.SkipUnlessThere();
        QemuImg.Run(
            "create", "-q", "-f", "qcow2", "-o",
            $"data_file={_folder["a.data"]},{options},cluster_size={cluster}", _folder["a.qcow2"],
            $"{RawBytes}");
        Scribble("a.qcow2", 6, 60);
        SameAsConverted("a.qcow2");
    }

    [Fact]
    public void Snapshots_bitmaps_and_new_sizes_change_nothing_of_the_active_state()
    {
        QemuImg.SkipUnlessThere();
        var image = _folder["a.qcow2"];
        QemuImg.Run("convert", "-O", "qcow2", "-o", "cluster_size=4k", WriteRaw(), image);
        QemuImg.Run("snapshot", "-c", "one", image);
        Scribble("a.qcow2", 7, 30);
        QemuImg.Run("bitmap", "--add", image, "b0");
        QemuImg.Run("snapshot", "-c", "two", image);
        Scribble("a.qcow2", 8, 30);
        SameAsConverted("a.qcow2");
        QemuImg.Run("bitmap", "--remove", image, "b0");
        QemuImg.Run("snapshot", "-a", "one", image);
        SameAsConverted("a.qcow2");
        QemuImg.Run("snapshot", "-d", "one", image);
        QemuImg.Run("snapshot", "-d", "two", image);
        QemuImg.Run("resize", image, "20M");
        Scribble("a.qcow2", 9, 20);
        SameAsConverted("a.qcow2");
        QemuImg.Run("resize", "--shrink", image, "5M");
        SameAsConverted("a.qcow2");
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Random bytes, text that compresses, zeros and holes, in pieces of no common size.</summary>
    private string WriteRaw()
    {
        var path = _folder["in.raw"];
        var random = new Random(3);
        using var file = File.Create(path);
        file.SetLength(RawBytes);
        // A boot record, so that it is known for a disk.
        file.Position = 510;
        file.Write([0x55, 0xaa]);
        while (file.Position < RawBytes)
        {
            var bytes = new byte[Math.Min(random.Next(1, 400_000), RawBytes - file.Position)];
            switch (random.Next(4))
            {
                case 0:
                    random.NextBytes(bytes);
                    break;
                case 1:
                    for (var i = 0; i < bytes.Length; i++)
                    {
                        bytes[i] = (byte)(i / 97 + i % 7);
                    }

                    break;
                case 2:
                    file.Position += bytes.Length;
                    continue;
            }

            file.Write(bytes);
        }

        return path;
    }

    private void Scribble(string image, int seed, int count)
    {
        var random = new Random(seed);
        var commands = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var length = 512 * random.Next(1, 400);
            var at = 512L * random.Next((8 << 20) / 512);
            commands.Add(random.Next(5) switch
            {
                0 => $"write -q -z {at} {length}",
                1 => $"write -q -z -u {at} {length}",
                2 => $"discard -q {at} {length}",
                _ => $"write -q -P {random.Next(1, 256)} {at + random.Next(512)} {length / 7}",
            });
        }

        QemuImg.Io("qcow2", _folder[image], commands);
    }

    private void SameAsConverted(string image)
    {
        QemuImg.Run("convert", "-f", "qcow2", "-O", "raw", _folder[image], _folder["out.raw"]);
        DiskAssert.SameAsRaw(_folder[image], _folder["out.raw"]);
    }
}
