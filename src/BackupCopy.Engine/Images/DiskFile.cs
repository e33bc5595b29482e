using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Images;

/// <summary>
/// A file of this machine, or a block device, opened for reading; never written. Holes are found by the file
/// system and never read.
/// </summary>
internal sealed class DiskFile : ImageFile
{
    private readonly SafeFileHandle _handle;
    private readonly FileHoles _holes;
    private readonly FileIdentity _identity;

    private DiskFile(string path, SafeFileHandle handle)
        : base(path)
    {
        _handle = handle;
        _holes = new FileHoles(handle);
        _identity = FileIdentity.Of(handle);
    }

    public override long LengthBytes => _holes.LengthBytes;

    /// <summary>A block device has no state that could be compared, and no format but its bytes.</summary>
    public bool IsDevice => _identity.Kind == FileKind.Device;

    /// <summary>What it was when it was opened.</summary>
    public FileIdentity Identity => _identity;

    /// <param name="what">What errors call it.</param>
    public static DiskFile Open(string path, string what = "image")
    {
        // Before it is opened: a pipe would keep whoever opens it until somebody writes.
        switch (FileIdentity.Of(path)?.Kind)
        {
            case null:
                throw ImageError.NotFound(path, $"The {what} {path} does not exist.");
            case FileKind.Folder:
                throw ImageError.NotFound(path, $"{path} is a folder where an {what} is wanted.");
            case FileKind.Other:
                throw ImageError.NotFound(path, $"The {what} {path} is neither a file nor a block device.");
        }

        try
        {
            var handle = File.OpenHandle(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            try
            {
                return new DiskFile(path, handle);
            }
            catch
            {
                handle.Dispose();
                throw;
            }
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw ImageError.NotFound(path, $"The {what} {path} does not exist.");
        }
        catch (Exception error)
            when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw ImageError.Unreadable(path, error);
        }
    }

    public override bool TryNextData(long offset, out long start, out long end)
    {
        try
        {
            return _holes.TryNextData(offset, out start, out end);
        }
        catch (IOException error)
        {
            throw ImageError.Unreadable(Path, error);
        }
    }

    public override void EnsureUnchanged()
    {
        if (IsDevice)
        {
            if (_holes.ReadLength() != LengthBytes)
            {
                throw ImageError.Changed(Path);
            }

            return;
        }

        // The open file tells of writers, the name of whoever put another file in its place. A link more or
        // less changes the time of change and nothing else, so the open file's own does not count.
        var now = FileIdentity.Of(_handle);
        if (now.LengthBytes != _identity.LengthBytes || now.WrittenUtc != _identity.WrittenUtc
            || FileIdentity.Of(Path) is not { } named
            || (named.Device, named.Inode) != (_identity.Device, _identity.Inode))
        {
            throw ImageError.Changed(Path);
        }
    }

    public override void Dispose()
    {
        _handle.Dispose();
        base.Dispose();
    }

    protected override void ReadInside(long offset, Span<byte> to) => ReadWhole(_handle, offset, to);
}
