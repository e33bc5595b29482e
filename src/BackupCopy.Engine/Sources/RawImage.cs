using BackupCopy.Format;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Sources;

/// <summary>
/// A raw disk image, or a block device. Read only; holes are found by the file system and never read. The
/// file must stay as it is from opening to <see cref="EnsureUnchanged"/>.
/// </summary>
internal sealed class RawImage : IDiskContent
{
    private readonly SafeFileHandle _handle;
    private readonly FileHoles _holes;
    private readonly string _path;
    private readonly DateTime _changedUtc;

    private RawImage(string path, SafeFileHandle handle)
    {
        _path = path;
        _handle = handle;
        _holes = new FileHoles(handle);
        SizeBytes = _holes.LengthBytes;
        _changedUtc = File.GetLastWriteTimeUtc(handle);
        Name = Path.GetFileName(path);
    }

    public string Name { get; }

    public long SizeBytes { get; }

    public static RawImage Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw NotFound(path, $"{path} is a folder, not a disk image.");
        }

        try
        {
            var handle = File.OpenHandle(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            try
            {
                return Check(new RawImage(path, handle));
            }
            catch
            {
                handle.Dispose();
                throw;
            }
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw NotFound(path, $"The image {path} does not exist.");
        }
        catch (Exception error)
            when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Unreadable(path, error);
        }
    }

    public bool TryNextData(long offset, out long start, out long end)
    {
        try
        {
            return _holes.TryNextData(offset, out start, out end);
        }
        catch (IOException error)
        {
            throw Unreadable(_path, error);
        }
    }

    public IContentReader OpenReader() => new Reader(this);

    public void EnsureUnchanged()
    {
        if (_holes.ReadLength() != SizeBytes || File.GetLastWriteTimeUtc(_handle) != _changedUtc)
        {
            throw Changed(_path);
        }
    }

    public void Dispose() => _handle.Dispose();

    private static RawImage Check(RawImage image)
    {
        if (image.SizeBytes == 0)
        {
            throw new BackupCopyException(
                ErrorCode.ImageEmpty, $"The image {image._path} holds 0 bytes.",
                "Give the image of a disk; an empty file is mostly a failed export.");
        }

        return image.SizeBytes <= FormatLimits.LargestDiskBytes ? image : throw new BackupCopyException(
            ErrorCode.ImageUnreadable,
            $"The image {image._path} is larger than {FormatLimits.LargestDiskBytes >> 40} TiB.",
            "Split the disk; the format holds no larger one.");
    }

    private static BackupCopyException NotFound(string path, string message) => new(
        ErrorCode.ImageNotFound, message, $"Check the path: {Path.GetFullPath(path)}.");

    private static BackupCopyException Unreadable(string path, Exception error) => new(
        ErrorCode.ImageUnreadable, $"The image {path} cannot be read: {error.Message}",
        "Run as an account that may read it, and check the storage it lies on.", error);

    private static BackupCopyException Changed(string path) => new(
        ErrorCode.ImageChanged, $"The image {path} changed while it was read; no restore point was made.",
        "Take the image of a stopped machine or of a snapshot, and run the command when its writer has "
        + "finished.");

    private sealed class Reader(RawImage image) : IContentReader
    {
        public void Read(long offset, Span<byte> to)
        {
            try
            {
                for (var done = 0; done < to.Length;)
                {
                    var count = RandomAccess.Read(image._handle, to[done..], offset + done);
                    done += count > 0 ? count : throw Changed(image._path);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw Unreadable(image._path, error);
            }
        }

        public void Dispose()
        {
        }
    }
}
