using System.Diagnostics;
using System.Text;
using BackupCopy.Format;
using BackupCopy.Sources.Folders;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Sources.Folders;

public sealed class ImageFolderTests : IDisposable
{
    private readonly FolderLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Unfinished_files_hold_the_point_that_they_will_belong_to()
    {
        var now = _lab.Clock.GetUtcNow().UtcDateTime;
        _lab.With(
            "a-2026-11-22.img.part", "b-2026-11-22.tmp", ".c-2026-11-22.img.Xy12ab", ".d-2026-11-22.img",
            "e/2026-11-22/vda.img", "e/2026-11-22/vdb.img.filepart", "f.tmp", "g-2026-11-22.dat",
            "h-2026-11-22.img.lock");
        foreach (var path in Directory.GetFiles(_lab.Path, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(path, now);
        }

        Assert.Equal(
            [
                "a 2026-11-22 00:00:00  unfinished a-2026-11-22.img.part",
                "c 2026-11-22 00:00:00  unfinished .c-2026-11-22.img.Xy12ab",
                "e 2026-11-22 00:00:00 vda=e/2026-11-22/vda.img unfinished e/2026-11-22/vdb.img.filepart",
            ],
            FolderLab.Lines(_lab.Scan()));
        Assert.Equal(
            ["a", "b", "c", "g"],
            _lab.Scan("{machine}-{yyyy-MM-dd}.{ext}").Points.Select(p => p.Machine));
        Assert.Equal(
            "g=g-2026-11-22.dat",
            FolderLab.Lines(_lab.Scan("{machine}-{yyyy-MM-dd}.{ext}"))[3].Split(' ')[^1]);
        Assert.Equal(
            "a 2026-11-22 00:00:00 a=a-2026-11-22.img.part",
            Assert.Single(FolderLab.Lines(_lab.Scan("{machine}-{yyyy-MM-dd}.img.part"))));
    }

    [Fact]
    public void What_a_dead_writer_left_holds_nobody_up_unless_its_set_is_incomplete_without_it()
    {
        _lab.With(
            "a-2026-11-22.img.part", "b-2026-11-22.img", "b-2026-11-22.img.part", "c/2026-11-22/vda.img",
            "c/2026-11-22/vdb.img.part");
        _lab.Clock.AdjustTime(new DateTimeOffset(2026, 11, 23, 13, 0, 0, TimeSpan.Zero));
        var scan = _lab.Scan();
        Assert.Equal(
            [
                "b 2026-11-22 00:00:00 b=b-2026-11-22.img",
                "c 2026-11-22 00:00:00 vda=c/2026-11-22/vda.img unfinished c/2026-11-22/vdb.img.part",
            ],
            FolderLab.Lines(scan));
        Assert.Equal(2, scan.Problems.Count);
        Assert.All(
            scan.Problems, p => Assert.Contains("left unfinished", p.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_time_by_two_patterns_is_two_points_in_a_fixed_order()
    {
        _lab.With("web/2026-11-22.img", "web-2026-11-22.img", "WEB_20261122.img");
        var points = _lab.Scan().Points;
        Assert.Equal(
            ["{machine}/{time}.{ext}", "{machine}-{time}.{ext}", "{machine}_{time}.{ext}"],
            points.Select(p => p.Pattern.Text));
        Assert.Equal([0, 1, 2], points.Select(p => p.Sequence - points[0].TimeUtc.Ticks));
        Assert.Equal("web", Assert.Single(points.Select(p => p.Machine).Distinct()));
    }

    [Fact]
    public void Disks_of_one_point_have_different_names_that_stay_the_same_over_time()
    {
        var scan = _lab.With(
            "web-2026-11-21.img", "web-2026-11-22.img", "web-2026-11-22.qcow2",
            "web-2026-11-22.qcow2.gz").Scan();
        Assert.Equal(
            ["web", "web", "web.qcow2", "web.qcow2.gz"],
            scan.Points.SelectMany(p => p.Images.Select(i => i.Disk)));
    }

    [Fact]
    public void Pipes_links_and_hidden_folders_are_left_out_and_nothing_is_opened()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Pipes and links are made as on Linux.");
        _lab.With("web/vda.img", ".snapshot/web/vda.img", "lost+found/x.img");
        using (var made = Process.Start("mkfifo", [_lab["web/vdb.img"], _lab["fifo.img"], _lab["web/x.xml"]]))
        {
            made.WaitForExit();
        }

        File.CreateSymbolicLink(_lab["latest.img"], _lab["web/vda.img"]);
        Directory.CreateSymbolicLink(_lab["loop"], _lab.Path);
        var scan = _lab.Scan();
        Assert.Equal("web 2026-11-22 12:00:00 vda=web/vda.img", Assert.Single(FolderLab.Lines(scan)));
        Assert.Empty(scan.Problems);
        Assert.Contains(scan.Report.Misses, m => m.Path == "latest.img" && m.Why.Contains("link"));
    }

    [Fact]
    public void A_folder_that_cannot_be_read_is_named_and_the_others_are_found()
    {
        using var mounted = MountedFolder.FuseOrSkip();
        File.WriteAllBytes(Path.Combine(mounted.Path, "vda.img"), new byte[10]);
        var root = Path.GetDirectoryName(mounted.Path)!;
        Assert.Equal(2, new ImageFolder(root).Scan().Points.Count);
        mounted.TakeAway();
        var scan = new ImageFolder(root).Scan();
        Assert.Equal("behind", Assert.Single(scan.Points).Machine);
        Assert.Contains(mounted.Path, Assert.Single(scan.Problems).Message, StringComparison.Ordinal);
        var error = Assert.Throws<BackupCopyException>(() => new ImageFolder(mounted.Path).Scan());
        Assert.Equal(ErrorCode.RepositoryUnavailable, error.Code);
        mounted.PutBack();
    }

    [Fact]
    public void A_folder_that_is_not_there_is_an_error()
    {
        var error = Assert.Throws<BackupCopyException>(() => new ImageFolder(_lab["none"]).Scan());
        Assert.Equal(ErrorCode.RepositoryUnavailable, error.Code);
    }

    [Fact]
    public void Names_that_no_machine_may_have_are_problems()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such files.");
        var scan = _lab.With("we*b-2026-11-22.img", "CON-2026-11-22.img", "ok-2026-11-22.img").Scan();
        Assert.Equal("ok", Assert.Single(scan.Points).Machine);
        Assert.Equal(
            [ErrorCode.InvalidName, ErrorCode.InvalidName], scan.Problems.Select(p => p.Code));
    }

    [Fact]
    public void Attachments_are_small_few_and_read_as_they_are()
    {
        _lab.With("web/2026-11-22/vda.img");
        var folder = _lab["web/2026-11-22"];
        File.WriteAllText(Path.Combine(folder, "a.xml"), "<domain>é</domain>");
        File.WriteAllBytes(Path.Combine(folder, "big.xml"), new byte[FormatLimits.AttachmentBytes + 1]);
        var point = Assert.Single(_lab.Scan().Points);
        var attachment = Assert.Single(point.ReadAttachments());
        Assert.Equal(
            ("a.xml", "<domain>é</domain>"),
            (attachment.Name, Encoding.UTF8.GetString(attachment.Content.Span)));
        Assert.Contains("big.xml", Assert.Single(_lab.Scan().Problems).Message, StringComparison.Ordinal);

        File.WriteAllBytes(Path.Combine(folder, "a.xml"), new byte[FormatLimits.AttachmentBytes + 1]);
        Assert.Empty(point.ReadAttachments());
        File.Delete(Path.Combine(folder, "a.xml"));
        Assert.Empty(point.ReadAttachments());
        for (var i = 0; i <= FormatLimits.Attachments; i++)
        {
            File.WriteAllText(Path.Combine(folder, $"{i:D3}.conf"), "");
        }

        Assert.Equal(FormatLimits.Attachments, Assert.Single(_lab.Scan().Points).Attachments.Count);
    }

    [Fact]
    public void A_wrong_pattern_shows_what_it_matched_and_what_not_and_why()
    {
        _lab.With("web-2026-11-22.img", "db.img", "a/b/c.img", "web-2026-11-22.log");
        var report = _lab.Scan("{machine}-{yyyy-MM-dd}.{ext}").Report;
        Assert.Equal((3, 1, 1, ""), (report.Files, report.MatchedFiles, report.MissedFiles, report.Why));
        var match = Assert.Single(report.Matches);
        Assert.Equal(("web-2026-11-22.img", "web"), (match.Path, match.Machine));
        Assert.Equal(new DateTime(2026, 11, 22), match.TimeUtc);
        Assert.Equal("'-' is missing in 'db.img'", Why("db.img"));

        var nothing = _lab.Scan("backup-{machine}/{yyyy-MM-dd}.{ext}").Report;
        Assert.Equal(
            $"None of the 3 files in {_lab.Path} matches 'backup-{{machine}}/{{yyyy-MM-dd}}.{{ext}}': "
            + "db.img: it lies 0 folders down, the pattern's files 1 folder. "
            + "1 folder lies deeper than that reaches.",
            nothing.Why);
        var usual = _lab.Scan().Report;
        Assert.Equal((2, "db"), (usual.MatchedFiles, usual.Matches[0].Machine));
        Assert.Equal(new DateTime(2026, 11, 22, 12, 1, 0), usual.Matches[0].TimeUtc);

        string Why(string path) => Assert.Single(report.Misses, m => m.Path == path).Why;
    }

    [Fact]
    public void An_empty_folder_says_so()
    {
        var report = _lab.Scan().Report;
        Assert.Equal($"{_lab.Path} holds no files where the usual names of images could be.", report.Why);
        Assert.Empty(report.Misses);
    }

    [Fact]
    public void A_scan_can_be_stopped()
    {
        _lab.With("web.img");
        Assert.Throws<OperationCanceledException>(
            () => new ImageFolder(_lab.Path).Scan(new CancellationToken(canceled: true)));
    }
}
