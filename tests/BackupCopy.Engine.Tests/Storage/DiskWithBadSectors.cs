using System.Diagnostics;
using System.Globalization;

namespace BackupCopy.Tests.Storage;

/// <summary>
/// A real ext4 on a loop device whose disk gives EIO for chosen sectors: nbdkit serves a file and refuses to
/// read some of it, nbdfuse makes it a file again. Needs Linux, root and the tools; a test is skipped with
/// the reason where one is missing.
/// </summary>
internal sealed class DiskWithBadSectors : IDisposable
{
    private const int Sector = 4096;

    // Arguments of a request: $3 is the length, $4 the offset. An empty list of bad sectors costs nothing.
    private const string Read = """
        if [ -s "$BAD" ]; then
          while read -r b; do
            if [ "$b" -lt $(($4 + $3)) ] && [ $((b + 4096)) -gt "$4" ]; then
              echo 'EIO bad sector' >&2; exit 1
            fi
          done < "$BAD"
        fi
        dd if="$RAW" iflag=skip_bytes,count_bytes skip="$4" count="$3" bs=256k status=none
        """;

    private const string Write =
        "dd of=\"$RAW\" oflag=seek_bytes iflag=fullblock seek=\"$4\" conv=notrunc bs=256k status=none";

    private readonly TemporaryFolder _folder = new();
    private readonly List<long> _bad = [];
    private Process? _server;
    private string _device = "";

    private DiskWithBadSectors()
    {
        Directory.CreateDirectory(Path);
        Directory.CreateDirectory(_folder["fuse"]);
        File.WriteAllText(_folder["bad"], "");
    }

    /// <summary>Where it is mounted.</summary>
    public string Path => _folder["mount"];

    private string Served => System.IO.Path.Combine(_folder["fuse"], "disk.raw");

    public static DiskWithBadSectors OrSkip(long sizeBytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Loop devices are Linux's.");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a file system needs root.");
        Assert.SkipUnless(File.Exists("/dev/fuse"), "There is no /dev/fuse.");
        var made = new DiskWithBadSectors();
        var failure = made.Start(sizeBytes);
        if (failure.Length > 0)
        {
            made.Dispose();
            Assert.Skip(failure);
        }

        return made;
    }

    /// <summary>The sector with this byte of a file cannot be read from now on, by nobody.</summary>
    public void Break(string file, long offset)
    {
        Assert.Equal("", Run(out _, "sync", "--file-system", Path));
        _bad.Add(DeviceOffset(file, offset));
        File.WriteAllLines(_folder["bad"], _bad.Select(b => b.ToString(CultureInfo.InvariantCulture)));

        // What the page cache holds would hide it.
        Assert.Equal("", Unmount());
        Assert.Equal("", Mount());
    }

    /// <summary>Whether the file system gives this sector now.</summary>
    public static bool Reads(string file, long offset)
    {
        using var handle = File.OpenHandle(file);
        try
        {
            return RandomAccess.Read(handle, new byte[1], offset) == 1;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        if (Unmount().Length > 0)
        {
            Run(out _, "umount", "--lazy", Path);
        }

        if (_server is not null)
        {
            Run(out _, "umount", "--lazy", _folder["fuse"]);
            _server.WaitForExit();
            _server.Dispose();
        }

        _folder.Dispose();
    }

    private string Start(long sizeBytes)
    {
        using (var raw = File.Create(_folder["raw"]))
        {
            raw.SetLength(sizeBytes);
        }

        var failure = Run(out _, "nbdkit", "eval", "--dump-plugin");
        failure = failure.Length > 0 ? $"nbdkit: {failure}" : Serve(sizeBytes);
        failure = failure.Length > 0 ? failure : Run(out _, "mkfs.ext4", "-q", Served);
        return failure.Length > 0 ? failure : Mount();
    }

    private string Serve(long sizeBytes)
    {
        var start = new ProcessStartInfo("nbdfuse",
        [
            Served, "--command", "nbdkit", "-s", "--exit-with-parent", "eval",
            $"get_size=echo {sizeBytes}", "can_write=exit 0", "can_flush=exit 0", "flush=exit 0",
            "pread=" + Read, "pwrite=" + Write,
        ])
        {
            RedirectStandardError = true,
        };
        start.Environment["RAW"] = _folder["raw"];
        start.Environment["BAD"] = _folder["bad"];
        try
        {
            _server = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return $"nbdfuse: {missing.Message}";
        }

        while (!File.Exists(Served))
        {
            if (_server.HasExited)
            {
                return "nbdfuse: " + _server.StandardError.ReadToEnd().Trim();
            }

            Thread.Yield();
        }

        // It tells of every bad sector; nobody may wait for a reader of that.
        _server.ErrorDataReceived += (_, _) => { };
        _server.BeginErrorReadLine();
        return "";
    }

    private string Mount()
    {
        var failure = Run(out var device, "losetup", "--find", "--show", Served);
        if (failure.Length > 0)
        {
            return $"losetup: {failure}";
        }

        _device = device.Trim();
        return Run(out _, "mount", "-t", "ext4", _device, Path);
    }

    private string Unmount()
    {
        if (_device.Length == 0)
        {
            return "";
        }

        var failure = Run(out _, "umount", Path) + Run(out _, "losetup", "--detach", _device);
        _device = "";
        return failure;
    }

    // A line for each extent: number, first and last logical block, first and last physical one.
    private static long DeviceOffset(string file, long offset)
    {
        Assert.Equal("", Run(out var extents, "filefrag", "-v", $"-b{Sector}", file));
        foreach (var line in extents.Split('\n'))
        {
            var numbers = line.Split([' ', ':', '.'], StringSplitOptions.RemoveEmptyEntries)
                .Select(n => long.TryParse(n, CultureInfo.InvariantCulture, out var value) ? value : -1)
                .TakeWhile(n => n >= 0).ToList();
            var block = offset / Sector;
            if (numbers.Count >= 5 && numbers[1] <= block && block <= numbers[2])
            {
                return (numbers[3] + block - numbers[1]) * Sector;
            }
        }

        throw new InvalidOperationException($"{file} has no extent at {offset}:\n{extents}");
    }

    /// <summary>What the command complained about; empty when it succeeded.</summary>
    private static string Run(out string output, string command, params string[] arguments)
    {
        output = "";
        try
        {
            var start = new ProcessStartInfo(command, arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? ""
                : $"{command}: exit code {process.ExitCode}: {error.GetAwaiter().GetResult().Trim()}";
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return $"{command}: {missing.Message}";
        }
    }
}
