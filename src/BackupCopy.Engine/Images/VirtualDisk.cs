namespace BackupCopy.Images;

/// <summary>
/// What the guest sees of one disk of an image. Both calls may come from any thread at any offset. Ranges
/// that <see cref="TryNextData"/> leaves out read as zeros and need no reading. An image that lies about
/// itself is an error that names the file and the offset, found in time and memory that depend on the size of
/// its files and never on what they claim.
/// </summary>
internal abstract class VirtualDisk : IDisposable
{
    public abstract ImageFormat Format { get; }

    /// <summary>As the guest sees it, a multiple of 512 in all formats but raw.</summary>
    public abstract long SizeBytes { get; }

    /// <summary>
    /// The next range at or after the offset that may hold data; false when only zeros follow. Neighbouring
    /// data comes as one range as far as that costs nothing further.
    /// </summary>
    public abstract bool TryNextData(long offset, out long start, out long end);

    /// <summary>Fills the whole span from this offset; the range lies within the disk.</summary>
    public abstract void Read(long offset, Span<byte> to);

    /// <summary>Closes what only this disk uses; files belong to the <see cref="ImageSession"/>.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}
