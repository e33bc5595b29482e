using System.Diagnostics;

namespace BackupCopy.Tests.Storage;

/// <summary>
/// A real file system of its own in a sparse file, mounted in a temporary folder: for what only XFS, btrfs
/// or ext4 do. Needs Linux, root and the tools; a test is skipped with the reason where one is missing.
/// Disposing unmounts it, which also frees the loop device.
/// </summary>
internal sealed class LoopFileSystem : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private LoopFileSystem()
    {
    }

    /// <summary>Where it is mounted; empty but for what the file system makes itself.</summary>
    public string Path => _folder["mount"];

    /// <summary>Bytes in use, after everything pending was written.</summary>
    public long UsedBytes
    {
        get
        {
            Assert.Equal("", Run("sync", "--file-system", Path));
            var drive = new DriveInfo(Path);
            return drive.TotalSize - drive.TotalFreeSpace;
        }
    }

    /// <param name="type">"xfs", "ext4", "btrfs" or "vfat".</param>
    /// <param name="sizeBytes">XFS takes at least 300 MiB.</param>
    /// <param name="options">More arguments of mkfs, such as "-m", "reflink=1".</param>
    public static LoopFileSystem OrSkip(string type, long sizeBytes, params string[] options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Loop devices are Linux's.");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a file system needs root.");
        var made = new LoopFileSystem();
        try
        {
            var image = made._folder["image"];
            using (var file = File.Create(image))
            {
                file.SetLength(sizeBytes);
            }

            Directory.CreateDirectory(made.Path);
            string[] quiet = type == "vfat" ? [] : ["-q"];
            var failure = Run($"mkfs.{type}", [.. quiet, .. options, image]);
            Assert.SkipUnless(failure.Length == 0, $"mkfs.{type}: {failure}");
            failure = Run("mount", "-t", type, "-o", "loop", image, made.Path);
            Assert.SkipUnless(failure.Length == 0, $"mount: {failure}");
            return made;
        }
        catch
        {
            made._folder.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // A file that a failed test left open must not keep the mount, nor hide why the test failed.
        if (Run("umount", Path).Length > 0)
        {
            Run("umount", "--lazy", Path);
        }

        _folder.Dispose();
    }

    /// <summary>What the command complained about; empty when it succeeded.</summary>
    private static string Run(string command, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(command, arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEnd();
            _ = output.GetAwaiter().GetResult();
            process.WaitForExit();
            return process.ExitCode == 0 ? "" : $"exit code {process.ExitCode}: {error.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return missing.Message;
        }
    }
}
