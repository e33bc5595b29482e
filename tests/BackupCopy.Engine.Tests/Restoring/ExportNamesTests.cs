using BackupCopy.Format;
using BackupCopy.Images.Writing;
using BackupCopy.Restoring;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Restoring;

public sealed class ExportNamesTests : IDisposable
{
    private readonly ExportLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("web01", "web01.raw", "web01.qcow2", "web01.vhdx")]
    [InlineData("web01.img", "web01.img", "web01.qcow2", "web01.vhdx")]
    [InlineData("web01.raw", "web01.raw", "web01.qcow2", "web01.vhdx")]
    [InlineData("web01.vhdx", "web01.raw", "web01.qcow2", "web01.vhdx")]
    [InlineData("web01.QCOW2", "web01.raw", "web01.qcow2", "web01.vhdx")]
    [InlineData("web01.img.gz", "web01.img.raw", "web01.qcow2", "web01.vhdx")]
    [InlineData("web01.vmdk.zst", "web01.raw", "web01.qcow2", "web01.vhdx")]
    [InlineData("db.bak", "db.bak", "db.bak.qcow2", "db.bak.vhdx")]
    [InlineData("web01.2026-11-22", "web01.2026-11-22", "web01.2026-11-22.qcow2", "web01.2026-11-22.vhdx")]
    [InlineData("a:b/c?", "a_b_c_.raw", "a_b_c_.qcow2", "a_b_c_.vhdx")]
    [InlineData("con.vhdx", "_con.raw", "_con.qcow2", "_con.vhdx")]
    [InlineData("disk.tmp", "disk.tmp_", "disk.tmp.qcow2", "disk.tmp.vhdx")]
    public void Ending_of_a_disk_is_that_of_its_format(string disk, string raw, string qcow2, string vhdx)
    {
        Assert.Equal([raw], Of([disk], [], ExportFormat.Raw));
        Assert.Equal([qcow2], Of([disk], [], ExportFormat.Qcow2));
        Assert.Equal([vhdx], Of([disk], [], ExportFormat.Vhdx));
    }

    [Fact]
    public void Ending_outlasts_a_long_name()
    {
        var name = new string('x', 200);
        Assert.EndsWith("x.qcow2", Of([name], [], ExportFormat.Qcow2)[0], StringComparison.Ordinal);
        Assert.Equal(
            [new string('x', 80) + ".vhdx", "2-" + new string('x', 80) + ".vhdx"],
            Of([name + "1.img", name + "2.img"], [], ExportFormat.Vhdx));
    }

    [Fact]
    public void No_two_files_have_one_name() => Assert.Equal(
        ["a.raw", "2-a.raw", "3-A.raw", "4-a.raw", "5-a.raw", "b.conf", "2-B.conf"],
        Of(["a.raw", "2-a.raw", "A.raw", "a.vhdx"], ["a.raw", "b.conf", "B.conf"], ExportFormat.Raw));

    [Fact]
    public async Task Attachment_named_like_a_disk_stands_beside_it()
    {
        var image = _lab.NewImage("web01.img", 3 << 20, (0, 70_000));
        string[] attachments =
            [_lab.NewFile("att/web01.qcow2", 1000), _lab.NewFile("att/web01.img", 2000)];
        var point = await _lab.ImportAsync([image], attachments);
        var exported = await _lab.ExportAsync(point, ExportFormat.Qcow2);
        Assert.Equal(
            ["web01.qcow2", "2-web01.qcow2", "web01.img"], exported.Select(Path.GetFileName));
        _lab.AssertSame(image, exported[0], ExportFormat.Qcow2);
        Assert.Equal(File.ReadAllBytes(attachments[0]), File.ReadAllBytes(exported[1]));
        Assert.Equal(File.ReadAllBytes(attachments[1]), File.ReadAllBytes(exported[2]));
    }

    [Fact]
    public async Task File_in_the_making_takes_no_other_files_place()
    {
        string[] images =
        [
            _lab.NewImage("web01.img.tmp", 1 << 20, (0, 1000)),
            _lab.NewImage("web01.img", 2 << 20, (0, 2000)),
        ];
        string[] attachments = [_lab.NewFile("web01.conf.TMP", 300), _lab.NewFile("web01.conf", 400)];
        var exported = await _lab.ExportAsync(await _lab.ImportAsync(images, attachments));
        Assert.Equal(
            ["web01.img.tmp_", "web01.img", "web01.conf.TMP_", "web01.conf"],
            exported.Select(Path.GetFileName));
        Assert.Equal(
            images.Concat(attachments).Select(File.ReadAllBytes), exported.Select(File.ReadAllBytes));
    }

    [Fact]
    public async Task Chosen_disks_are_exported_with_the_attachments()
    {
        string[] images =
        [
            _lab.NewImage("system.img", 1 << 20, (0, 1000)), _lab.NewImage("data.vhdx", 1 << 20, (0, 2000)),
        ];
        var point = await _lab.ImportAsync(images, [_lab.NewFile("web01.conf", 300)]);
        var exported = await _lab.ExportAsync(point, disks: ["d*"]);
        Assert.Equal(["data.raw", "web01.conf"], exported.Select(Path.GetFileName));
        Assert.Equal(File.ReadAllBytes(images[1]), File.ReadAllBytes(exported[0]));
        var error = await Assert.ThrowsAsync<BackupCopyException>(
            () => _lab.ExportAsync(point, disks: ["swap"]));
        Assert.Equal(ErrorCode.DiskNotFound, error.Code);
    }

    private static IReadOnlyList<string> Of(string[] disks, string[] attachments, ExportFormat format) =>
        ExportNames.Of(
            [
                .. disks.Select(d => new DiskEntry
                {
                    Id = default,
                    Name = d,
                    SizeBytes = 1,
                    Root = default,
                    UsedBytes = 0,
                }),
            ],
            [.. attachments.Select(a => new AttachmentEntry(a, default))], format);
}
