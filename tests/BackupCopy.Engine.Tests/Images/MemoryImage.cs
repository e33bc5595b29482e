using BackupCopy.Images;

namespace BackupCopy.Tests.Images;

/// <summary>
/// An image in memory that counts what is read of it, so that a test can say that a hostile image costs no
/// more than its size allows. For one thread.
/// </summary>
/// <param name="length">Of the file; beyond the bytes it is a hole.</param>
/// <param name="pages">
/// Where in the file the bytes lie, page by page in rising order, for formats with wide gaps; null for at its
/// beginning.
/// </param>
internal sealed class MemoryImage(string name, byte[] bytes, long? length = null, long[]? pages = null)
    : ImageFile(name)
{
    public const int PageBytes = 4096;

    public byte[] Bytes { get; } = bytes;

    /// <summary>Beyond the bytes it is a hole.</summary>
    public override long LengthBytes { get; } = length ?? bytes.Length;

    public long ReadBytes { get; private set; }

    public long ReadCount { get; private set; }

    public override bool TryNextData(long offset, out long start, out long end)
    {
        start = offset;
        end = Bytes.Length;
        if (pages is null)
        {
            return offset < Bytes.Length;
        }

        var index = Array.FindIndex(pages, p => p + PageBytes > offset);
        if (index < 0 || pages[index] >= LengthBytes)
        {
            return false;
        }

        start = Math.Max(offset, pages[index]);
        end = Math.Min(LengthBytes, pages[index] + PageBytes);
        return true;
    }

    protected override void ReadInside(long offset, Span<byte> to)
    {
        ReadCount++;
        ReadBytes += to.Length;
        to.Clear();
        if (pages is not null)
        {
            ReadPages(offset, to);
        }
        else if (offset < Bytes.Length)
        {
            var part = Bytes.AsSpan((int)offset);
            part[..Math.Min(part.Length, to.Length)].CopyTo(to);
        }
    }

    private void ReadPages(long offset, Span<byte> to)
    {
        for (var i = 0; i < pages!.Length; i++)
        {
            var from = Math.Max(offset, pages[i]);
            var until = Math.Min(offset + to.Length, pages[i] + PageBytes);
            var at = (long)i * PageBytes + from - pages[i];
            until = Math.Min(until, from + Bytes.Length - at);
            if (from < until)
            {
                Bytes.AsSpan((int)at, (int)(until - from)).CopyTo(to[(int)(from - offset)..]);
            }
        }
    }
}

/// <summary>Images in memory that may name each other.</summary>
internal sealed class MemoryNeighbours(params IReadOnlyList<MemoryImage> images) : ImageNeighbours
{
    public override ImageFile Open(ImageFile from, string reference) =>
        images.FirstOrDefault(i => i.Path == Path.GetFileName(reference))
        ?? throw ImageError.NotFound(reference, $"The image {reference} does not exist.");
}
