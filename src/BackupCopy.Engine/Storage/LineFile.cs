using System.Runtime.Versioning;
using System.Security.AccessControl;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Storage;

/// <summary>
/// A file to which any number of processes, of whatever user or session, add lines at once. A line is one
/// write that the system puts at the end, so it needs no lock and is never mixed with another one. Nothing is
/// flushed to the disk: a line outlives its process, not a power cut.
/// </summary>
internal static class LineFile
{
    private const UnixFileMode ForFiles =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private static readonly TimeSpan s_oneWrite = TimeSpan.FromMilliseconds(20);

    /// <summary>Adds a line, unless the file has reached its size limit.</summary>
    /// <param name="path">
    /// The file; it and its folder are made where they are missing, and only who may read the folder above
    /// that may read them, others never.
    /// </param>
    /// <param name="line">The line with its end.</param>
    /// <returns>False for a full file; nothing is added then.</returns>
    public static bool TryAppend(string path, ReadOnlySpan<byte> line, long limitBytes)
    {
        try
        {
            return OperatingSystem.IsWindows()
                ? TryAppendOnWindows(path, line, limitBytes) : TryAppendOnUnix(path, line, limitBytes);
        }
        catch (Exception error) when (StorageError.IsStorage(error))
        {
            throw StorageError.From(error, path);
        }
    }

    // The right to append without the right to write makes the system choose the place, as O_APPEND does.
    [SupportedOSPlatform("windows")]
    private static bool TryAppendOnWindows(string path, ReadOnlySpan<byte> line, long limitBytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var stream = new FileInfo(path).Create(
            FileMode.OpenOrCreate, FileSystemRights.AppendData | FileSystemRights.Read,
            FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, FileOptions.None, fileSecurity: null);
        var length = stream.Length;
        if (length < limitBytes)
        {
            RandomAccess.Write(stream.SafeFileHandle, Line(stream.SafeFileHandle, length, line), length);
        }

        return length < limitBytes;
    }

    [UnsupportedOSPlatform("windows")]
    private static bool TryAppendOnUnix(string path, ReadOnlySpan<byte> line, long limitBytes)
    {
        if (!File.Exists(path))
        {
            CreateOnUnix(path);
        }

        using var file = Posix.OpenToAppend(path);
        var length = RandomAccess.GetLength(file);
        if (length >= limitBytes)
        {
            return false;
        }

        var bytes = Line(file, length, line);
        for (var done = 0; done < bytes.Length;)
        {
            done += Posix.Append(file, bytes[done..], path);
        }

        return true;
    }

    [UnsupportedOSPlatform("windows")]
    private static void CreateOnUnix(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        var access = File.GetUnixFileMode(Path.GetDirectoryName(folder)!);
        Directory.CreateDirectory(
            folder, access & (ForFiles | UnixFileMode.UserExecute | UnixFileMode.GroupExecute));
        new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = access & ForFiles,
        }).Dispose();
    }

    // A line that a full disk or a kill cut short must not take the next one with it. One that another
    // process is writing looks the same, but not for long.
    private static ReadOnlySpan<byte> Line(SafeFileHandle file, long length, ReadOnlySpan<byte> line)
    {
        while (!EndsInLine(file, length))
        {
            Thread.Sleep(s_oneWrite);
            var now = RandomAccess.GetLength(file);
            if (now == length)
            {
                byte[] own = [(byte)'\n', .. line];
                return own;
            }

            length = now;
        }

        return line;
    }

    private static bool EndsInLine(SafeFileHandle file, long length)
    {
        Span<byte> last = stackalloc byte[1];
        return length == 0 || RandomAccess.Read(file, last, length - 1) == 0 || last[0] == '\n';
    }
}
