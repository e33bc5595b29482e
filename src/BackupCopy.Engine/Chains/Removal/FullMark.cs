using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>What a full mark of a chain found.</summary>
/// <param name="LiveBytes">Slots that some point uses.</param>
/// <param name="Leaked">Records that no point uses and that no index shows as released.</param>
/// <param name="LeakedBytes">Their slots, and files that nobody lists.</param>
/// <param name="Violations">Promises of the format that do not hold; each is damage.</param>
internal sealed record MarkFindings(
    long LiveBytes, int Leaked, long LeakedBytes, IReadOnlyList<string> Violations);

/// <summary>
/// Walks the maps of all points of a chain and compares what they use with what the indexes hold: the proof
/// that removal releases everything and nothing else. Subtrees that a point shares with the point before it
/// are walked once. Reads maps and indexes, no block. Memory is one bit a record.
/// </summary>
internal sealed class FullMark
{
    private readonly Chain _chain;
    private readonly RecordStore _store;
    private readonly RecordSet _used = new();
    private readonly List<string> _violations = [];
    private readonly Dictionary<uint, BlockFileReference> _files = [];
    private HashSet<uint> _listed = [];
    private PointFile? _before;
    private PointFile _point = null!;
    private RecordSet? _usedBefore;

    private FullMark(Chain chain, RecordStore store)
    {
        _chain = chain;
        _store = store;
    }

    /// <summary>Compares and changes nothing.</summary>
    public static MarkFindings Run(Chain chain, CancellationToken stop = default)
    {
        var points = chain.Points();
        using var store = StoreOf(chain, points);
        return MarkAll(chain, points, store, stop).Compare();
    }

    /// <summary>
    /// Releases what nobody uses and, where the storage punches, every page between live records again: what
    /// a copying tool filled, or what a lost release left. Needs the append lock and no tombstone.
    /// </summary>
    /// <returns>What was found before.</returns>
    public static MarkFindings Reclaim_NeedsLock(Chain chain, CancellationToken stop = default)
    {
        var points = chain.Points_NeedsLock();
        using var store = StoreOf(chain, points);
        var mark = MarkAll(chain, points, store, stop);
        var findings = mark.Compare();
        if (findings.Violations.Count == 0
            && chain.Repository.File.EffectiveReleaseMode != ReleaseMode.WholeFiles)
        {
            foreach (var file in mark._files.Values)
            {
                stop.ThrowIfCancellationRequested();
                chain.EnsureLock_NeedsLock();
                mark.Reclaim(file);
            }

            chain.Repository.Storage.FlushDirectory(chain.Path);
        }

        return findings;
    }

    private static RecordStore StoreOf(Chain chain, IReadOnlyList<ChainPoint> points) =>
        chain.OpenStore(points.FirstOrDefault(p => p.File is not null)?.File?.MachineId ?? default);

    private static FullMark MarkAll(
        Chain chain, IReadOnlyList<ChainPoint> points, RecordStore store, CancellationToken stop)
    {
        var mark = new FullMark(chain, store);
        foreach (var point in points)
        {
            stop.ThrowIfCancellationRequested();
            mark.Mark(point.File ?? throw point.Damage!);
        }

        return mark;
    }

    private void Reclaim(BlockFileReference file)
    {
        var storage = _chain.Repository.Storage;
        var index = BlockFiles.ReadIndex(_chain, file);
        var leaked = new List<uint>();
        var live = new List<RecordPlace>();
        for (uint record = 0; record < index.Count; record++)
        {
            if (!index[record].IsReleased && _used.Contains(new RecordName(file.Number, record)))
            {
                live.Add(index[record]);
            }
            else if (!index[record].IsReleased)
            {
                leaked.Add(record);
            }
        }

        if (_chain.Repository.File.EffectiveReleaseMode == ReleaseMode.Punch
            && live.TrueForAll(p => p.File == file.Number))
        {
            var header = BlockFiles.ReadHeader(_chain, file);
            var front = FormatLimits.AlignUp(BlockFileHeader.Size, header.Alignment);
            using var open = storage.Open(
                Path.Combine(_chain.Path, Names.BlockFile(file.Number)), OpenFor.Changing);
            foreach (var range in FreeRanges.Between(front, index.SealedLength, live))
            {
                open.TryPunch(range.Offset, range.Length);
            }

            open.Flush();
        }

        if (leaked.Count > 0)
        {
            storage.Replace(
                Path.Combine(_chain.Path, Names.IndexFile(file.Number)), index.Without(leaked));
        }
    }

    private void Mark(PointFile point)
    {
        _point = point;
        _usedBefore = null;
        _listed = [.. point.BlockFiles.Select(f => f.Number)];
        foreach (var file in point.BlockFiles)
        {
            _files[file.Number] = file;
        }

        foreach (var disk in point.Disks)
        {
            var same = _before?.BlockSizeBytes == point.BlockSizeBytes
                ? _before.Disks.FirstOrDefault(d => d.Id == disk.Id) : null;
            var map = new DiskMap(_store, disk, point.BlockSizeBytes);
            Visit(
                map, same is null ? null : new DiskMap(_store, same, point.BlockSizeBytes), map.RootLevel, 0);
        }

        _before = point;
    }

    private void Visit(DiskMap map, DiskMap? before, int level, long index)
    {
        var node = map.Reference(level, index);
        var old = before?.Reference(level, index) ?? default;
        if (node.IsEmpty || (!old.IsEmpty && old.Name == node.Name))
        {
            return;
        }

        Use(node);
        var entries = map.Node(level, index)!;
        if (level > 0)
        {
            for (var slot = 0; slot < FormatLimits.FanOut; slot++)
            {
                Visit(map, before, level - 1, index * FormatLimits.FanOut + slot);
            }

            return;
        }

        var olds = before?.Node(0, index);
        for (var slot = 0; slot < FormatLimits.FanOut; slot++)
        {
            if (!entries[slot].IsEmpty && (olds is null || olds[slot].Name != entries[slot].Name
                || olds[slot].IsEmpty))
            {
                Use(entries[slot]);
            }
        }
    }

    // A name that the point before does not have at this place: new, or one of several names of a record.
    private void Use(MapEntry entry)
    {
        if (!_listed.Contains(entry.Name.File))
        {
            _violations.Add($"Point {_point.Sequence} names {entry.Name} and does not list the file.");
            return;
        }

        var file = _files[entry.Name.File];
        if (_before is not null && file.BirthSequence <= _before.Sequence
            && !UsedBefore().Contains(entry.Name))
        {
            _violations.Add(
                $"Point {_point.Sequence} names {entry.Name}, born for {file.BirthSequence}, which point "
                + $"{_before.Sequence} does not name.");
        }

        _used.Add(entry.Name);
    }

    private RecordSet UsedBefore() => _usedBefore ??= UsedRecords.Of(_store, _before!, older: 0);

    private MarkFindings Compare()
    {
        long live = 0, leakedBytes = 0;
        var leaked = 0;
        foreach (var file in _files.Values)
        {
            var index = BlockFiles.ReadIndex(_chain, file);
            for (uint record = 0; record < index.Count; record++)
            {
                var isUsed = _used.Contains(new RecordName(file.Number, record));
                if (isUsed && index[record].IsReleased)
                {
                    _violations.Add($"{file.Number}/{record} is in use and was released.");
                }

                live += isUsed ? index[record].SlotLength : 0;
                leaked += !isUsed && !index[record].IsReleased ? 1 : 0;
                leakedBytes += isUsed ? 0 : index[record].SlotLength;
            }
        }

        return new MarkFindings(live, leaked, leakedBytes + GarbageBytes(), _violations);
    }

    private long GarbageBytes()
    {
        var owned = _chain.Unfinished()?.Sequence;
        var named = BlockFiles.AllIndexes(_chain).Where(i => _files.ContainsKey(i.Number))
            .SelectMany(i => Enumerable.Range(0, i.Count).Select(r => i[(uint)r].File)).ToHashSet();
        return _chain.Repository.Storage.List(_chain.Path)
            .Where(e => Names.TryNumber(e.Name, Names.Blocks, out var n) && !_files.ContainsKey(n)
                && !named.Contains(n)
                && BlockFileWalk.ReadHeader(
                    _chain.Repository.Storage, Path.Combine(_chain.Path, e.Name))?.BirthSequence != owned)
            .Sum(e => e.Length);
    }
}
