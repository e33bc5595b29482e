using System.Diagnostics;
using BackupCopy.Images;
using BackupCopy.Sources.Writers;
using BackupCopy.Tests.Images;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Sources.Writers;

public sealed class WriterProbeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public WriterProbeTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Leases are Linux's.");
        _path = _folder["web.img"];
        File.WriteAllBytes(_path, new byte[4096]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_that_nobody_has_open_has_no_writer() =>
        Assert.Equal(WriterAnswer.NoWriter, Ask(isShared: false));

    [Fact]
    public void Readers_are_no_writers()
    {
        using var sharing = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var locking = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Assert.Equal(WriterAnswer.NoWriter, Ask(isShared: false));
    }

    [Theory]
    [InlineData("open", false)]
    [InlineData("open-alone", true)]
    [InlineData("open-to-read-alone", true)]
    [InlineData("open,lock", true)]
    [InlineData("open,lock-file", true)]
    [InlineData("open,write 10", false)]
    [InlineData("open,truncate 10", false)]
    public void Every_way_to_hold_a_file_is_seen(string commands, bool alsoOnShares)
    {
        using var writer = new WriterProcess(_path).Do(commands.Split(','));
        Assert.Equal(WriterAnswer.Busy, Ask(isShared: false));
        Assert.Equal(alsoOnShares ? WriterAnswer.Busy : WriterAnswer.Unknown, Ask(isShared: true));
        Assert.Equal(writer.Name, FileHolders.Of(_path, FileIdentity.Of(_path)!.Value));
        writer.Do("close");
        Assert.Equal(WriterAnswer.NoWriter, Ask(isShared: false));
        Assert.Equal(FileHolders.Unknown, FileHolders.Of(_path, FileIdentity.Of(_path)!.Value));
    }

    [Fact]
    public void The_lock_of_flock_is_seen()
    {
        using var flock = Process.Start(
            new ProcessStartInfo("flock", [_path, "sh", "-c", "echo held; cat"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
        Assert.Equal("held", flock.StandardOutput.ReadLine());
        Assert.Equal(WriterAnswer.Busy, Ask(isShared: true));
        Assert.Contains(
            "(process ", FileHolders.Of(_path, FileIdentity.Of(_path)!.Value), StringComparison.Ordinal);
        flock.StandardInput.Close();
        flock.WaitForExit();
        Assert.Equal(WriterAnswer.NoWriter, Ask(isShared: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_locks_of_qemu_tell_writers_from_readers(bool readsOnly)
    {
        QemuImg.SkipUnlessThere();
        using var qemu = Process.Start(
            new ProcessStartInfo("qemu-io", $"{(readsOnly ? "-r " : "")}-f raw {_path}")
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
        qemu.StandardInput.WriteLine("read 0 512");
        qemu.StandardInput.Flush();
        while (qemu.StandardOutput.ReadLine()?.Contains("read 512/512", StringComparison.Ordinal) == false)
        {
        }

        Assert.Equal(readsOnly ? WriterAnswer.Unknown : WriterAnswer.Busy, Ask(isShared: true));
        Assert.Equal(readsOnly ? WriterAnswer.NoWriter : WriterAnswer.Busy, Ask(isShared: false));
        qemu.StandardInput.Close();
        qemu.WaitForExit();
        Assert.Equal(WriterAnswer.NoWriter, Ask(isShared: false));
    }

    [Fact]
    public void What_is_not_there_is_gone()
    {
        var file = FileIdentity.Of(_path)!.Value;
        File.Delete(_path);
        Assert.Equal(WriterAnswer.Gone, new WriterProbe(_ => false).Ask(_path, file));
    }

    [Fact]
    public void A_pipe_in_the_place_of_the_file_keeps_nobody()
    {
        var file = FileIdentity.Of(_path)!.Value;
        File.Delete(_path);
        using (var made = Process.Start("mkfifo", _path))
        {
            made.WaitForExit();
        }

        Assert.NotEqual(WriterAnswer.Gone, new WriterProbe(_ => false).Ask(_path, file));
    }

    // The signal that a broken lease sends would end the process if it were the usual one.
    [Fact]
    public void A_writer_that_comes_while_the_lease_is_held_does_not_end_the_process()
    {
        using var prober = ChildProcess.Start("probe", _path);
        Assert.Equal("NoWriter", prober.StandardOutput.ReadLine());
        for (var opened = 0; opened < 20_000; opened++)
        {
            new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose();
        }

        using (new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            Assert.Equal("Busy", prober.StandardOutput.ReadLine());
        }

        prober.StandardInput.Close();
        prober.WaitForExit();
        Assert.Equal(0, prober.ExitCode);
    }

    private WriterAnswer Ask(bool isShared) =>
        new WriterProbe(_ => isShared).Ask(_path, FileIdentity.Of(_path)!.Value);
}
