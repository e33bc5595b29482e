using BackupCopy.Sources;

namespace BackupCopy.Tests.Chains;

/// <summary>A disk in memory: sparse by block, so that tests hold large disks cheaply.</summary>
internal sealed class MemoryDisk(string name, long sizeBytes) : IDiskContent
{
    public const int PageBytes = 4096;

    private readonly SortedDictionary<long, byte[]> _pages = [];

    public string Name { get; } = name;

    public long SizeBytes { get; private set; } = sizeBytes;

    /// <summary>Changes how often the content claims to have changed; for the error path.</summary>
    public Action? OnCheck { get; set; }

    public MemoryDisk Clone()
    {
        var copy = new MemoryDisk(Name, SizeBytes);
        foreach (var (page, bytes) in _pages)
        {
            copy._pages.Add(page, bytes);
        }

        return copy;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var page = offset / PageBytes;
            var within = (int)(offset % PageBytes);
            var count = Math.Min(PageBytes - within, bytes.Length);
            var changed = _pages.TryGetValue(page, out var old) ? (byte[])old.Clone() : new byte[PageBytes];
            bytes[..count].CopyTo(changed.AsSpan(within));
            _pages[page] = changed;
            bytes = bytes[count..];
            offset += count;
        }
    }

    public void Discard(long offset, long length)
    {
        foreach (var page in _pages.Keys
            .Where(p => p * PageBytes >= offset && (p + 1) * PageBytes <= offset + length).ToList())
        {
            _pages.Remove(page);
        }
    }

    public void Resize(long sizeBytes)
    {
        SizeBytes = sizeBytes;
        foreach (var page in _pages.Keys.Where(p => p * PageBytes >= sizeBytes).ToList())
        {
            _pages.Remove(page);
        }

        if (sizeBytes % PageBytes != 0 && _pages.TryGetValue(sizeBytes / PageBytes, out var last))
        {
            var cut = new byte[PageBytes];
            last.AsSpan(0, (int)(sizeBytes % PageBytes)).CopyTo(cut);
            _pages[sizeBytes / PageBytes] = cut;
        }
    }

    public bool TryNextData(long offset, out long start, out long end)
    {
        var page = offset / PageBytes;
        foreach (var key in _pages.Keys)
        {
            if (key >= page)
            {
                start = Math.Max(offset, key * PageBytes);
                end = Math.Min(SizeBytes, (key + 1) * PageBytes);
                return true;
            }
        }

        start = end = 0;
        return false;
    }

    public IContentReader OpenReader() => new Reader(this);

    public void EnsureUnchanged() => OnCheck?.Invoke();

    public void Read(long offset, Span<byte> to)
    {
        while (!to.IsEmpty)
        {
            var within = (int)(offset % PageBytes);
            var count = Math.Min(PageBytes - within, to.Length);
            if (_pages.TryGetValue(offset / PageBytes, out var bytes))
            {
                bytes.AsSpan(within, count).CopyTo(to);
            }
            else
            {
                to[..count].Clear();
            }

            to = to[count..];
            offset += count;
        }
    }

    /// <summary>
    /// Offsets of 4 KiB pages with content in either disk: what a comparison has to look at.
    /// </summary>
    public IEnumerable<long> Pages() => _pages.Keys.Select(p => p * PageBytes);

    public void Dispose()
    {
    }

    private sealed class Reader(MemoryDisk disk) : IContentReader
    {
        public void Read(long offset, Span<byte> to) => disk.Read(offset, to);

        public void Dispose()
        {
        }
    }
}
