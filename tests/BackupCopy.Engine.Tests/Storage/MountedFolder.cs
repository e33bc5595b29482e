using System.Diagnostics;

namespace BackupCopy.Tests.Storage;

/// <summary>
/// A folder that is mounted in another place, and is taken away there and put back while files are open: by
/// bindfs, whose process is killed, as a share whose server is gone; or by the system's own bind mount of a
/// file system in memory, as a drive that is detached. A test is skipped with the reason where that cannot be
/// done.
/// </summary>
internal sealed class MountedFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly bool _isFuse;
    private Process? _server;
    private bool _hasMemory;

    private MountedFolder(bool isFuse)
    {
        _isFuse = isFuse;
        Directory.CreateDirectory(Path);
        Directory.CreateDirectory(Behind);
    }

    public string Path => _folder["mount"];

    /// <summary>The same content, also while the mount is away.</summary>
    public string Behind => _folder["behind"];

    public static MountedFolder FuseOrSkip()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "bindfs is started for Linux only.");
        Assert.SkipUnless(File.Exists("/dev/fuse"), "There is no /dev/fuse.");
        var made = new MountedFolder(isFuse: true);
        made.MountOrSkip();
        return made;
    }

    public static MountedFolder DriveOrSkip()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Bind mounts are Linux's.");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a file system needs root.");
        var made = new MountedFolder(isFuse: false);
        var failure = Run("mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", made.Behind);
        made._hasMemory = failure.Length == 0;
        made.SkipUnless(failure.Length == 0, $"mount: {failure}");
        made.MountOrSkip();
        return made;
    }

    /// <summary>Open files of a FUSE mount fail from now on; those of a drive go on.</summary>
    public void TakeAway()
    {
        if (_isFuse)
        {
            _server!.Kill();
            _server.WaitForExit();
            _server.Dispose();
            _server = null;
        }
        else
        {
            Assert.Equal("", Run("umount", "--lazy", Path));
        }
    }

    public void PutBack()
    {
        if (_isFuse)
        {
            Assert.Equal("", Run("umount", "--lazy", Path));
        }

        Assert.Equal("", Mount());
    }

    public void Dispose()
    {
        Run("umount", "--lazy", Path);
        if (_hasMemory)
        {
            Run("umount", "--lazy", Behind);
        }

        _server?.WaitForExit();
        _server?.Dispose();
        _folder.Dispose();
    }

    private void MountOrSkip()
    {
        var failure = Mount();
        SkipUnless(failure.Length == 0, $"{(_isFuse ? "bindfs" : "mount")}: {failure}");
    }

    private void SkipUnless(bool condition, string reason)
    {
        if (!condition)
        {
            Dispose();
            Assert.Skip(reason);
        }
    }

    private string Mount() => _isFuse ? StartServer() : Run("mount", "--bind", Behind, Path);

    private string StartServer()
    {
        try
        {
            var start = new ProcessStartInfo("bindfs", ["-f", Behind, Path]) { RedirectStandardError = true };
            _server = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return missing.Message;
        }

        while (!File.ReadAllText("/proc/self/mounts").Contains($" {Path} fuse", StringComparison.Ordinal))
        {
            if (_server.HasExited)
            {
                return _server.StandardError.ReadToEnd().Trim();
            }

            Thread.Yield();
        }

        return "";
    }

    /// <summary>What the command complained about; empty when it succeeded.</summary>
    private static string Run(string command, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(command, arguments) { RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? "" : $"exit code {process.ExitCode}: {error.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return missing.Message;
        }
    }
}
