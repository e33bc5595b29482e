namespace BackupCopy.Images.Writing;

/// <summary>The disk's bytes at their own places.</summary>
internal sealed class RawWriter : ImageWriter
{
    private readonly IImageSink _sink;

    public RawWriter(IImageSink sink, long sizeBytes)
    {
        _sink = sink;
        sink.SetLength(sizeBytes);
    }

    public override string Extension => "raw";

    public override void Write(long offset, ReadOnlySpan<byte> plain) => _sink.Write(offset, plain);

    public override void Finish()
    {
    }
}
