using BackupCopy.Images;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Images.Vmdk;

/// <summary>What qemu-img writes as VMDK reads as the raw disk it was made from.</summary>
public sealed class VmdkCorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, long> Variants => new()
    {
        { "subformat=monolithicSparse", 10 << 20 },
        { "subformat=monolithicSparse,adapter_type=lsilogic,hwversion=6", 40 << 20 },
        { "subformat=monolithicSparse,compat6=on", (8 << 20) + 512 },
        { "subformat=monolithicSparse,zeroed_grain=on", 10 << 20 },
        { "subformat=monolithicFlat", (9 << 20) + 512 },
        { "subformat=monolithicFlat,adapter_type=buslogic", 10 << 20 },
        { "subformat=twoGbMaxExtentSparse", 10 << 20 },
        { "subformat=twoGbMaxExtentSparse,zeroed_grain=on", (7 << 20) + 1024 },
        { "subformat=twoGbMaxExtentFlat", 10 << 20 },
        { "subformat=streamOptimized", 10 << 20 },
        { "subformat=streamOptimized", (8 << 20) + 512 },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void Converted_images_read_as_the_raw_disk(string options, long sizeBytes)
    {
        QemuImg.SkipUnlessThere();
        var raw = SampleDisk.WriteRaw(_folder["disk.raw"], sizeBytes);
        QemuImg.Run("convert", "-f", "raw", "-O", "vmdk", "-o", options, raw, _folder["disk.vmdk"]);
        DiskAssert.SameAsRaw(_folder["disk.vmdk"], raw);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Images_that_were_written_to_read_as_qemu_img_reads_them(string options, long sizeBytes)
    {
        QemuImg.SkipUnlessThere();
        QemuImg.Run("create", "-q", "-f", "vmdk", "-o", options, _folder["disk.vmdk"], $"{sizeBytes}");
        string[] commands = options.Contains("streamOptimized", StringComparison.Ordinal)
            ? ["write -P 1 0 64k", "write -P 2 1M 64k", "write -P 3 7M 64k"]
            :
            [
                "write -P 1 0 512", "write -P 2 65000 1024", "write -P 3 2M 200k", "write -z 2112k 64k",
                "write -z 3M 1M", "write -P 4 5000001 3", $"write -P 6 {sizeBytes / 512 * 512 - 512} 512",
            ];
        QemuImg.Io("vmdk", _folder["disk.vmdk"], commands);
        AssertSame("disk.vmdk");
    }

    [Theory]
    [InlineData("twoGbMaxExtentSparse")]
    [InlineData("twoGbMaxExtentFlat")]
    public void Disks_of_several_extents_read_across_their_borders(string type)
    {
        QemuImg.SkipUnlessThere();
        QemuImg.Run(
            "create", "-q", "-f", "vmdk", "-o", $"subformat={type}", _folder["disk.vmdk"], "5G");
        QemuImg.Io(
            "vmdk", _folder["disk.vmdk"], "write -P 1 2146435000 1M", "write -P 2 4292869000 3M",
            "write -P 3 5368708000 512");
        AssertSame("disk.vmdk");
    }

    [Theory]
    [InlineData("monolithicSparse", "on")]
    [InlineData("monolithicSparse", "off")]
    [InlineData("twoGbMaxExtentSparse", "on")]
    public void Chains_read_through_each_other(string type, string zeroedGrain)
    {
        QemuImg.SkipUnlessThere();
        var raw = SampleDisk.WriteRaw(_folder["disk.raw"], 12 << 20);
        QemuImg.Run("convert", "-f", "raw", "-O", "vmdk", raw, _folder["0.vmdk"]);
        for (var i = 1; i <= 3; i++)
        {
            QemuImg.Run(
                "create", "-q", "-f", "vmdk", "-o", $"subformat={type},zeroed_grain={zeroedGrain}",
                "-F", "vmdk", "-b", _folder[$"{i - 1}.vmdk"], _folder[$"{i}.vmdk"]);
            QemuImg.Io(
                "vmdk", _folder[$"{i}.vmdk"], $"write -P {i} {i * 1000000} 5000", $"write -z {i}M 128k",
                $"write -P {i + 10} {i * 65536 * 9 - 512} 1024");
        }

        AssertSame("3.vmdk");
        AssertSame("2.vmdk");
    }

    [Fact]
    public void Random_writes_in_random_chains_read_as_qemu_img_reads_them()
    {
        QemuImg.SkipUnlessThere();
        string[] types = ["monolithicSparse", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat"];
        foreach (var seed in TestBudget.Seeds(3))
        {
            var random = new Random(seed);
            var size = random.Next(1, 24_000) * 512L;
            var depth = random.Next(1, 5);
            for (var i = 0; i < depth; i++)
            {
                // Only sparse disks have a parent.
                var type = types[random.Next(types.Length / 2) * 2 + (i == 0 ? random.Next(2) : 0)];
                var zeroed = type.EndsWith("Sparse", StringComparison.Ordinal) && random.Next(2) == 0
                    ? ",zeroed_grain=on" : "";
                string[] below = i == 0 ? [] : ["-F", "vmdk", "-b", $"{i - 1}.vmdk"];
                QemuImg.Run(
                    ["create", "-q", "-f", "vmdk", "-o", $"subformat={type}{zeroed}", .. below,
                        _folder[$"{i}.vmdk"], $"{size}"]);
                QemuImg.Io("vmdk", _folder[$"{i}.vmdk"], SampleDisk.RandomWrites(random, size, 8));
            }

            AssertSame($"{depth - 1}.vmdk");
        }
    }

    [Theory]
    [InlineData(1, 512, false, false)]
    [InlineData(8, 64, false, false)]
    [InlineData(16, 3, false, true)]
    [InlineData(128, 512, true, true)]
    [InlineData(16, 4, true, false)]
    public void Grains_that_qemu_img_does_not_write_read_as_it_reads_them(
        int grainSectors, int tableEntries, bool isCompressed, bool hasFooter)
    {
        QemuImg.SkipUnlessThere();
        var builder = VmdkDiskTests.Sparse(grainSectors, tableEntries, isCompressed, hasFooter);
        File.WriteAllBytes(_folder["disk.vmdk"], builder.BuildSparse());
        AssertSame("disk.vmdk");
    }

    [Theory]
    [InlineData(1, 9000)]
    [InlineData(8, 8192)]
    [InlineData(128, 5000)]
    public void Snapshots_of_ESX_read_as_qemu_img_reads_them(int grainSectors, int sectors)
    {
        QemuImg.SkipUnlessThere();
        SampleDisk.WriteRaw(_folder["base-flat.vmdk"], sectors * 512L);
        File.WriteAllText(
            _folder["base.vmdk"], VmdkBuilder.Text("vmfs", $"RW {sectors} VMFS \"base-flat.vmdk\""));
        var delta = new VmdkBuilder { CapacitySectors = sectors, GrainSectors = grainSectors };
        foreach (var grain in (long[])[0, 3, 4, 5, sectors / grainSectors - 1])
        {
            delta.Fill(grain, (byte)(grain + 1));
        }

        File.WriteAllBytes(_folder["top-delta.vmdk"], delta.BuildCowd());
        File.WriteAllText(
            _folder["top.vmdk"], VmdkBuilder.Text(
                "vmfsSparse", $"RW {sectors} VMFSSPARSE \"top-delta.vmdk\"", "2", "12345678", "base.vmdk"));
        AssertSame("top.vmdk");
    }

    [Fact]
    public void A_parent_that_was_written_to_since_is_an_error()
    {
        QemuImg.SkipUnlessThere();
        QemuImg.Run("create", "-q", "-f", "vmdk", _folder["base.vmdk"], "4M");
        QemuImg.Run(
            "create", "-q", "-f", "vmdk", "-F", "vmdk", "-b", "base.vmdk", _folder["child.vmdk"]);
        Assert.Null(ErrorOf("child.vmdk"));
        QemuImg.Io("vmdk", _folder["base.vmdk"], "write -P 1 0 512");
        Assert.Equal(ErrorCode.ImageDamaged, ErrorOf("child.vmdk"));
    }

    [Fact]
    public void Missing_files_are_named_and_files_outside_refused()
    {
        QemuImg.SkipUnlessThere();
        QemuImg.Run(
            "create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat", _folder["disk.vmdk"], "4M");
        File.Move(_folder["disk-flat.vmdk"], _folder["moved.vmdk"]);
        Assert.Equal(ErrorCode.ImageNotFound, ErrorOf("disk.vmdk", "disk-flat.vmdk"));

        Directory.CreateDirectory(_folder["repository"]);
        foreach (var name in (string[])["../moved.vmdk", _folder["moved.vmdk"]])
        {
            File.WriteAllText(
                _folder["repository/disk.vmdk"],
                VmdkBuilder.Text("monolithicFlat", $"RW 8192 FLAT \"{name}\" 0"));
            Assert.Equal(ErrorCode.ImageOutside, ErrorOf("repository/disk.vmdk", "moved.vmdk"));
        }
    }

    [Fact]
    public void Holes_of_flat_extents_are_passed_by()
    {
        const long at = 512 << 20;
        File.WriteAllText(
            _folder["disk.vmdk"], VmdkBuilder.Text("vmfs", "RW 2097152 VMFS \"disk-flat.vmdk\""));
        using (var file = File.Create(_folder["disk-flat.vmdk"]))
        {
            file.SetLength(2 * at);
            file.Position = at;
            file.Write(SampleDisk.Bytes(new Random(1), 1 << 16));
        }

        using var flat = DiskFile.Open(_folder["disk-flat.vmdk"]);
        Assert.True(flat.TryNextData(0, out var holeEnd, out _));
        Assert.SkipWhen(holeEnd == 0, "This file system does not tell holes.");
        using var session = new ImageSession(new FolderNeighbours(_folder.Path));
        var disk = ImageFormats.Open(
            session.Own(DiskFile.Open(_folder["disk.vmdk"])), session, isRaw: false).Disks[0].Disk;
        Assert.True(disk.TryNextData(0, out var start, out var end));
        Assert.Equal((at, 1L << 16), (start, end - start));
        Assert.False(disk.TryNextData(end, out _, out _));
    }

    public void Dispose() => _folder.Dispose();

    private void AssertSame(string name)
    {
        QemuImg.Run("convert", "-f", "vmdk", "-O", "raw", _folder[name], _folder["seen.raw"]);
        DiskAssert.SameAsRaw(_folder[name], _folder["seen.raw"]);
    }

    private ErrorCode? ErrorOf(string name, string? named = null)
    {
        var folder = Path.GetDirectoryName(_folder[name])!;
        using var session = new ImageSession(new FolderNeighbours(folder));
        try
        {
            ImageFormats.Open(session.Own(DiskFile.Open(_folder[name])), session, isRaw: false);
            return null;
        }
        catch (BackupCopyException error)
        {
            Assert.Contains(named ?? "", error.Message, StringComparison.Ordinal);
            return error.Code;
        }
    }
}
