using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>What a full mark of a chain found.</summary>
/// <param name="LiveBytes">Slots that some point uses.</param>
/// <param name="Leaked">Records that no point uses and that no index shows as released.</param>
/// <param name="LeakedBytes">Their slots, and files that nobody lists.</param>
/// <param name="Violations">Promises of the format that do not hold; each is damage.</param>
internal sealed record MarkFindings(
    long LiveBytes, int Leaked, long LeakedBytes, IReadOnlyList<string> Violations)
{
    /// <summary>Block files that nobody lists and that hold no record of a point.</summary>
    public IReadOnlyList<StorageEntry> Unlisted { get; init; } = [];
}

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
    private PointFile? _point;
    private RecordSet? _usedBefore;

    /// <summary>
    /// For whoever walks by himself: <see cref="Begin"/> and <see cref="Use"/> point by point, the oldest
    /// first, then <see cref="Compare"/>.
    /// </summary>
    public FullMark(Chain chain, RecordStore store)
    {
        _chain = chain;
        _store = store;
    }

    /// <summary>All records that were told of, blocks and nodes.</summary>
    public RecordSet Used => _used;

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
            mark.Punch(points, stop);
            foreach (var file in mark._files.Values)
            {
                stop.ThrowIfCancellationRequested();
                chain.EnsureLock_NeedsLock();
                mark.Release(file);
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
        var walk = new ChainWalk(store, mark.Use);
        PointFile? before = null;
        foreach (var point in points)
        {
            stop.ThrowIfCancellationRequested();
            var file = point.File ?? throw point.Damage!;
            mark.Begin(file);
            walk.Visit(file, before);
            before = file;
        }

        return mark;
    }

    // Where records moved away, a reader may still go by the old index: those files wait for him.
    private void Punch(IReadOnlyList<ChainPoint> points, CancellationToken stop)
    {
        if (_chain.Repository.File.EffectiveReleaseMode == ReleaseMode.Punch)
        {
            var waiting = OldBytes.Of(_chain);
            var busy = waiting.Count > 0 && OldBytes.Reader(_chain, points) is not null;
            var held = HeldRecords.Count(Indexes());
            var files = HeldRecords.ByFile(
                Indexes, held, held.Keys.Where(n => !busy || !waiting.Contains(n)));
            Punching.Run_NeedsLock(_chain, _files, files, _used.Contains, stop);
        }
    }

    private IEnumerable<IndexFile> Indexes() => _files.Values.Select(f => BlockFiles.ReadIndex(_chain, f));

    private void Release(BlockFileReference file)
    {
        var index = BlockFiles.ReadIndex(_chain, file);
        var leaked = index.Live().Select(r => r.Record)
            .Where(r => !_used.Contains(new RecordName(file.Number, r))).ToList();
        if (leaked.Count > 0)
        {
            _chain.Repository.Storage.Replace(
                Path.Combine(_chain.Path, Names.IndexFile(file.Number)), index.Without(leaked));
        }
    }

    /// <summary>What is used from here on is used by this point.</summary>
    public void Begin(PointFile point)
    {
        _before = _point;
        _point = point;
        _usedBefore = null;
        _listed = [.. point.BlockFiles.Select(f => f.Number)];
        foreach (var file in point.BlockFiles)
        {
            _files[file.Number] = file;
        }
    }

    // A name that the point before does not have at this place: new, or one of several names of a record.
    public void Use(in MapPlace place, in MapEntry entry)
    {
        if (!_listed.Contains(entry.Name.File))
        {
            _violations.Add($"Point {_point!.Sequence} names {entry.Name} and does not list the file.");
            return;
        }

        var file = _files[entry.Name.File];
        if (_before is not null && file.BirthSequence <= _before.Sequence
            && !UsedBefore().Contains(entry.Name))
        {
            _violations.Add(
                $"Point {_point!.Sequence} names {entry.Name}, born for {file.BirthSequence}, which point "
                + $"{_before.Sequence} does not name.");
        }

        _used.Add(entry.Name);
    }

    private RecordSet UsedBefore() => _usedBefore ??= UsedRecords.Of(_store, _before!, older: 0);

    public MarkFindings Compare()
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

        var unlisted = Unlisted();
        return new MarkFindings(live, leaked, leakedBytes + unlisted.Sum(e => e.Length), _violations)
        {
            Unlisted = unlisted,
        };
    }

    private List<StorageEntry> Unlisted()
    {
        var owned = _chain.Unfinished()?.Sequence;
        var named = BlockFiles.AllIndexes(_chain).Where(i => _files.ContainsKey(i.Number))
            .SelectMany(i => i.Live()).Select(r => r.Place.File).ToHashSet();
        named.UnionWith(OldBytes.Of(_chain));
        return
        [
            .. _chain.Repository.Storage.List(_chain.Path)
                .Where(e => Names.TryNumber(e.Name, Names.Blocks, out var n) && !_files.ContainsKey(n)
                    && !named.Contains(n)
                    && (owned is null || BlockFileWalk.ReadHeader(
                        _chain.Repository.Storage, Path.Combine(_chain.Path, e.Name))?.BirthSequence
                        != owned)),
        ];
    }
}
