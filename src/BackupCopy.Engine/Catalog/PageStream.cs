namespace BackupCopy.Catalog;

/// <summary>
/// The data file as LiteDB wants to see it: a stream that it reads and writes a page at a time.
/// </summary>
internal sealed class PageStream(CatalogPages pages) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => pages.Count * CatalogPage.SizeBytes;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        pages.Read(PageAtPosition(count), buffer.AsSpan(offset, count));
        Position += count;
        return count;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        pages.Write(PageAtPosition(count), buffer.AsSpan(offset, count));
        Position += count;
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
        // Durability is the commit's business.
    }

    public override void SetLength(long value) =>
        throw new NotSupportedException("The catalog never shrinks.");

    private uint PageAtPosition(int count) =>
        count == CatalogPage.SizeBytes && Position % CatalogPage.SizeBytes == 0
            ? (uint)(Position / CatalogPage.SizeBytes)
            : throw new NotSupportedException($"{count} bytes at {Position} are not a page.");
}
