using BackupCopy.Images.Writing;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Tests.Images;

namespace BackupCopy.Tests.Running.Imaging;

/// <summary>Copied from an image, exported from the copy, started: what a copy is for.</summary>
public sealed class BootTests(TinyMachine machine) : IClassFixture<TinyMachine>, IDisposable
{
    private readonly EngineLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("raw", ExportFormat.Qcow2)]
    [InlineData("qcow2", ExportFormat.Vhdx)]
    [InlineData("vhdx", ExportFormat.Raw)]
    public async Task Machine_starts_from_the_export_of_its_copy(string source, ExportFormat format)
    {
        var copy = await CopyAsync(source);
        var exported = await ExportAsync(copy, format);
        if (format == ExportFormat.Raw)
        {
            Assert.Equal(new FileInfo(machine.DiskOrSkip()).Length, new FileInfo(exported).Length);
        }

        QemuImg.Run("compare", "-f", "raw", "-F", NameOf(format), machine.DiskOrSkip(), exported);
        await TinyMachine.AssertBootsAsync(exported, NameOf(format));
    }

    [Fact]
    public async Task Machine_finds_that_its_data_was_changed_in_the_export()
    {
        var exported = await ExportAsync(await CopyAsync("raw"), ExportFormat.Raw);
        ChangeData(exported);
        var console = await TinyMachine.BootAsync(exported, "raw");
        Assert.Contains("BOOT-OK", console, StringComparison.Ordinal);
        Assert.Contains("DATA-BAD", console, StringComparison.Ordinal);
        Assert.DoesNotContain("DATA-OK", console, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_block_of_the_copy_is_not_exported()
    {
        var copy = await CopyAsync("raw");
        ChangeData(Directory.GetFiles(Path.GetDirectoryName(copy.Path)!, "*.bcblocks"));
        foreach (var format in Enum.GetValues<ExportFormat>())
        {
            var error = await Assert.ThrowsAsync<BackupCopyException>(() => ExportAsync(copy, format));
            Assert.Equal(ErrorCode.DamagedBlock, error.Code);
        }

        Assert.Empty(Directory.GetFiles(_lab.PathOf("restored"), "*", SearchOption.AllDirectories));
    }

    private async Task<RestorePointInfo> CopyAsync(string format)
    {
        var disk = machine.DiskOrSkip();
        var images = Directory.CreateDirectory(_lab.PathOf("Images")).FullName;
        QemuImg.Run(
            "convert", "-f", "raw", "-O", format, disk, Path.Combine(images, $"web01-2026-10-31.{format}"));
        _lab.Engine.Repositories.CreateImages(
            "Images", images, new ImageFolderSettings { SettleTime = TimeSpan.Zero });
        _lab.Engine.Jobs.Create(
            new JobSettings { Name = "Nightly", Sources = ["Images"], Target = "Offsite" });
        var session = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, ""), (session.Result, session.Reason));
        var copy = Assert.Single(_lab.Points("Offsite"));
        Assert.Equal("web01", copy.Machine);
        return copy;
    }

    private async Task<string> ExportAsync(RestorePointInfo copy, ExportFormat format) =>
        Assert.Single(await _lab.Engine.RestorePoints.ExportAsync(
            copy, _lab.PathOf("restored"), [], replace: false, null, default, format));

    // The data cannot be compressed, so it is found as it is, on disks and in block files.
    private void ChangeData(params IReadOnlyList<string> files)
    {
        var changed = 0;
        foreach (var path in files)
        {
            var place = File.ReadAllBytes(path).AsSpan()
                .IndexOf(machine.Data.AsSpan(machine.Data.Length / 2, 64));
            if (place >= 0)
            {
                using var file = File.OpenWrite(path);
                file.Position = place;
                file.WriteByte((byte)~machine.Data[machine.Data.Length / 2]);
                changed++;
            }
        }

        Assert.Equal(1, changed);
    }

    private static string NameOf(ExportFormat format) => format switch
    {
        ExportFormat.Qcow2 => "qcow2",
        ExportFormat.Vhdx => "vhdx",
        _ => "raw",
    };
}
