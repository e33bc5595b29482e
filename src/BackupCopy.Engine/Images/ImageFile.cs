using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Images;

/// <summary>
/// The bytes of one file that an image consists of, read by position from any thread. What an image says of
/// itself is not trusted: a range outside of the file is that image's damage, named with file and offset.
/// </summary>
internal abstract class ImageFile(string path) : IDisposable
{
    /// <summary>The path as errors name it.</summary>
    public string Path { get; } = path;

    public abstract long LengthBytes { get; }

    /// <summary>
    /// Whether the bytes can only be had from front to back, as those of a compressed file: reading before
    /// what was read last begins anew.
    /// </summary>
    public virtual bool IsForwardOnly => false;

    /// <summary>Fills the whole span from this offset, or throws.</summary>
    public void Read(long offset, Span<byte> to)
    {
        if (offset < 0 || to.Length > LengthBytes - offset)
        {
            throw ImageError.Damaged(
                Path, offset, $"{to.Length} bytes are wanted and the file ends at {LengthBytes}");
        }

        ReadInside(offset, to);
    }

    /// <summary>
    /// The next range at or after the offset that may hold data; false when only a hole follows.
    /// </summary>
    public virtual bool TryNextData(long offset, out long start, out long end)
    {
        start = offset;
        end = LengthBytes;
        return offset < LengthBytes;
    }

    /// <summary>Throws when the file changed, or another took its name, since it was opened.</summary>
    public virtual void EnsureUnchanged()
    {
    }

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>Fills the span; the range lies within the file.</summary>
    protected abstract void ReadInside(long offset, Span<byte> to);

    /// <summary>Fills the span from an open file; one that ends before has changed.</summary>
    protected void ReadWhole(SafeFileHandle handle, long offset, Span<byte> to)
    {
        try
        {
            for (var done = 0; done < to.Length;)
            {
                var count = RandomAccess.Read(handle, to[done..], offset + done);
                done += count > 0 ? count : throw ImageError.Changed(Path);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ImageError.Unreadable(Path, error);
        }
    }
}
