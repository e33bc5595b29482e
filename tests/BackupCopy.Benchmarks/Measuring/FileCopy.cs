using System.Diagnostics;
using System.Globalization;
using BackupCopy.Benchmarks.Data;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// The yardstick: the system's own copy of a file or folder, on disk when it returns. <c>cp</c> and
/// <c>sync</c> of that file system; on Windows a copy and a flush.
/// </summary>
internal static class FileCopy
{
    /// <summary>Copies, deletes the copy again, and gives the seconds that copying took.</summary>
    public static async Task<double> MeasureAsync(
        string source, string target, CancellationToken cancellation, params string[] options)
    {
        Delete(target);
        await SyncAsync(Path.GetDirectoryName(target)!, cancellation);
        var clock = Stopwatch.StartNew();
        if (OperatingSystem.IsWindows())
        {
            CopyOnWindows(source, target);
        }
        else
        {
            await Command.RunAsync(new CommandLine("cp", [.. options, "-r", source, target]), cancellation);
            await SyncAsync(target, cancellation);
        }

        double seconds = clock.Elapsed.TotalSeconds;
        Delete(target);
        await SyncAsync(Path.GetDirectoryName(target)!, cancellation);
        return seconds;
    }

    /// <summary>Nothing written before is left to be written by the system.</summary>
    public static async Task SyncAsync(string path, CancellationToken cancellation)
    {
        if (OperatingSystem.IsLinux())
        {
            await Command.RunAsync(new CommandLine("sync", ["-f", path]), cancellation);
        }
        else if (!OperatingSystem.IsWindows())
        {
            await Command.RunAsync(new CommandLine("sync", []), cancellation);
        }
    }

    /// <summary>A second folder with the same files, holes kept, on disk when this returns.</summary>
    public static async Task PlaceAsync(string source, string target, CancellationToken cancellation)
    {
        Delete(target);
        await Command.RunAsync(
            new CommandLine("cp", ["-a", "--sparse=always", source, target]), cancellation);
        await SyncAsync(target, cancellation);
    }

    /// <summary>Takes one file out of the page cache, where the system has a program for that.</summary>
    public static async Task ForgetAsync(string file, CancellationToken cancellation)
    {
        if (OperatingSystem.IsLinux())
        {
            await Command.RunAsync(
                new CommandLine("dd", [$"if={file}", "iflag=nocache", "count=0", "status=none"]),
                cancellation);
        }
    }

    /// <summary>Reads every file under a folder once, so that it is in the page cache.</summary>
    public static void Warm(string folder)
    {
        foreach (string file in Files(folder))
        {
            WarmFile(file);
        }
    }

    /// <summary>The same for the files that are no longer than a limit.</summary>
    public static void Warm(string folder, long mostBytes)
    {
        foreach (string file in Files(folder).Where(file => new FileInfo(file).Length <= mostBytes))
        {
            WarmFile(file);
        }
    }

    /// <summary>The length of a file, or of all files under a folder; 0 where there is nothing.</summary>
    public static long SizeBytes(string path) =>
        File.Exists(path) ? new FileInfo(path).Length : Files(path).Sum(file => new FileInfo(file).Length);

    /// <summary>What all files under a folder take up, holes left out; their lengths on Windows.</summary>
    public static async Task<long> AllocatedBytesAsync(string folder, CancellationToken cancellation)
    {
        if (OperatingSystem.IsWindows())
        {
            return SizeBytes(folder);
        }

        var ended = await Command.RunAsync(new CommandLine("du", ["-sk", folder]), cancellation);
        return long.Parse(ended.Output.Split('\t')[0], CultureInfo.InvariantCulture) * 1024;
    }

    public static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }

    private static void WarmFile(string file) =>
        DataSet.Warm(file, [new Extent(0, new FileInfo(file).Length, ContentKind.Files)]);

    private static IEnumerable<string> Files(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories) : [];

    private static void CopyOnWindows(string source, string target)
    {
        if (File.Exists(source))
        {
            CopyAndFlush(source, target);
            return;
        }

        foreach (string file in Files(source))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            CopyAndFlush(file, copy);
        }
    }

    private static void CopyAndFlush(string source, string target)
    {
        File.Copy(source, target);
        using SafeFileHandle handle = File.OpenHandle(target, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }
}
