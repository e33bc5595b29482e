using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// One chain in which others look for bytes and map nodes. What does not verify in it is passed over; a chain
/// that cannot be read at all has nothing.
/// </summary>
internal sealed class HolderChain : IDisposable
{
    private readonly Chain _chain;
    private readonly CancellationToken _cancellation;
    private readonly List<PointFile> _points = [];

    public HolderChain(Holder holder, CancellationToken cancellation)
    {
        Title = holder.Title;
        _chain = holder.Chain;
        _cancellation = cancellation;
        try
        {
            _points.AddRange(_chain.Points().Select(p => p.File).OfType<PointFile>().Reverse());
        }
        catch (BackupCopyException)
        {
            // A repository that went away holds nothing now.
        }

        Store = _chain.OpenStore(_points.Count > 0 ? _points[0].MachineId : default);
    }

    public string Title { get; }

    public RecordStore Store { get; }

    public Guid RepositoryId => _chain.Repository.File.Id;

    public bool IsEncrypted => !_chain.Repository.Key.IsEmpty;

    /// <summary>Newest first.</summary>
    public IReadOnlyList<PointFile> Points => _points;

    /// <summary>Tells of records of wanted content where the same disk has the same block.</summary>
    /// <param name="wishes">By disk and block.</param>
    public void FindInPlace(IReadOnlyList<BlockWish> wishes, Action<Digest, RecordName> found)
    {
        foreach (var point in _points)
        {
            foreach (var disk in point.Disks)
            {
                DiskMap? map = null;
                foreach (var wish in wishes.Where(
                    w => w.DiskId == disk.Id && w.BlockSizeBytes == point.BlockSizeBytes))
                {
                    _cancellation.ThrowIfCancellationRequested();
                    map ??= new DiskMap(Store, disk, point.BlockSizeBytes);
                    if (TryBlock(map, wish.Block) is { } entry && entry.Digest == wish.Digest)
                    {
                        found(wish.Digest, entry.Name);
                    }
                }
            }
        }
    }

    /// <summary>
    /// Tells of records of wanted content anywhere in its maps; what points share is read once.
    /// </summary>
    public void FindAnywhere(IReadOnlySet<Digest> wanted, Action<Digest, RecordName> found)
    {
        Walk(_points, use =>
        {
            if (use.Level < 0 && wanted.Contains(use.Digest))
            {
                found(use.Digest, use.Name);
            }
        });
    }

    /// <summary>
    /// Reads the bytes at the block's place from points of another block size, until their digest is right.
    /// </summary>
    public bool TryCut(BlockWish wish, Span<byte> plain)
    {
        var offset = wish.Block * wish.BlockSizeBytes;
        var tried = new HashSet<string>(StringComparer.Ordinal);
        foreach (var point in _points.Where(p => p.BlockSizeBytes != wish.BlockSizeBytes))
        {
            _cancellation.ThrowIfCancellationRequested();
            if (point.Disks.FirstOrDefault(d => d.Id == wish.DiskId) is { } disk
                && offset + plain.Length <= disk.SizeBytes && TryCut(point, disk, offset, tried, plain)
                && Digest.Of(plain) == wish.Digest)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The 256 entries of a map node of this content, wherever it lies; null without one.</summary>
    public MapEntry[]? FindNode(Digest content, Guid diskId, int level, long index, int blockSizeBytes)
    {
        foreach (var point in _points.Where(p => p.BlockSizeBytes == blockSizeBytes))
        {
            if (point.Disks.FirstOrDefault(d => d.Id == diskId) is { } disk
                && TryNode(new DiskMap(Store, disk, blockSizeBytes), content, level, index) is { } entries)
            {
                return entries;
            }
        }

        return FindNodeAnywhere(content, level, blockSizeBytes);
    }

    public void Dispose() => Store.Dispose();

    private MapEntry[]? FindNodeAnywhere(Digest content, int level, int blockSizeBytes)
    {
        MapEntry[]? found = null;
        Walk([.. _points.Where(p => p.BlockSizeBytes == blockSizeBytes)], use =>
        {
            if (found is null && use.Level == level && use.Digest == content)
            {
                found = TryRead(use.Entry, level, use.Index);
            }
        });
        return found;
    }

    private MapEntry[]? TryNode(DiskMap map, Digest content, int level, long index)
    {
        try
        {
            var reference = map.Reference(level, index);
            return reference.Digest == content ? TryRead(reference, level, index) : null;
        }
        catch (BackupCopyException)
        {
            return null;
        }
    }

    private MapEntry[]? TryRead(MapEntry reference, int level, long index)
    {
        var entries = new MapEntry[FormatLimits.FanOut];
        try
        {
            Store.ReadNode(reference, level, index, entries);
            return entries;
        }
        catch (BackupCopyException)
        {
            return null;
        }
    }

    private static MapEntry? TryBlock(DiskMap map, long block)
    {
        try
        {
            return block < map.BlockCount ? map.Block(block) : null;
        }
        catch (BackupCopyException)
        {
            return null;
        }
    }

    // Points that share the blocks there share their bytes.
    private bool TryCut(
        PointFile point, DiskEntry disk, long offset, HashSet<string> tried, Span<byte> plain)
    {
        try
        {
            using var open = new PointReader(_chain, point, held: null);
            using var reader = new DiskReader(open, disk);
            var first = offset / point.BlockSizeBytes;
            var last = (offset + plain.Length - 1) / point.BlockSizeBytes;
            var names = new List<string>();
            for (var block = first; block <= last; block++)
            {
                names.Add(reader.Map.Block(block).ToString());
            }

            return tried.Add(string.Join(' ', names)) && reader.Read(offset, plain) == plain.Length;
        }
        catch (BackupCopyException)
        {
            return false;
        }
    }

    // Whatever cannot be read there, the next point may be readable.
    private void Walk(IReadOnlyList<PointFile> points, Action<RecordUse> used) =>
        RepairWalk.Run(Store, points, _ => true, used, _cancellation);
}
