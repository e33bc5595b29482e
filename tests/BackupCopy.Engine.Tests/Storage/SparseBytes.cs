using System.Numerics;

namespace BackupCopy.Tests.Storage;

/// <summary>
/// The bytes of one file in copy-on-write pages: a clone shares all pages until one side writes. What was
/// never written, or was punched, takes no space and reads as zeros.
/// </summary>
internal sealed class SparseBytes
{
    public const int BlockSize = 4096;
    private const int PageSize = 8 * BlockSize;

    private readonly Dictionary<long, Page> _pages;
    private int _blocks;

    public SparseBytes() => _pages = [];

    private SparseBytes(SparseBytes from)
    {
        _pages = new Dictionary<long, Page>(from._pages);
        _blocks = from._blocks;
        Length = from.Length;
    }

    public long Length { get; private set; }

    public long AllocatedBytes => (long)_blocks * BlockSize;

    public SparseBytes Clone()
    {
        foreach (var page in _pages.Values)
        {
            if (page.Owner == this)
            {
                page.Owner = null;
            }
        }

        return new SparseBytes(this);
    }

    public int Read(Span<byte> to, long offset)
    {
        var count = (int)Math.Clamp(Length - offset, 0, to.Length);
        for (var done = 0; done < count;)
        {
            var (page, start, length) = Locate(offset + done, count - done);
            var part = to.Slice(done, length);
            var stored = _pages.TryGetValue(page, out var found) ? found.Bytes.AsSpan() : [];
            var available = stored[Math.Min(start, stored.Length)..Math.Min(start + length, stored.Length)];
            available.CopyTo(part);
            part[available.Length..].Clear();
            done += length;
        }

        return count;
    }

    public void Write(ReadOnlySpan<byte> from, long offset)
    {
        for (var done = 0; done < from.Length;)
        {
            var (index, start, length) = Locate(offset + done, from.Length - done);
            var page = Own(index, start + length);
            from.Slice(done, length).CopyTo(page.Bytes.AsSpan(start));
            Allocate(page, start, start + length);
            done += length;
        }

        Length = Math.Max(Length, offset + from.Length);
    }

    /// <summary>Zeros the range and frees the blocks that lie in it as a whole; the length stays.</summary>
    public void Punch(long offset, long length)
    {
        // Pages are few where holes are large: walking them is cheaper than walking the range.
        var end = offset + length;
        var touched = _pages.Keys.Where(page => (page + 1) * PageSize > offset && page * PageSize < end);
        foreach (var index in touched.ToArray())
        {
            var start = (int)Math.Max(0, offset - index * PageSize);
            var stop = (int)Math.Min(PageSize, end - index * PageSize);
            if (stop - start == PageSize)
            {
                _blocks -= BitOperations.PopCount(_pages[index].Allocated);
                _pages.Remove(index);
                continue;
            }

            var page = Own(index, 0);
            var firstBlock = (start + BlockSize - 1) / BlockSize;
            for (var block = firstBlock; block < stop / BlockSize; block++)
            {
                _blocks -= page.Allocated >> block & 1;
                page.Allocated &= (byte)~(1 << block);
            }

            var last = Math.Min(stop, page.Bytes.Length);
            page.Bytes.AsSpan()[Math.Min(start, last)..last].Clear();
        }
    }

    public void SetLength(long length)
    {
        if (length < Length)
        {
            var blockEnd = (Length + BlockSize - 1) / BlockSize * BlockSize;
            Punch(length, blockEnd - length);
        }

        Length = length;
    }

    /// <summary>How many blocks a write to the range would add.</summary>
    public long BlocksMissing(long offset, long length)
    {
        var missing = 0L;
        for (var done = 0L; done < length;)
        {
            var (index, start, part) = Locate(offset + done, (int)Math.Min(int.MaxValue, length - done));
            var allocated = _pages.TryGetValue(index, out var page) ? page.Allocated : 0;
            for (var block = start / BlockSize; block <= (start + part - 1) / BlockSize; block++)
            {
                missing += (allocated >> block & 1) ^ 1;
            }

            done += part;
        }

        return missing;
    }

    private static (long Page, int Start, int Length) Locate(long offset, int wanted)
    {
        var start = (int)(offset % PageSize);
        return (offset / PageSize, start, Math.Min(wanted, PageSize - start));
    }

    private void Allocate(Page page, int start, int stop)
    {
        for (var block = start / BlockSize; block <= (stop - 1) / BlockSize; block++)
        {
            _blocks += (page.Allocated >> block & 1) ^ 1;
            page.Allocated |= (byte)(1 << block);
        }
    }

    private Page Own(long index, int size)
    {
        var exists = _pages.TryGetValue(index, out var page);
        if (page is not null && page.Owner == this && page.Bytes.Length >= size)
        {
            return page;
        }

        var wanted = Math.Max(size, page?.Bytes.Length ?? 0);
        var bytes = new byte[Math.Min(PageSize, BitOperations.RoundUpToPowerOf2((uint)wanted))];
        page?.Bytes.CopyTo(bytes, 0);
        var owned = new Page(bytes) { Owner = this, Allocated = exists ? page!.Allocated : (byte)0 };
        _pages[index] = owned;
        return owned;
    }

    /// <summary>
    /// The front of a page; what its bytes do not reach is zero. Only the owner may change it.
    /// </summary>
    private sealed class Page(byte[] bytes)
    {
        public byte[] Bytes { get; } = bytes;

        public byte Allocated { get; set; }

        public SparseBytes? Owner { get; set; }
    }
}
