using System.Buffers.Binary;

namespace BackupCopy.Images;

/// <summary>
/// The tables of images (allocation tables, grain tables, bitmaps), read in pages and kept up to a limit that
/// all files of a session share: the least recently used page goes. For any thread.
/// </summary>
internal sealed class ImagePages(int capacity = ImagePages.UsualCapacity)
{
    public const int PageBytes = 1 << 16;

    /// <summary>12 MiB.</summary>
    private const int UsualCapacity = 192;

    private readonly Lock _gate = new();
    private readonly Dictionary<(ImageFile File, long Page), LinkedListNode<Page>> _pages = [];
    private readonly LinkedList<Page> _byUse = new();

    /// <summary>Fills the span with what lies there, from memory where it was read before.</summary>
    public void Read(ImageFile file, long offset, Span<byte> to)
    {
        if (offset < 0 || to.Length > file.LengthBytes - offset)
        {
            throw ImageError.Damaged(
                file.Path, offset, $"{to.Length} bytes are wanted and the file ends at {file.LengthBytes}");
        }

        lock (_gate)
        {
            while (to.Length > 0)
            {
                var page = Get(file, offset / PageBytes);
                var part = page.AsSpan((int)(offset % PageBytes));
                part = part[..Math.Min(part.Length, to.Length)];
                part.CopyTo(to);
                to = to[part.Length..];
                offset += part.Length;
            }
        }
    }

    public ulong ReadUInt64BigEndian(ImageFile file, long offset)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Read(file, offset, bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    public ulong ReadUInt64LittleEndian(ImageFile file, long offset)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Read(file, offset, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public uint ReadUInt32BigEndian(ImageFile file, long offset)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Read(file, offset, bytes);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    public uint ReadUInt32LittleEndian(ImageFile file, long offset)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Read(file, offset, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>
    /// Where the first byte that is not zero lies in the range, its end when there is none. Holes of the file
    /// are passed by unread.
    /// </summary>
    public long NextNonZero(ImageFile file, long from, long to)
    {
        while (from < to)
        {
            if (TryFindInKnown(file, ref from, to))
            {
                return from;
            }

            if (from >= to || !file.TryNextData(from, out var start, out var end) || start >= to)
            {
                return to;
            }

            from = Math.Max(from, start);
            end = Math.Min(end, to);
            while (from < end)
            {
                var length = (int)Math.Min(end - from, PageBytes - from % PageBytes);
                int found;
                lock (_gate)
                {
                    found = Get(file, from / PageBytes).AsSpan((int)(from % PageBytes), length)
                        .IndexOfAnyExcept((byte)0);
                }

                if (found >= 0)
                {
                    return from + found;
                }

                from += length;
            }
        }

        return to;
    }

    /// <summary>
    /// Passes by the zeros that are in memory. Where the next hole of a file begins is not asked for them:
    /// that may cost the way through all of a file that was just written.
    /// </summary>
    private bool TryFindInKnown(ImageFile file, ref long from, long to)
    {
        lock (_gate)
        {
            while (from < to && _pages.TryGetValue((file, from / PageBytes), out var known))
            {
                var length = (int)Math.Min(to - from, PageBytes - from % PageBytes);
                var found = known.Value.Bytes.AsSpan((int)(from % PageBytes), length)
                    .IndexOfAnyExcept((byte)0);
                if (found >= 0)
                {
                    from += found;
                    return true;
                }

                from += length;
            }
        }

        return false;
    }

    private byte[] Get(ImageFile file, long number)
    {
        if (_pages.TryGetValue((file, number), out var known))
        {
            _byUse.Remove(known);
            _byUse.AddFirst(known);
            return known.Value.Bytes;
        }

        byte[]? bytes = null;
        if (_pages.Count >= capacity)
        {
            var oldest = _byUse.Last!;
            _byUse.RemoveLast();
            _pages.Remove((oldest.Value.File, oldest.Value.Number));
            bytes = oldest.Value.Bytes;
        }

        bytes ??= new byte[PageBytes];
        var start = number * PageBytes;
        file.Read(start, bytes.AsSpan(0, (int)Math.Min(PageBytes, file.LengthBytes - start)));
        _pages.Add((file, number), _byUse.AddFirst(new Page(file, number, bytes)));
        return bytes;
    }

    private sealed record Page(ImageFile File, long Number, byte[] Bytes);
}
