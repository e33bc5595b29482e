namespace BackupCopy.Images.Wrapped;

/// <summary>Unpacks one file from front to back. For one thread.</summary>
internal abstract class Unpacker(CompressedInput input) : IDisposable
{
    /// <summary>How much of the file was used.</summary>
    public long Position => Input.Position;

    /// <summary>The most memory that what was unpacked so far needed for references to itself.</summary>
    public abstract int MostHistoryBytes { get; }

    protected CompressedInput Input { get; } = input;

    public static Unpacker Over(ImageFile file, Wrapping wrapping)
    {
        var input = new CompressedInput(file);
        return wrapping == Wrapping.Gzip ? new GzipUnpacker(input) : new ZstdUnpacker(input);
    }

    /// <summary>The next bytes, as many as come easily; 0 at the sound end of the file.</summary>
    public abstract int Read(Span<byte> to);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    protected BackupCopyException CutOff() =>
        ImageError.Damaged(Input.Path, Input.Position, "it is cut off in the middle of its compressed data");
}
