using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace BackupCopy.Benchmarks.Data;

/// <summary>
/// An endless stream of the content of this machine's own program and document files, each padded to 4 KiB
/// as on a file system. The order is a hash of the path, so every part of the stream has many kinds of files.
/// Once the files are used up they come again with another constant added to every byte: as compressible as
/// before, and never the same block twice.
/// </summary>
internal sealed class RealFiles : IDisposable
{
    private const long LargestFileBytes = 64 << 20;
    private static readonly string[] PackedExtensions =
    [
        ".gz", ".xz", ".bz2", ".zst", ".br", ".7z", ".zip", ".nupkg", ".jar", ".png", ".jpg", ".woff2",
    ];

    private readonly IReadOnlyList<string> _paths;
    private readonly byte _firstPass;
    private long _index;
    private FileStream? _current;
    private long _currentLeft;
    private int _paddingBytes;

    /// <param name="paths">The result of <see cref="List"/>.</param>
    /// <param name="start">Another start gives other content: where it begins, and which constant.</param>
    public RealFiles(IReadOnlyList<string> paths, ulong start)
    {
        _paths = paths;
        _index = (long)(start % (ulong)paths.Count);
        _firstPass = (byte)(start >> 32);
    }

    public static IReadOnlyList<string> List()
    {
        string[] roots = OperatingSystem.IsWindows()
            ? [Environment.SystemDirectory, Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles)]
            : ["/usr/lib", "/usr/share", RuntimeEnvironment.GetRuntimeDirectory()];
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        };
        return [.. roots.Where(Directory.Exists)
            .SelectMany(root => Directory.EnumerateFiles(root, "*", options))
            .Distinct()
            .Where(path => !PackedExtensions.Contains(Path.GetExtension(path)))
            .OrderBy(path => XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(path)))
            .ThenBy(path => path, StringComparer.Ordinal)];
    }

    public void Fill(Span<byte> target)
    {
        while (target.Length > 0)
        {
            if (_paddingBytes > 0)
            {
                int padding = Math.Min(_paddingBytes, target.Length);
                target[..padding].Clear();
                _paddingBytes -= padding;
                target = target[padding..];
                continue;
            }

            int read = _current?.Read(target[..(int)Math.Min(target.Length, _currentLeft)]) ?? 0;
            Shift(target[..read], (byte)(_firstPass + (((_index - 1) / _paths.Count) * 17)));
            target = target[read..];
            _currentLeft -= read;
            if (read == 0)
            {
                OpenNext();
            }
        }
    }

    public void Dispose() => _current?.Dispose();

    private void OpenNext()
    {
        if (_current is not null)
        {
            _paddingBytes = (int)(-_current.Position & (Extent.Alignment - 1));
            _current.Dispose();
            _current = null;
        }

        for (int tries = 0; _current is null; tries++)
        {
            if (tries == _paths.Count)
            {
                throw new IOException("No readable files for the data set were found on this machine.");
            }

            string path = _paths[(int)(_index++ % _paths.Count)];
            try
            {
                _current = new FileStream(
                    path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            _currentLeft = Math.Min(_current.Length, LargestFileBytes);
        }
    }

    private static void Shift(Span<byte> content, byte by)
    {
        if (by == 0)
        {
            return;
        }

        for (int i = 0; i < content.Length; i++)
        {
            content[i] += by;
        }
    }
}
