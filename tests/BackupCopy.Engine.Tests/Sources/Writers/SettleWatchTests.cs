using BackupCopy.Images;
using BackupCopy.Sources.Folders;
using BackupCopy.Sources.Writers;
using BackupCopy.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace BackupCopy.Tests.Sources.Writers;

public sealed class SettleWatchTests : IDisposable
{
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(10);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private bool _isShared;

    public SettleWatchTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Leases are Linux's.");

    private string Image => _folder["web-2026-11-22.img"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_on_a_local_disk_is_free_once_its_last_change_is_old_enough()
    {
        File.WriteAllBytes(Image, new byte[100]);
        var first = Look();
        Assert.True(first.IsLocked);
        Assert.Equal("", first.Writer);
        Assert.Contains("web-2026-11-22.img was written", first.Reason, StringComparison.Ordinal);
        Assert.InRange(first.SettledIn!.Value, TimeSpan.FromTicks(1), s_settle);
        _clock.Advance(s_settle);
        Assert.Equal(ImageState.Free, Look());
    }

    [Fact]
    public void On_a_share_two_looks_a_settle_time_apart_are_needed_however_old_the_file_is()
    {
        _isShared = true;
        File.WriteAllBytes(Image, new byte[100]);
        _clock.Advance(TimeSpan.FromDays(3));
        var watch = Watch();
        var first = watch.Look(Point());
        Assert.Equal((true, s_settle), (first.IsLocked, first.SettledIn!.Value));
        Assert.Contains("nobody can say", first.Reason, StringComparison.Ordinal);
        _clock.Advance(s_settle - TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), watch.Look(Point()).SettledIn);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ImageState.Free, watch.Look(Point()));
    }

    [Fact]
    public void Each_change_on_a_share_begins_the_watch_anew()
    {
        _isShared = true;
        File.WriteAllBytes(Image, new byte[100]);
        var watch = Watch();
        watch.Look(Point());
        _clock.Advance(s_settle);
        File.AppendAllText(Image, "more");
        Assert.True(watch.Look(Point()).IsLocked);
        _clock.Advance(s_settle / 2);
        Assert.True(watch.Look(Point()).IsLocked);

        // The same length and times, another file.
        var written = File.GetLastWriteTimeUtc(Image);
        File.Copy(Image, Image + ".new");
        File.SetLastWriteTimeUtc(Image + ".new", written);
        File.Move(Image + ".new", Image, overwrite: true);
        _clock.Advance(s_settle / 2);
        Assert.True(watch.Look(Point()).IsLocked);
        _clock.Advance(s_settle);
        Assert.False(watch.Look(Point()).IsLocked);
    }

    [Fact]
    public void A_change_in_the_future_counts_only_when_it_stood_still()
    {
        File.WriteAllBytes(Image, new byte[100]);
        File.SetLastWriteTimeUtc(Image, _clock.GetUtcNow().UtcDateTime.AddDays(1));
        var watch = Watch();
        Assert.Contains("future", watch.Look(Point()).Reason, StringComparison.Ordinal);
        _clock.Advance(s_settle);
        Assert.False(watch.Look(Point()).IsLocked);
    }

    [Fact]
    public void A_clock_set_back_does_not_free_a_file_and_does_not_hold_it_for_ever()
    {
        File.WriteAllBytes(Image, new byte[100]);
        var watch = Watch();
        _clock.AdjustTime(_clock.GetUtcNow().AddHours(-5));
        Assert.True(watch.Look(Point()).IsLocked);
        _clock.Advance(s_settle);
        Assert.False(watch.Look(Point()).IsLocked);
    }

    [Fact]
    public void A_slow_writer_is_waited_for_through_its_pauses_and_named()
    {
        var watch = Watch();
        using var writer = new WriterProcess(Image).Do("open", "write 4096");
        Advance();
        var held = watch.Look(Point());
        Assert.Equal((true, writer.Name, (TimeSpan?)null), (held.IsLocked, held.Writer, held.SettledIn));
        Assert.Equal($"web-2026-11-22.img is being written by {writer.Name}", held.Reason);

        // It pauses, the file closed, and goes on.
        writer.Do("close");
        SetClock();
        Assert.True(watch.Look(Point()).IsLocked);
        writer.Do("open", "truncate 100");
        Advance();
        Assert.True(watch.Look(Point()).IsLocked);
        writer.Do("close");
        SetClock();
        Assert.True(watch.Look(Point()).IsLocked);
        Advance();
        Assert.False(watch.Look(Point()).IsLocked);
    }

    [Fact]
    public void A_file_renamed_when_it_is_done_is_waited_for_before_and_settles_after()
    {
        var watch = Watch();
        using var writer = new WriterProcess(Image + ".part").Do("open", "write 4096");
        Advance();
        var before = watch.Look(Point());
        Assert.Equal(
            (true, writer.Name, "the name of web-2026-11-22.img.part says that it is not finished"),
            (before.IsLocked, before.Writer, before.Reason));
        writer.Do("close", $"rename {Image}");
        SetClock();
        Assert.Contains("was written", watch.Look(Point()).Reason, StringComparison.Ordinal);
        Advance();
        Assert.False(watch.Look(Point()).IsLocked);
    }

    [Fact]
    public void One_file_holds_the_whole_point_and_a_holder_is_told_before_a_time()
    {
        Directory.CreateDirectory(_folder["web/2026-11-22"]);
        File.WriteAllBytes(_folder["web/2026-11-22/vda.img"], new byte[10]);
        File.WriteAllBytes(_folder["web/2026-11-22/vdb.img"], new byte[10]);
        File.WriteAllText(_folder["web/2026-11-22/web.xml"], "<domain/>");
        var watch = Watch();
        using var writer = new WriterProcess(_folder["web/2026-11-22/vdb.img"]).Do("open");
        Assert.Contains("vdb.img is being written", watch.Look(Point()).Reason, StringComparison.Ordinal);
        writer.Do("close");
        Advance();
        Assert.False(watch.Look(Point()).IsLocked);
        File.AppendAllText(_folder["web/2026-11-22/web.xml"], "<!-- -->");
        SetClock();
        Assert.Contains("web.xml was written", watch.Look(Point()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_file_beside_an_image_holds_it()
    {
        File.WriteAllBytes(Image, new byte[100]);
        File.WriteAllText(Image + ".lock", "");
        Advance();
        Assert.Equal("web-2026-11-22.img.lock lies beside it", Look().Reason);
        File.Delete(Image + ".lock");
        Assert.False(Look().IsLocked);
    }

    [Fact]
    public void A_file_that_has_gone_is_not_copied()
    {
        File.WriteAllBytes(Image, new byte[100]);
        var point = Point();
        File.Delete(Image);
        Assert.Contains("has gone", Watch().Look(point).Reason, StringComparison.Ordinal);
        Directory.CreateDirectory(Image);
        Assert.Contains("has gone", Watch().Look(point).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void No_settle_time_leaves_the_locks_alone_to_decide()
    {
        File.WriteAllBytes(Image, new byte[100]);
        _isShared = true;
        var watch = new SettleWatch(_clock, TimeSpan.Zero, new WriterProbe(_ => _isShared));
        Assert.False(watch.Look(Point()).IsLocked);
        using var writer = new WriterProcess(Image).Do("open-alone");
        Assert.True(watch.Look(Point()).IsLocked);
    }

    [Fact]
    public void A_fuse_mount_counts_as_a_share()
    {
        using var mounted = MountedFolder.FuseOrSkip();
        var path = Path.Combine(mounted.Path, "web-2026-11-22.img");
        File.WriteAllBytes(path, new byte[100]);
        Assert.Equal(WriterAnswer.Unknown, new WriterProbe().Ask(path, FileIdentity.Of(path)!.Value));
    }

    [Fact]
    public void Nothing_in_the_folder_changes_by_being_looked_at()
    {
        File.WriteAllBytes(Image, new byte[100]);
        var before = FileIdentity.Of(Image);
        Look();
        Assert.Equal(before, FileIdentity.Of(Image));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    private SettleWatch Watch() => new(_clock, s_settle, new WriterProbe(_ => _isShared));

    private ImageState Look() => Watch().Look(Point());

    private ImagePoint Point() => Assert.Single(new ImageFolder(_folder.Path, time: _clock).Scan().Points);

    private void SetClock() => _clock.AdjustTime(TimeProvider.System.GetUtcNow());

    // What was written until now is older than the settle time afterwards.
    private void Advance()
    {
        SetClock();
        _clock.Advance(s_settle + TimeSpan.FromSeconds(1));
    }
}
