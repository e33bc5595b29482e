using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Images.Vma;

/// <summary>
/// A file for what does not fit into memory while an image is open. Nobody else can read it, and nothing of
/// it stays behind.
/// </summary>
internal sealed class ScratchFile : ImageFile
{
    private readonly FileStream _stream;
    private readonly ImageFile _owner;
    private long _lengthBytes;

    private ScratchFile(string path, FileStream stream, ImageFile owner)
        : base(path)
    {
        _stream = stream;
        _owner = owner;
    }

    public override long LengthBytes => _lengthBytes;

    private SafeFileHandle Handle => _stream.SafeFileHandle;

    /// <param name="owner">The image that needs it, named in errors.</param>
    public static ScratchFile Create(ImageFile owner)
    {
        var path = System.IO.Path.Combine(
            System.IO.Path.GetTempPath(), $"backupcopy-{Guid.NewGuid():N}.scratch");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            var stream = new FileStream(path, options);
            if (!OperatingSystem.IsWindows())
            {
                // Without a name at once: even a process that is killed leaves nothing.
                File.Delete(path);
            }

            return new ScratchFile(path, stream, owner);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Full(owner, error);
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(Handle, bytes, offset);
            _lengthBytes = Math.Max(_lengthBytes, offset + bytes.Length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Full(_owner, error);
        }
    }

    public override void Dispose()
    {
        _stream.Dispose();
        base.Dispose();
    }

    protected override void ReadInside(long offset, Span<byte> to) => ReadWhole(Handle, offset, to);

    private static BackupCopyException Full(ImageFile owner, Exception error) => new(
        ErrorCode.ImageUnreadable,
        $"The image {owner.Path} needs space for temporary files while it is open, and "
        + $"{System.IO.Path.GetTempPath()} does not give it: {error.Message}",
        "Free space there, or let TMPDIR (on Windows TMP) name a folder with more; unpacking the archive "
        + "beforehand needs the least.",
        error);
}
