using System.Text;
using BackupCopy.Images;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Images.Vhd;

/// <summary>What qemu-img writes as VHD reads as qemu-img reads it.</summary>
public sealed class VhdCorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, long> Variants => new()
    {
        { "subformat=dynamic", 10 << 20 },
        { "subformat=dynamic,force_size=on", 10 << 20 },
        { "subformat=dynamic,force_size=on", (33 << 20) + 512 },
        { "subformat=dynamic", 100_000_256 },
        { "subformat=fixed", 10 << 20 },
        { "subformat=fixed,force_size=on", 10 << 20 },
        { "subformat=fixed,force_size=on", (8 << 20) + 512 },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void Converted_images_read_as_qemu_img_reads_them(string options, long sizeBytes)
    {
        QemuImg.SkipUnlessThere();
        var raw = SampleDisk.WriteRaw(_folder["disk.raw"], sizeBytes);
        QemuImg.Run("convert", "-f", "raw", "-O", "vpc", "-o", options, raw, _folder["disk.vhd"]);
        AssertSame();
        if (options.Contains("force_size", StringComparison.Ordinal))
        {
            DiskAssert.SameAsRaw(_folder["disk.vhd"], raw);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Images_that_were_written_to_read_as_qemu_img_reads_them(string options, long sizeBytes)
    {
        QemuImg.SkipUnlessThere();
        QemuImg.Run("create", "-q", "-f", "vpc", "-o", options, _folder["disk.vhd"], $"{sizeBytes}");
        QemuImg.Io(
            "vpc", _folder["disk.vhd"], "write -P 1 0 512", "write -P 2 2096128 1024",
            "write -P 3 6291456 5k", "write -z 512 512", "write -P 4 5000001 3", "write -P 5 8000000 70000",
            $"write -P 6 {sizeBytes / 512 * 512 - 512} 512");
        AssertSame();
    }

    [Fact]
    public void Random_writes_read_as_qemu_img_reads_them()
    {
        QemuImg.SkipUnlessThere();
        foreach (var seed in TestBudget.Seeds(4))
        {
            var random = new Random(seed);
            var size = random.Next(1, 24_000) * 512L;
            var type = seed % 4 == 0 ? "fixed" : "dynamic";
            var isExact = random.Next(2) == 0 ? "on" : "off";
            QemuImg.Run(
                "create", "-q", "-f", "vpc", "-o", $"subformat={type},force_size={isExact}",
                _folder["disk.vhd"], $"{size}");
            QemuImg.Io("vpc", _folder["disk.vhd"], SampleDisk.RandomWrites(random, size, 12));
            AssertSame();
        }
    }

    [Theory]
    [InlineData("vpc ")]
    [InlineData("vs  ")]
    [InlineData("qemu")]
    [InlineData("qem2")]
    [InlineData("win ")]
    [InlineData("d2v ")]
    [InlineData("tap\0")]
    [InlineData("CTXS")]
    public void The_writer_tells_which_field_holds_the_size(string creator)
    {
        QemuImg.SkipUnlessThere();
        foreach (var geometry in (ReadOnlySpan<(ushort, byte, byte)>)
            [(300, 4, 17), (301, 4, 17), (65535, 16, 255)])
        {
            var builder = new VhdBuilder { SizeBytes = 10 << 20, Creator = creator, Geometry = geometry };
            builder.Fill(3, 5, 0x11);
            builder.Fill(20_400 - 1, 80, 0x22);
            File.WriteAllBytes(_folder["disk.vhd"], builder.BuildDynamic());
            AssertSame();
        }
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(1 << 19)]
    [InlineData(1 << 22)]
    public void Every_block_size_reads_as_qemu_img_reads_it(int blockBytes)
    {
        QemuImg.SkipUnlessThere();
        var builder = new VhdBuilder { SizeBytes = (9 << 20) + 512, BlockBytes = blockBytes };
        builder.Fill(0, 9, 0x11);
        builder.Fill(1000, 40, 0x22);
        builder.Fill(8191, 2, 0x33);
        builder.Fill((9 << 20) / 512, 1, 0x44);
        File.WriteAllBytes(_folder["disk.vhd"], builder.BuildDynamic());
        AssertSame();
    }

    [Fact]
    public void A_chain_of_children_reads_through_files()
    {
        var parent = new VhdBuilder { SizeBytes = 1 << 20, Id = Guid.NewGuid() };
        parent.Fill(0, 2048, 0x11);
        Directory.CreateDirectory(_folder["base"]);
        File.WriteAllBytes(_folder["base/parent.vhd"], parent.BuildDynamic());
        var child = new VhdBuilder
        {
            SizeBytes = 1 << 20, Type = 4, ParentId = parent.Id,
            Locators = [("W2ru", Encoding.Unicode.GetBytes(@".\base\parent.vhd"))],
        };
        child.Fill(7, 1, 0x22);
        File.WriteAllBytes(_folder["child.vhd"], child.BuildDynamic());
        var expected = new byte[1 << 20];
        expected.AsSpan().Fill(0x11);
        expected.AsSpan(7 * 512, 512).Fill(0x22);
        File.WriteAllBytes(_folder["expected.raw"], expected);
        DiskAssert.SameAsRaw(_folder["child.vhd"], _folder["expected.raw"]);
    }

    [Fact]
    public void A_parent_outside_of_the_folder_is_refused()
    {
        var parent = new VhdBuilder { SizeBytes = 1 << 20, Id = Guid.NewGuid() };
        File.WriteAllBytes(_folder["parent.vhd"], parent.BuildDynamic());
        Directory.CreateDirectory(_folder["repository"]);
        foreach (var name in (string[])[@"..\parent.vhd", _folder["parent.vhd"]])
        {
            var child = new VhdBuilder
            {
                SizeBytes = 1 << 20, Type = 4, ParentId = parent.Id,
                Locators = [("W2ru", Encoding.Unicode.GetBytes(name))],
            };
            File.WriteAllBytes(_folder["repository/child.vhd"], child.BuildDynamic());
            using var session = new ImageSession(new FolderNeighbours(_folder["repository"]));
            var file = session.Own(DiskFile.Open(_folder["repository/child.vhd"]));
            var error = Assert.Throws<BackupCopyException>(
                () => ImageFormats.Open(file, session, isRaw: false));
            Assert.Equal(ErrorCode.ImageOutside, error.Code);
        }
    }

    public void Dispose() => _folder.Dispose();

    private void AssertSame()
    {
        QemuImg.Run("convert", "-f", "vpc", "-O", "raw", _folder["disk.vhd"], _folder["seen.raw"]);
        DiskAssert.SameAsRaw(_folder["disk.vhd"], _folder["seen.raw"]);
    }
}
