using System.Diagnostics;
using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Sources;
using BackupCopy.Tests.Images.Vma;
using BackupCopy.Tests.Restoring;

namespace BackupCopy.Tests.Sources;

/// <summary>Small files that travel with a restore point: taken, copied, given back.</summary>
public sealed class AttachmentTests : IDisposable
{
    private readonly ExportLab _lab = new();
    private readonly string _image;

    public AttachmentTests() => _image = _lab.NewImage("web01.img", 3 << 20, (0, 300_000));

    public void Dispose() => _lab.Dispose();

    public static TheoryData<int> BlockSizes => [256 << 10, 1 << 20];

    [Theory]
    [MemberData(nameof(BlockSizes))]
    public async Task They_come_back_from_the_copy_of_a_copy(int blockSizeBytes)
    {
        string[] files =
        [
            _lab.NewFile("web01.xml", 4321), _lab.NewFile("empty", 0),
            _lab.NewFile("Fähre 中 'x'.conf", FormatLimits.AttachmentBytes),
        ];
        await _lab.ImportAsync([_image], files);
        _lab.Engines.Engine.Repositories.Create(
            "Vault", _lab.Engines.PathOf("Vault"), blockSizeBytes, Compression.High);
        await CopyAsync("Nightly", "Primary", "Offsite");
        await CopyAsync("Weekly", "Offsite", "Vault");
        foreach (var repository in (string[])["Primary", "Offsite", "Vault"])
        {
            var point = Assert.Single(_lab.Engines.Points(repository));
            Assert.Equal(files.Select(Path.GetFileName), point.Attachments);
            var exported = await _lab.ExportAsync(
                point, destination: _lab.Engines.PathOf("from" + repository));
            Assert.Equal(
                (string[])[_image, .. files], exported.Select(e => _lab.Engines.PathOf(Path.GetFileName(e))));
            Assert.Equal(files.Select(File.ReadAllBytes), exported.Skip(1).Select(File.ReadAllBytes));
        }
    }

    [Fact]
    public async Task Each_point_has_those_of_its_own_time()
    {
        var file = _lab.NewFile("web01.xml", 100);
        await _lab.ImportAsync([_image], [file]);
        await CopyAsync("Nightly", "Primary", "Offsite");
        var before = File.ReadAllBytes(file);
        File.WriteAllText(file, "changed");
        _lab.Engines.Clock.Advance(TimeSpan.FromDays(1));
        await _lab.ImportAsync([_image], [file]);
        await _lab.Engines.SyncAsync();
        _lab.Engines.Clock.Advance(TimeSpan.FromDays(1));
        await _lab.ImportAsync([_image]);
        await _lab.Engines.SyncAsync();
        var exports = new List<byte[]?>();
        foreach (var point in _lab.Engines.Points("Offsite"))
        {
            var exported = await _lab.ExportAsync(point);
            Assert.InRange(exported.Count, 1, 2);
            exports.Add(exported.Count == 2 ? File.ReadAllBytes(exported[1]) : null);
        }

        Assert.Equal([before, "changed"u8.ToArray(), null], exports);
    }

    [Fact]
    public async Task Side_files_of_a_folder_of_images_come_back_from_the_copy()
    {
        var folder = Path.GetDirectoryName(_lab.NewImage("Images/web01-2026-10-31.img", 1 << 20, (0, 5000)))!;
        var side = _lab.NewFile("Images/web01-2026-10-31.xml", 700);
        _lab.Engines.Engine.Repositories.CreateImages(
            "Images", folder, new ImageFolderSettings { SettleTime = TimeSpan.Zero, Raw = true });
        await CopyAsync("Nightly", "Images", "Offsite");
        var point = Assert.Single(_lab.Engines.Points("Offsite"));
        Assert.Equal(["web01-2026-10-31.xml"], point.Attachments);
        var exported = await _lab.ExportAsync(point);
        Assert.Equal(File.ReadAllBytes(side), File.ReadAllBytes(exported[1]));
    }

    [Fact]
    public async Task Configuration_inside_of_an_archive_stands_beside_one_of_its_name()
    {
        var archive = _lab.Engines.PathOf("vzdump-qemu-100.vma");
        File.WriteAllBytes(
            archive,
            new VmaBuilder().Device("drive-scsi0", new byte[1 << 20])
                .Config("qemu-server.conf", "of the archive").Build());
        var given = _lab.Engines.PathOf("QEMU-server.conf");
        File.WriteAllText(given, "given");
        var point = await _lab.ImportAsync([archive], [given], isRaw: false);
        Assert.Equal(["QEMU-server.conf", "2-qemu-server.conf"], point.Attachments);
        var exported = await _lab.ExportAsync(point);
        Assert.Equal(["given", "of the archive"], exported.Skip(1).Select(File.ReadAllText));
    }

    [Fact]
    public async Task Limits_are_kept_to_the_byte_and_the_file()
    {
        string[] most =
            [.. Enumerable.Range(1, FormatLimits.Attachments).Select(i => _lab.NewFile($"f{i}", i))];
        var point = await _lab.ImportAsync([_image], most);
        Assert.Equal(FormatLimits.Attachments, point.Attachments.Count);
        var exported = await _lab.ExportAsync(point);
        Assert.Equal(most.Select(File.ReadAllBytes), exported.Skip(1).Select(File.ReadAllBytes));

        await AssertRefusedAsync(
            ErrorCode.InvalidArgument, "65 attachments", [.. most, _lab.NewFile("one more", 1)]);
        var large = _lab.NewFile("large", FormatLimits.AttachmentBytes + 1);
        await AssertRefusedAsync(ErrorCode.InvalidArgument, large, large);
    }

    [Fact]
    public Task Two_of_one_name_are_refused() => AssertRefusedAsync(
        ErrorCode.InvalidArgument, "web01.xml",
        _lab.NewFile("a/web01.xml", 1), _lab.NewFile("b/WEB01.xml", 2));

    [Fact]
    public async Task What_is_no_file_is_refused()
    {
        var missing = _lab.Engines.PathOf("missing");
        await AssertRefusedAsync(ErrorCode.ImageNotFound, missing, _lab.NewFile("there", 5), missing);
        var folder = Directory.CreateDirectory(_lab.Engines.PathOf("folder")).FullName;
        await AssertRefusedAsync(ErrorCode.ImageNotFound, folder, folder);
    }

    [Fact]
    public async Task Pipe_is_refused_and_never_opened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pipes with names are made by mkfifo.");
        var pipe = _lab.Engines.PathOf("pipe");
        using (var made = Process.Start("mkfifo", pipe))
        {
            made.WaitForExit();
        }

        await AssertRefusedAsync(ErrorCode.ImageNotFound, pipe, pipe);
    }

    [Fact]
    public void Images_attachments_get_names_of_their_own_and_what_has_no_room_is_left_out()
    {
        static AttachmentEntry Entry(string name, int length = 1) => new(name, new byte[length]);
        Assert.Equal(
            ["a", "2-A", "3-a"],
            AttachmentNames.Distinct(
                [Entry("a"), Entry("x", FormatLimits.AttachmentBytes + 1), Entry("2-A"), Entry("a")])
                .Select(a => a.Name));
        Assert.Equal(
            Enumerable.Range(1, FormatLimits.Attachments).Select(i => $"f{i}"),
            AttachmentNames.Distinct([.. Enumerable.Range(1, 70).Select(i => Entry($"f{i}"))])
                .Select(a => a.Name));
    }

    private async Task AssertRefusedAsync(ErrorCode code, string named, params string[] attachments)
    {
        var before = All();
        var error = await Assert.ThrowsAsync<BackupCopyException>(
            () => _lab.ImportAsync([_image], attachments));
        Assert.Equal(code, error.Code);
        Assert.Contains(named, error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(before.Count, All().Count);
    }

    private List<RestorePointInfo> All() => [.. _lab.Engines.Engine.RestorePoints.List(
        new RestorePointQuery { Repositories = ["Primary"], IncludeIncomplete = true })];

    private async Task CopyAsync(string job, string source, string target)
    {
        _lab.Engines.Engine.Jobs.Create(new JobSettings { Name = job, Sources = [source], Target = target });
        var session = await _lab.Engines.Engine.Jobs.SyncAsync(job, new SyncOptions(), null, default);
        Assert.Equal((SessionResult.Success, ""), (session.Result, session.Reason));
    }
}
