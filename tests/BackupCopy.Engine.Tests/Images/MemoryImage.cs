using BackupCopy.Images;

namespace BackupCopy.Tests.Images;

/// <summary>
/// An image in memory that counts what is read of it, so that a test can say that a hostile image costs no
/// more than its size allows. For one thread.
/// </summary>
internal sealed class MemoryImage(string name, byte[] bytes, long? length = null) : ImageFile(name)
{
    public byte[] Bytes { get; } = bytes;

    /// <summary>Beyond the bytes it is a hole.</summary>
    public override long LengthBytes { get; } = length ?? bytes.Length;

    public long ReadBytes { get; private set; }

    public long ReadCount { get; private set; }

    public override bool TryNextData(long offset, out long start, out long end)
    {
        start = offset;
        end = Bytes.Length;
        return offset < Bytes.Length;
    }

    protected override void ReadInside(long offset, Span<byte> to)
    {
        ReadCount++;
        ReadBytes += to.Length;
        to.Clear();
        if (offset < Bytes.Length)
        {
            var part = Bytes.AsSpan((int)offset);
            part[..Math.Min(part.Length, to.Length)].CopyTo(to);
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
