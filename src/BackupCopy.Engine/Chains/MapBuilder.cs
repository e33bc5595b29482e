using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>
/// Makes the map of one disk of a new point from its parent's map and the blocks that changed, given in
/// ascending order. Nodes that did not change are shared with the parent; changed ones are written through
/// <c>writeNode</c>. Counts on the way which block files the new map names more or less often than the
/// parent's. Memory is the leaves of the dedupe window plus one node a level. For one thread at a time.
/// </summary>
internal sealed class MapBuilder
{
    /// <summary>
    /// Leaves kept open so that equal new blocks near each other are stored once: 4096 blocks.
    /// </summary>
    private const int WindowLeaves = 16;

    private readonly DiskMap? _parent;
    private readonly long _sizeBytes;
    private readonly int _blockSizeBytes;
    private readonly long _blockCount;
    private readonly int _rootLevel;
    private readonly Func<int, long, MapEntry[], MapEntry> _writeNode;
    private readonly Action<uint, int> _countUse;
    private readonly Queue<Leaf> _window = new();
    private readonly Dictionary<Digest, (Leaf Leaf, int Slot)> _recent = [];
    private readonly OpenNode?[] _open;
    private Leaf? _current;
    private MapEntry _root;
    private long _usedBytes;

    /// <param name="writeNode">Stores a node (level, index, entries) and returns its name.</param>
    /// <param name="countUse">Told of every block file (number, ±1) that gains or loses an entry.</param>
    public MapBuilder(
        DiskMap? parent, long sizeBytes, int blockSizeBytes, Func<int, long, MapEntry[], MapEntry> writeNode,
        Action<uint, int> countUse)
    {
        _parent = parent;
        _sizeBytes = sizeBytes;
        _blockSizeBytes = blockSizeBytes;
        _blockCount = BlockSize.CountFor(sizeBytes, blockSizeBytes);
        _rootLevel = MapNode.RootLevelFor(_blockCount);
        _writeNode = writeNode;
        _countUse = countUse;
        _open = new OpenNode?[_rootLevel + 1];
        _root = parent?.Reference(_rootLevel, 0) ?? default;
        _usedBytes = parent?.Disk.UsedBytes ?? 0;
        GrowFromParent();
    }

    /// <summary>
    /// Puts a block, or nothing, in its place. A block may not lie before the one given last.
    /// </summary>
    public void Set(long block, MapEntry entry)
    {
        var leaf = LeafOf(block);
        leaf.Set((int)(block & 255), entry);
    }

    /// <summary>
    /// The same for a block that this session stored: an equal one nearby will name its record too.
    /// </summary>
    public void SetStored(long block, MapEntry entry)
    {
        Set(block, entry);
        _recent[entry.Digest] = (_current!, (int)(block & 255));
    }

    /// <summary>
    /// Names the record of an equal block stored nearby; both entries then carry the flag "shared" (I-2).
    /// </summary>
    public bool TryShare(long block, Digest digest)
    {
        if (!_recent.TryGetValue(digest, out var twin))
        {
            return false;
        }

        var shared = twin.Leaf.Entries[twin.Slot] with { Flags = MapEntryFlags.Shared };
        twin.Leaf.Set(twin.Slot, shared);
        Set(block, shared);
        return true;
    }

    /// <summary>Makes a range zero; costs nothing where the parent is zero already.</summary>
    public void Clear(long from, long to)
    {
        while (_parent is not null && from < to)
        {
            from = _parent.NextData(from);
            if (from < 0 || from >= to)
            {
                return;
            }

            Set(from, default);
            from++;
        }
    }

    /// <summary>The root of the finished map and the bytes in use.</summary>
    public (MapEntry Root, long UsedBytes) Finish()
    {
        TrimToSize();
        DrainWindow();
        for (var level = 1; level <= _rootLevel; level++)
        {
            CloseNode(level);
        }

        CountChange(_parent?.Reference(_parent.RootLevel, 0) ?? default, _root);
        return (_root, _usedBytes);
    }

    private Leaf LeafOf(long block)
    {
        var index = block >> 8;
        if (_current is not null && _current.Index == index)
        {
            return _current;
        }

        if (_current is not null && index < _current.Index)
        {
            throw new InvalidOperationException($"Block {block} comes after leaf {_current.Index}.");
        }

        _current = new Leaf(index, _parent?.Node(0, index));
        _window.Enqueue(_current);
        if (_window.Count > WindowLeaves)
        {
            Drain(_window.Dequeue());
        }

        return _current;
    }

    private void Drain(Leaf leaf)
    {
        for (var slot = 0; slot < FormatLimits.FanOut; slot++)
        {
            var digest = leaf.Entries[slot].Digest;
            if (!digest.IsEmpty && _recent.TryGetValue(digest, out var recent) && recent.Leaf == leaf)
            {
                _recent.Remove(digest);
            }
        }

        if (leaf.IsChanged)
        {
            CountChanges(leaf.Base, leaf.Entries);
            _usedBytes += UsedBytes(leaf.Index, leaf.Entries, _sizeBytes)
                - UsedBytes(leaf.Index, leaf.Base, _parent?.Disk.SizeBytes ?? 0);
            Put(0, leaf.Index, leaf.Entries);
        }
    }

    private void DrainWindow()
    {
        while (_window.TryDequeue(out var leaf))
        {
            Drain(leaf);
        }
    }

    /// <summary>Writes a changed node and hands its reference to the node above.</summary>
    private void Put(int level, long index, MapEntry[] entries)
    {
        var digest = MapNode.ContentDigest(level, entries);
        var reference = digest.IsEmpty ? default : _writeNode(level, index, entries) with { Digest = digest };
        if (level == _rootLevel)
        {
            _root = reference;
            return;
        }

        Open(level + 1, index >> 8).Entries[(int)(index & 255)] = reference;
    }

    private OpenNode Open(int level, long index)
    {
        if (_open[level] is { } open && open.Index == index)
        {
            return open;
        }

        CloseNode(level);
        var before = _parent is not null && level <= _parent.RootLevel ? _parent.Node(level, index) : null;
        var entries = new MapEntry[FormatLimits.FanOut];
        before?.CopyTo(entries, 0);
        for (var slot = 0; slot < FormatLimits.FanOut; slot++)
        {
            var child = index * FormatLimits.FanOut + slot;
            if (!entries[slot].IsEmpty && child * MapNode.BlocksPerChild(level) >= _blockCount)
            {
                entries[slot] = default;
                Forget(level - 1, child);
            }
        }

        return _open[level] = new OpenNode(index, before, entries);
    }

    private void CloseNode(int level)
    {
        if (_open[level] is { } open)
        {
            _open[level] = null;
            CountChanges(open.Before, open.Entries);
            Put(level, open.Index, open.Entries);
        }
    }

    // A disk that grew over the reach of the parent's root: the old root becomes the
    // first child of new levels.
    private void GrowFromParent()
    {
        if (_parent is null || _parent.RootLevel >= _rootLevel)
        {
            return;
        }

        _root = default;
        var reference = _parent.Reference(_parent.RootLevel, 0);
        if (!reference.IsEmpty)
        {
            Open(_parent.RootLevel + 1, 0).Entries[0] = reference;
        }
    }

    // A disk that shrank: entries beyond the new end must not survive in the nodes that straddle it.
    private void TrimToSize()
    {
        if (_parent is null || _blockCount >= _parent.BlockCount)
        {
            return;
        }

        for (var level = _parent.RootLevel; level > _rootLevel; level--)
        {
            ForgetLevelAbove(level);
        }

        if (_blockCount == 0)
        {
            _window.Clear();
            Forget(0, 0);
            _root = default;
            return;
        }

        var last = _blockCount - 1;
        var straddling = LeafOf(last);
        for (var slot = (int)(last & 255) + 1; slot < FormatLimits.FanOut; slot++)
        {
            straddling.Set(slot, default);
        }

        DrainWindow();
        for (var level = 1; level <= _rootLevel; level++)
        {
            Open(level, last >> (8 * (level + 1)));
        }
    }

    // The first node of a level that the smaller tree does not have: only its first child goes on living.
    private void ForgetLevelAbove(int level)
    {
        var entries = (MapEntry[]?)_parent!.Node(level, 0)?.Clone();
        for (var slot = 0; entries is not null && slot < FormatLimits.FanOut; slot++)
        {
            if (!entries[slot].IsEmpty)
            {
                _countUse(entries[slot].Name.File, -1);
                if (slot > 0)
                {
                    Forget(level - 1, slot);
                }
            }
        }
    }

    /// <summary>Everything below a node of the parent goes: its entries no longer count.</summary>
    private void Forget(int level, long index)
    {
        if (_parent!.Node(level, index) is not { } shared)
        {
            return;
        }

        var entries = (MapEntry[])shared.Clone();
        CountChanges(entries, null);
        if (level == 0)
        {
            _usedBytes -= UsedBytes(index, entries, _parent.Disk.SizeBytes);
            return;
        }

        for (var slot = 0; slot < FormatLimits.FanOut; slot++)
        {
            if (!entries[slot].IsEmpty)
            {
                Forget(level - 1, index * FormatLimits.FanOut + slot);
            }
        }
    }

    private void CountChanges(MapEntry[]? before, MapEntry[]? after)
    {
        for (var slot = 0; slot < FormatLimits.FanOut; slot++)
        {
            CountChange(before is null ? default : before[slot], after is null ? default : after[slot]);
        }
    }

    private void CountChange(MapEntry before, MapEntry after)
    {
        if (!before.IsEmpty)
        {
            _countUse(before.Name.File, -1);
        }

        if (!after.IsEmpty)
        {
            _countUse(after.Name.File, 1);
        }
    }

    private long UsedBytes(long leaf, MapEntry[]? entries, long diskSizeBytes)
    {
        var used = 0L;
        for (var slot = 0; entries is not null && slot < FormatLimits.FanOut; slot++)
        {
            if (!entries[slot].IsEmpty)
            {
                used += BlockSize.LengthOf(leaf * FormatLimits.FanOut + slot, diskSizeBytes, _blockSizeBytes);
            }
        }

        return used;
    }

    private sealed class Leaf(long index, MapEntry[]? parent)
    {
        public long Index { get; } = index;

        public MapEntry[]? Base { get; } = parent;

        public MapEntry[] Entries { get; private set; } = parent ?? new MapEntry[FormatLimits.FanOut];

        public bool IsChanged { get; private set; }

        public void Set(int slot, MapEntry entry)
        {
            if (Entries[slot] == entry)
            {
                return;
            }

            // The parent's array is shared with the map reader: the first change takes a copy.
            if (!IsChanged && Base is not null)
            {
                Entries = (MapEntry[])Entries.Clone();
            }

            IsChanged = true;
            Entries[slot] = entry;
        }
    }

    private sealed class OpenNode(long index, MapEntry[]? before, MapEntry[] entries)
    {
        public long Index { get; } = index;

        public MapEntry[]? Before { get; } = before;

        public MapEntry[] Entries { get; } = entries;
    }
}
