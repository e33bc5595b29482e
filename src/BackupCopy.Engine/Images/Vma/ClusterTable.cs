using System.Runtime.InteropServices;

namespace BackupCopy.Images.Vma;

/// <summary>Where the stored blocks of one cluster lie.</summary>
/// <param name="Bits">From the highest: the mask, whether it was put aside, the position.</param>
internal readonly record struct ClusterPlace(ulong Bits)
{
    public const long MostPosition = (1L << PositionBits) - 1;

    private const int PositionBits = 47;
    private const int MaskShift = 48;
    private const ulong AsideBit = 1UL << PositionBits;

    public ClusterPlace(long position, ushort mask, bool isAside)
        : this((ulong)mask << MaskShift | (isAside ? AsideBit : 0) | (ulong)position)
    {
    }

    /// <summary>Whether the cluster came at all: no cluster lies at position 0.</summary>
    public bool IsThere => Bits != 0;

    public ushort Mask => (ushort)(Bits >> MaskShift);

    /// <summary>Whether the blocks lie in the scratch file and not in the archive.</summary>
    public bool IsAside => (Bits & AsideBit) != 0;

    public long Position => (long)(Bits & MostPosition);
}

/// <summary>
/// The places of all clusters of all disks, 8 bytes each: 128 MiB for a TiB. As many pages of it are in
/// memory as may be; the others are in a scratch file, which disks of up to 128 GiB do not need. For any
/// thread.
/// </summary>
internal sealed class ClusterTable(ImageFile archive, ImageSession session, int capacity)
{
    /// <summary>Places in a page: small enough that clusters in any order cost little each.</summary>
    private const int PagePlaces = 512;
    private const int PageBytes = PagePlaces * sizeof(ulong);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, LinkedListNode<Page>> _pages = [];
    private readonly LinkedList<Page> _byUse = new();
    private ScratchFile? _scratch;
    private Page? _last;

    public ClusterPlace this[long index]
    {
        get
        {
            lock (_gate)
            {
                return Get(index / PagePlaces).Places[index % PagePlaces];
            }
        }

        set
        {
            lock (_gate)
            {
                var page = Get(index / PagePlaces);
                page.Places[index % PagePlaces] = value;
                page.IsChanged = true;
            }
        }
    }

    /// <summary>Copies places from this index on, as many as the span takes.</summary>
    public void Read(long index, Span<ClusterPlace> to)
    {
        lock (_gate)
        {
            while (to.Length > 0)
            {
                var part = Get(index / PagePlaces).Places.AsSpan((int)(index % PagePlaces));
                part = part[..Math.Min(part.Length, to.Length)];
                part.CopyTo(to);
                to = to[part.Length..];
                index += part.Length;
            }
        }
    }

    private Page Get(long number)
    {
        if (_last?.Number == number)
        {
            return _last;
        }

        if (_pages.TryGetValue(number, out var known))
        {
            _byUse.Remove(known);
            _byUse.AddFirst(known);
            return _last = known.Value;
        }

        var page = _pages.Count >= capacity ? Free() : new Page();
        page.Number = number;
        var bytes = MemoryMarshal.AsBytes(page.Places.AsSpan());
        var offset = number * PageBytes;
        if (_scratch is not null && offset < _scratch.LengthBytes)
        {
            _scratch.Read(offset, bytes);
        }
        else
        {
            bytes.Clear();
        }

        _pages.Add(number, _byUse.AddFirst(page));
        return _last = page;
    }

    private Page Free()
    {
        var page = _byUse.Last!.Value;
        _byUse.RemoveLast();
        _pages.Remove(page.Number);
        if (page.IsChanged)
        {
            _scratch ??= (ScratchFile)session.Own(ScratchFile.Create(archive));
            _scratch.Write(page.Number * PageBytes, MemoryMarshal.AsBytes(page.Places.AsSpan()));
            page.IsChanged = false;
        }

        return page;
    }

    private sealed class Page
    {
        public ClusterPlace[] Places { get; } = new ClusterPlace[PagePlaces];

        public long Number { get; set; }

        public bool IsChanged { get; set; }
    }
}
