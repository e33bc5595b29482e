using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Tests.Images;

namespace BackupCopy.Tests.Running.Imaging;

/// <summary>
/// Images that change while they are copied: no copy is half of one state and half of another.
/// </summary>
public sealed class ImageChangeTests : IDisposable
{
    private readonly ImageLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("replace")]
    [InlineData("append")]
    [InlineData("touch")]
    [InlineData("truncate")]
    [InlineData("empty and fill")]
    [InlineData("overwrite")]
    [InlineData("move away and back anew")]
    public async Task Image_that_changes_in_the_middle_is_copied_anew(string how)
    {
        _lab.Dump("web");
        await _lab.SyncAsync();
        _lab.Dump("web");
        var image = _lab.PathOf(_lab.NameOf("web"));
        var halves = 0;
        _lab.OnDataWrite(1, () =>
        {
            Change(image, how);
            halves = _lab.Copies().Count(c => c.State == RestorePointState.Complete);
        });
        var session = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, ""), (session.Result, session.Reason));
        Assert.Equal(1, halves);
        Assert.Equal(2, _lab.Copies().Count);
        await _lab.AssertCopiedAsync("web", await File.ReadAllBytesAsync(
            image, TestContext.Current.CancellationToken));
        AssertNoHalfPoint();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Image_that_is_removed_in_the_middle_makes_no_point(bool hasOlder)
    {
        var older = _lab.Next("web");
        _lab.Put("SHA256SUMS", [1]);
        if (hasOlder)
        {
            _lab.Put(_lab.NameOf("web"), older);
        }

        _lab.Dump("web");
        _lab.OnDataWrite(1, () => File.Delete(_lab.PathOf(_lab.NameOf("web"))));
        var session = await _lab.SyncAsync();
        if (hasOlder)
        {
            Assert.Equal(SessionResult.Success, session.Result);
            await _lab.AssertIsAsync(Assert.Single(_lab.Copies()), older);
            return;
        }

        Assert.Equal(
            (SessionResult.Failed, "PointGone"), (session.Result, Assert.Single(session.Machines).Error));
        Assert.DoesNotContain(_lab.Copies(), c => c.State == RestorePointState.Complete);
        var next = _lab.Dump("web");
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        await _lab.AssertCopiedAsync("web", next);
        AssertNoHalfPoint();
    }

    [Fact]
    public async Task Image_that_changes_again_and_again_fails_and_is_copied_once_it_rests()
    {
        _lab.Dump("web");
        var image = _lab.PathOf(_lab.NameOf("web"));
        var (changes, gate) = (0, new Lock());
        _lab.Before = (what, path) =>
        {
            if (what == "write" && path.EndsWith(Names.Blocks, StringComparison.Ordinal))
            {
                lock (gate)
                {
                    ImageLab.Overwrite(image, changes % 10 * 300_000L + 600, seed: ++changes);
                }
            }
        };
        var failed = await _lab.SyncAsync();
        var machine = Assert.Single(failed.Machines);
        Assert.Equal((SessionResult.Failed, "ImageChanged"), (failed.Result, machine.Error));
        Assert.Contains($"{image} changed while it was read", machine.Reason, StringComparison.Ordinal);
        Assert.True(changes > SyncOptions.MostChanges, $"{changes} changes");
        Assert.DoesNotContain(_lab.Copies(), c => c.State == RestorePointState.Complete);

        _lab.Before = null;
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, session.Result);
        Assert.True(session.ReusedBytes > 0, "Nothing was taken over.");
        await _lab.AssertCopiedAsync("web", await File.ReadAllBytesAsync(
            image, TestContext.Current.CancellationToken));
        AssertNoHalfPoint();
    }

    [Fact]
    public async Task Change_is_shown_as_what_is_waited_for_and_may_be_waited_for_too_long()
    {
        _lab.Dump("web");
        var image = _lab.PathOf(_lab.NameOf("web"));
        _lab.OnDataWrite(1, () => Change(image, "overwrite"));
        using var stop = new CancellationTokenSource();
        var session = _lab.Engine.Jobs.SyncAsync(
            "Nightly", ImageLab.Options with { Poll = TimeSpan.FromDays(1) }, null, stop.Token);
        await _lab.Engines.WaitForTaskAsync(SessionState.WaitingForLock);
        await _lab.WaitForAsync($"The image {image} changed while it was read; no restore point was made.");
        await stop.CancelAsync();
        Assert.Equal(SessionResult.Stopped, (await session).Result);
        Assert.DoesNotContain(_lab.Copies(), c => c.State == RestorePointState.Complete);
        _lab.OnDataWrite(1, () => Change(image, "overwrite"));
        var over = await _lab.SyncAsync(ImageLab.Options with { Wait = TimeSpan.Zero });
        Assert.Equal("ImageChanged", Assert.Single(over.Machines).Error);
        Assert.DoesNotContain(_lab.Copies(), c => c.State == RestorePointState.Complete);
    }

    [Fact]
    public async Task One_of_several_disks_that_changes_makes_all_of_them_be_read_again()
    {
        using var lab = new ImageLab(settings: ImageLab.Settings("{machine}/{yyyy-MM-dd}/{disk}.{ext}"));
        lab.Put("web/2026-10-30/vda.img", lab.Next("vda"));
        var second = lab.Put("web/2026-10-30/vdb.img", lab.Next("vdb"));

        // The first one is done long before the second one is read.
        lab.OnDataWrite(1, () => ImageLab.Overwrite(lab.PathOf("web/2026-10-30/vda.img"), 700, seed: 5));
        Assert.Equal(SessionResult.Success, (await lab.SyncAsync()).Result);
        await lab.AssertIsAsync(
            Assert.Single(lab.Copies()),
            await File.ReadAllBytesAsync(
                lab.PathOf("web/2026-10-30/vda.img"), TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(second, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Base_image_that_changes_in_the_middle_makes_no_point()
    {
        QemuImg.SkipUnlessThere();
        _lab.Put("base.raw", ImageLab.NewDisk(1));
        var overlay = _lab.PathOf($"web-{_lab.NowUtc:yyyy-MM-dd_HHmm}Z.qcow2");
        QemuImg.Run("create", "-q", "-f", "qcow2", "-b", "base.raw", "-F", "raw", overlay);
        _lab.OnDataWrite(1, () => ImageLab.Overwrite(_lab.PathOf("base.raw"), 700, seed: 5));
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        await _lab.AssertIsAsync(Assert.Single(_lab.Copies()), await File.ReadAllBytesAsync(
            _lab.PathOf("base.raw"), TestContext.Current.CancellationToken));
    }

    private static void Change(string image, string how)
    {
        switch (how)
        {
            case "replace":
                File.WriteAllBytes(image + ".tmp", ImageLab.NewDisk(77));
                File.SetLastWriteTimeUtc(image + ".tmp", File.GetLastWriteTimeUtc(image));
                File.Move(image + ".tmp", image, overwrite: true);
                break;
            case "append":
                using (var file = Open(image, FileMode.Append))
                {
                    file.Write(new byte[512]);
                }

                break;
            case "touch":
                File.SetLastWriteTimeUtc(image, File.GetLastWriteTimeUtc(image).AddSeconds(1));
                break;
            case "truncate":
                using (var file = Open(image, FileMode.Open))
                {
                    file.SetLength(1 << 20);
                }

                break;
            case "empty and fill":
                using (var file = Open(image, FileMode.Truncate))
                {
                    file.Write(ImageLab.NewDisk(78));
                }

                break;
            case "move away and back anew":
                File.Move(image, image + ".old");
                File.Copy(image + ".old", image);
                ImageLab.Overwrite(image, 2 << 20, seed: 3);
                File.Delete(image + ".old");
                break;
            default:
                ImageLab.Overwrite(image, 1 << 20, seed: 3);
                break;
        }
    }

    private static FileStream Open(string path, FileMode mode) =>
        new(path, mode, FileAccess.Write, FileShare.ReadWrite);

    // Neither files of points that were given up, nor locks, nor what an appender leaves.
    private void AssertNoHalfPoint()
    {
        var copies = _lab.Copies();
        Assert.All(copies, c => Assert.Equal(RestorePointState.Complete, c.State));
        Assert.Equal(
            copies.Count,
            Directory.GetFiles(_lab.Engines.PathOf("Offsite"), "*" + Names.Point, SearchOption.AllDirectories)
                .Length);
        Assert.Empty(_lab.Engine.Repositories.Rescan("Offsite", default, deep: true).Damage);
    }
}
