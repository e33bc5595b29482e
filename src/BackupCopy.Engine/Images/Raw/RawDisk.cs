namespace BackupCopy.Images.Raw;

/// <summary>A file whose bytes are the disk's own; its holes are those of the file system.</summary>
internal sealed class RawDisk(ImageFile file) : VirtualDisk
{
    public override ImageFormat Format => ImageFormat.Raw;

    public override long SizeBytes => file.LengthBytes;

    public override bool TryNextData(long offset, out long start, out long end) =>
        file.TryNextData(offset, out start, out end);

    public override void Read(long offset, Span<byte> to) => file.Read(offset, to);
}
