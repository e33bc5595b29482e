using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <param name="Digest">Of the block, or of the node's content.</param>
/// <param name="Index">Where a node stands; null for a block.</param>
internal readonly record struct BornRecord(RecordName Name, Digest Digest, long? Index);

/// <summary>
/// The records that a point brought: born after the point before it, and not released. Those that nothing in
/// its readable maps names belong to what cannot be read.
/// </summary>
internal sealed class BornRecords
{
    private readonly RepairWork _work;
    private readonly RecordStore _store;
    private readonly RecordUse _node;
    private readonly long _older;
    private readonly HashSet<RecordName> _taken = [];
    private readonly List<RecordName> _lost = [];
    private readonly Lazy<List<BornRecord>> _unclaimed;
    private readonly Lazy<ILookup<Digest, BornRecord>> _byDigest;
    private readonly Lazy<MapUses> _uses;
    private readonly Lazy<ILookup<Digest, RecordName>> _shared;

    /// <param name="newer">
    /// The next newer point: what it names beside the lost node is named by the point there too.
    /// </param>
    /// <param name="given">Names that other lost nodes took just now.</param>
    public BornRecords(
        RepairWork work, RecordStore store, RecordUse node, long older, PointFile? newer,
        IReadOnlySet<RecordName> given)
    {
        _work = work;
        _store = store;
        _node = node;
        _older = older;
        _uses = new(() => MapUses.Of(store, node.Point, work.Cancellation));
        var newerUses = new Lazy<RecordSet>(
            () => newer is null ? new RecordSet() : MapUses.Of(store, newer, work.Cancellation).Names);
        _unclaimed = new(() => [.. Find(
            name => !_uses.Value.Names.Contains(name) && !newerUses.Value.Contains(name)
                && !given.Contains(name),
            _lost)]);
        _byDigest = new(() => _unclaimed.Value.ToLookup(b => b.Digest));
        _shared = new(() => Find(name => _uses.Value.Shared.Contains(name), [])
            .ToLookup(b => b.Digest, b => b.Name));
    }

    /// <summary>In the order in which they were written.</summary>
    public IReadOnlyList<BornRecord> Unclaimed() => _unclaimed.Value;

    /// <summary>Begins to give them out anew.</summary>
    public void Begin() => _taken.Clear();

    /// <summary>An entry for the next record of this content that nobody names; null without one.</summary>
    /// <param name="index">Where a node must stand; null for a block.</param>
    public MapEntry? Take(Digest digest, long? index)
    {
        foreach (var born in _byDigest.Value[digest])
        {
            if (born.Index == index && _taken.Add(born.Name))
            {
                return new MapEntry(digest, born.Name);
            }
        }

        return null;
    }

    /// <summary>
    /// An entry for a record of this content that another entry names already: of this node, or of another
    /// one whose entry says that it is shared.
    /// </summary>
    public MapEntry? Shared(Digest digest)
    {
        foreach (var born in _byDigest.Value[digest].Where(b => b.Index is null && _taken.Contains(b.Name)))
        {
            return new MapEntry(digest, born.Name, MapEntryFlags.Shared);
        }

        foreach (var name in _node.Level == 0 ? _shared.Value[digest] : [])
        {
            return new MapEntry(digest, name, MapEntryFlags.Shared);
        }

        return null;
    }

    /// <summary>
    /// An entry for a record that nobody names and that does not verify itself, the first that is left. Which
    /// of them it was makes no difference: its bytes are made anew behind that name.
    /// </summary>
    public MapEntry? TakeLost(Digest digest)
    {
        _ = _unclaimed.Value;
        foreach (var name in _lost.Where(_taken.Add))
        {
            return new MapEntry(digest, name);
        }

        return null;
    }

    /// <summary>All entries of a record that more than one names say so.</summary>
    public static void ShareRepeated(MapEntry[] entries)
    {
        var repeated = entries.Where(e => !e.IsEmpty).GroupBy(e => e.Name).Where(g => g.Count() > 1)
            .Select(g => g.Key).ToHashSet();
        for (var slot = 0; slot < entries.Length; slot++)
        {
            if (!entries[slot].IsEmpty && repeated.Contains(entries[slot].Name))
            {
                entries[slot] = entries[slot] with { Flags = MapEntryFlags.Shared };
            }
        }
    }

    private IEnumerable<BornRecord> Find(Func<RecordName, bool> isWanted, List<RecordName> lost)
    {
        var kind = _node.Level > 0 ? BlockFileKind.Map : BlockFileKind.Data;
        foreach (var file in _node.Point.BlockFiles.Where(f => f.Kind == kind && f.BirthSequence > _older))
        {
            if (BlockFiles.TryReadIndex(_work.Chain, file) is not { } index)
            {
                continue;
            }

            // Records of a file in the place of another one verify, and are not those of these names.
            var own = IndexSource.NumberWithRecordsOf(_work, file);
            for (uint record = 0; record < index.Count; record++)
            {
                var name = new RecordName(file.Number, record);
                var place = index[record];
                if (place.IsReleased || !isWanted(name))
                {
                    continue;
                }

                var at = place.File == file.Number ? own : place.File;
                if (at is null || !TryRead(name, place with { File = at.Value }, out var born))
                {
                    lost.Add(name);
                }
                else if (born is { } read)
                {
                    yield return read;
                }
            }
        }
    }

    /// <returns>False for one that does not verify.</returns>
    /// <param name="born">Null for a node of another level.</param>
    private bool TryRead(RecordName name, RecordPlace place, out BornRecord? born)
    {
        _work.Cancellation.ThrowIfCancellationRequested();
        born = null;
        try
        {
            var slot = new byte[place.SlotLength];
            _store.ReadRange(place.File, place.Offset, slot);
            if (_node.Level == 0)
            {
                born = new BornRecord(name, _store.Verify(slot, place, RecordKind.Block).Digest, null);
                return true;
            }

            var header = _store.Verify(slot, place, RecordKind.MapNode);
            if (!header.Flags.HasFlag(RecordFlags.Sealed)
                && (header.OriginFileId != _work.Listed[name.File].FileId
                    || header.OriginOrdinal != name.Number))
            {
                return false;
            }

            var plain = slot.AsSpan(RecordHeader.Layout.Size, header.StoredLength);
            var (level, index) = MapNode.PlaceOf(plain, _store.PathOf(place.File));
            if (level == _node.Level - 1)
            {
                var entries = new MapEntry[FormatLimits.FanOut];
                MapNode.Read(plain, level, index, entries, _store.PathOf(place.File));
                born = new BornRecord(name, MapNode.ContentDigest(level, entries), index);
            }

            return true;
        }
        catch (BackupCopyException error) when (_work.IsDamage(error))
        {
            return false;
        }
    }
}
