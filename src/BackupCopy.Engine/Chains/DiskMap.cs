using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>
/// Reads the map of one disk at one point: a tree whose nodes are fetched as they are needed.
/// Remembers one path from the root, so walking in order reads each node once; memory is depth × node.
/// For one thread at a time.
/// </summary>
internal sealed class DiskMap
{
    private readonly RecordStore _store;
    private readonly MapEntry _root;
    private readonly (long Index, MapEntry[] Entries)[] _path;

    public DiskMap(RecordStore store, DiskEntry disk, int blockSizeBytes)
    {
        _store = store;
        _root = disk.Root;
        Disk = disk;
        BlockSizeBytes = blockSizeBytes;
        BlockCount = BlockSize.CountFor(disk.SizeBytes, blockSizeBytes);
        RootLevel = MapNode.RootLevelFor(BlockCount);
        _path = new (long, MapEntry[])[RootLevel + 1];
        Array.Fill(_path, (-1, []));
    }

    public DiskEntry Disk { get; }

    public int BlockSizeBytes { get; }

    public long BlockCount { get; }

    public int RootLevel { get; }

    /// <summary>
    /// What names the node at this place: empty for an empty subtree or one outside the disk.
    /// </summary>
    public MapEntry Reference(int level, long index)
    {
        if (level > RootLevel || index << (8 * (level + 1)) >= BlockCount)
        {
            return default;
        }

        if (level == RootLevel)
        {
            return _root;
        }

        var parent = Node(level + 1, index >> 8);
        return parent is null ? default : parent[(int)(index & 255)];
    }

    /// <summary>The 256 entries of a node, not to be changed; null for an empty subtree.</summary>
    public MapEntry[]? Node(int level, long index)
    {
        if (level <= RootLevel && _path[level].Index == index)
        {
            return _path[level].Entries;
        }

        var reference = Reference(level, index);
        if (reference.IsEmpty)
        {
            return null;
        }

        var entries = new MapEntry[FormatLimits.FanOut];
        _store.ReadNode(reference, level, index, entries);
        _path[level] = (index, entries);
        return entries;
    }

    public MapEntry Block(long block) => Node(0, block >> 8) is { } leaf ? leaf[(int)(block & 255)] : default;

    /// <summary>The first block at or after this one that is not zero; -1 when there is none.</summary>
    public long NextData(long from) => from >= BlockCount ? -1 : NextData(RootLevel, 0, from);

    /// <summary>All blocks that are not zero, in order.</summary>
    public IEnumerable<(long Block, MapEntry Entry)> Walk()
    {
        for (var block = NextData(0); block >= 0; block = NextData(block + 1))
        {
            yield return (block, Block(block));
        }
    }

    private long NextData(int level, long index, long from)
    {
        if (Node(level, index) is not { } entries)
        {
            return -1;
        }

        var perChild = MapNode.BlocksPerChild(level);
        var first = index * FormatLimits.FanOut;
        for (var slot = (int)Math.Max(0, from / perChild - first); slot < FormatLimits.FanOut; slot++)
        {
            if (entries[slot].IsEmpty)
            {
                continue;
            }

            var found = level == 0 ? first + slot : NextData(level - 1, first + slot, from);
            if (found >= 0)
            {
                return found;
            }
        }

        return -1;
    }
}
