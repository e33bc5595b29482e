namespace BackupCopy.Images.Writing;

/// <summary>Where a new image's bytes go.</summary>
internal interface IImageSink
{
    /// <summary>Writes all of it; a gap before it reads as zeros.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Ends the file there; beyond its bytes it reads as zeros.</summary>
    void SetLength(long lengthBytes);
}

/// <summary>
/// Writes one disk as a new sparse image. What is not written reads as zeros. One call at a time, each range
/// once, in any order; the image is whole after <see cref="Finish"/>.
/// </summary>
internal abstract class ImageWriter
{
    public static ImageWriter Create(ExportFormat format, IImageSink sink, long sizeBytes) => format switch
    {
        ExportFormat.Qcow2 => new Qcow2Writer(sink, sizeBytes),
        ExportFormat.Vhdx => new VhdxWriter(sink, sizeBytes),
        _ => new RawWriter(sink, sizeBytes),
    };

    /// <summary>The ending of such files, without a dot.</summary>
    public abstract string Extension { get; }

    /// <summary>Puts a piece of the disk; the range lies within it.</summary>
    public abstract void Write(long offset, ReadOnlySpan<byte> plain);

    /// <summary>Writes what is still to be written of the image's own structures.</summary>
    public abstract void Finish();
}
