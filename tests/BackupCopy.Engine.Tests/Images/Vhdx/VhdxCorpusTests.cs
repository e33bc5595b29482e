using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Images.Vhdx;

/// <summary>What qemu-img makes reads as what it was made from.</summary>
public sealed class VhdxCorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("subformat=dynamic,block_size=1M", 20 << 20)]
    [InlineData("subformat=dynamic,block_size=2M", (20 << 20) + 512)]
    [InlineData("subformat=dynamic,block_size=8M", (33 << 20) + 4096)]
    [InlineData("subformat=dynamic,block_size=32M,log_size=3M", 40 << 20)]
    [InlineData("subformat=dynamic,block_size=256M", 12 << 20)]
    [InlineData("subformat=dynamic,block_size=1M,block_state_zero=off", 20 << 20)]
    [InlineData("subformat=dynamic", 20 << 20)]
    [InlineData("subformat=fixed,block_size=1M", 20 << 20)]
    [InlineData("subformat=fixed,block_size=8M", (33 << 20) + 512 * 7)]
    [InlineData("subformat=fixed,block_size=32M", 20 << 20)]
    [InlineData("subformat=fixed,block_size=1M,block_state_zero=off", 9 << 20)]
    [InlineData("subformat=fixed", 512)]
    public void What_qemu_img_converts_reads_as_its_source(string options, int sizeBytes)
    {
        QemuImg.SkipUnlessThere();
        var raw = TestDisk.MakeRaw(_folder["disk.raw"], sizeBytes);
        QemuImg.Run("convert", "-f", "raw", "-O", "vhdx", "-o", options, raw, _folder["disk.vhdx"]);
        DiskAssert.SameAsRaw(_folder["disk.vhdx"], raw);
    }

    [Theory]
    [InlineData("subformat=dynamic,block_size=1M")]
    [InlineData("subformat=dynamic,block_size=4M")]
    [InlineData("subformat=fixed")]
    public void What_a_guest_writes_in_any_order_reads_as_qemu_img_reads_it(string options)
    {
        QemuImg.SkipUnlessThere();
        var image = _folder["disk.vhdx"];
        QemuImg.Run("create", "-f", "vhdx", "-o", options, image, "24M");
        QemuImg.Io(
            "vhdx", image, "write -P 1 20M 1M", "write -P 2 3M 2M", "write -P 3 1000k 100k",
            "write -P 4 24575k 1k", "write -P 5 0 512", "write -P 6 4095k 2k", "write -z 20500k 200k");
        QemuImg.Run("convert", "-f", "vhdx", "-O", "raw", image, _folder["disk.raw"]);
        DiskAssert.SameAsRaw(image, _folder["disk.raw"]);
    }

    [Fact]
    public void A_disk_without_anything_in_it_has_no_data()
    {
        QemuImg.SkipUnlessThere();
        foreach (var options in (string[])["subformat=dynamic", "subformat=fixed"])
        {
            QemuImg.Run("create", "-f", "vhdx", "-o", options, _folder["empty.vhdx"], "1G");
            using var disk = TestDisk.Open(_folder["empty.vhdx"]);
            Assert.Equal(1 << 30, disk.Disk.SizeBytes);
            Assert.False(disk.Disk.TryNextData(0, out _, out _));
        }
    }

    [Fact]
    public void A_built_disk_reads_as_qemu_img_reads_it()
    {
        QemuImg.SkipUnlessThere();
        VhdxSeeds.Dynamic().Save(_folder["built.vhdx"]);
        QemuImg.Run("convert", "-f", "vhdx", "-O", "raw", _folder["built.vhdx"], _folder["built.raw"]);
        DiskAssert.SameAsRaw(_folder["built.vhdx"], _folder["built.raw"]);
    }

    public void Dispose() => _folder.Dispose();
}
