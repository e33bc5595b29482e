using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// Solves what the entries of a lost map node were. Its content digest is known from above. A holder's node
/// of the same content tells all digests; without one they are guessed from the neighbours and checked. Which
/// record an entry named, the neighbours tell: a name in the next newer node that is no younger than the
/// point was the point's too (I-2), an entry that did not change is the older node's, and what is left was
/// born for the point and is named by nobody else in it.
/// </summary>
internal sealed class NodeSolver : IDisposable
{
    private const int MostGuesses = 1 << 16;

    private readonly RepairWork _work;
    private readonly RecordStore _store;
    private readonly HashSet<RecordName> _given = [];
    private readonly List<HolderChain> _holders;
    private NodeNeighbours _near = null!;
    private BornRecords _born = null!;

    public NodeSolver(RepairWork work, RecordStore store)
    {
        _work = work;
        _store = store;
        _holders = [.. work.Holders.Select(h => new HolderChain(h, work.Cancellation))];
    }

    /// <summary>
    /// Whether an entry as the older point has it goes before a record of the same content that the point
    /// brought: the second is right where a point between the two was removed.
    /// </summary>
    public bool PrefersOlder { get; init; } = true;

    public bool TrySolve(LostNode node, out MapEntry[] entries, out string from)
    {
        entries = [];
        from = "";
        if (!_work.Listed.ContainsKey(node.Use.Name.File))
        {
            return false;
        }

        _near = NodeNeighbours.Of(_work, _store, node);
        _born = new BornRecords(
            _work, _store, node.Use, _near.OlderSequence,
            _work.Files.FirstOrDefault(f => f.Sequence > node.Points[^1]), _given);
        if (TrySolve(node.Use, out entries, out from))
        {
            _given.UnionWith(entries.Where(e => !e.IsEmpty).Select(e => e.Name));
            return true;
        }

        return false;
    }

    public void Dispose() => _holders.ForEach(h => h.Dispose());

    private bool TrySolve(RecordUse node, out MapEntry[] entries, out string from)
    {
        foreach (var holder in _holders)
        {
            if (holder.FindNode(
                    node.Digest, node.Disk.Id, node.Level, node.Index, node.Point.BlockSizeBytes) is { } same
                && TryName(node, [.. same.Select(e => e.Digest)], out entries))
            {
                from = holder.Title;
                return true;
            }
        }

        from = "its neighbours in the chain";
        return TryGuess(node, out entries);
    }

    private bool TryGuess(RecordUse node, out MapEntry[] entries)
    {
        var choices = new Digest[FormatLimits.FanOut][];
        var born = _born.Unclaimed();
        for (var slot = 0; slot < choices.Length; slot++)
        {
            choices[slot] = ChoicesFor(node, slot, born);
        }

        foreach (var digests in NodeGuess.All(choices, MostGuesses))
        {
            _work.Cancellation.ThrowIfCancellationRequested();
            if (NodeGuess.ContentOf(node.Level, digests) == node.Digest
                && TryName(node, digests, out entries))
            {
                return true;
            }
        }

        entries = [];
        return false;
    }

    /// <summary>What a slot may have held, the likeliest first.</summary>
    private Digest[] ChoicesFor(RecordUse node, int slot, IReadOnlyList<BornRecord> born)
    {
        var newer = _near.Newer?[slot] ?? default;
        if (_near.IsInherited(newer))
        {
            return [newer.Digest];
        }

        // A node of the point itself says where it stands; a block does not.
        var index = node.Index * FormatLimits.FanOut + slot;
        var own = born.Where(b => b.Index is null || b.Index == index).Select(b => b.Digest);
        var older = _near.Older?[slot].Digest ?? default;
        IEnumerable<Digest> near = _near.Newer is null ? [older] : [older, newer.Digest];
        return [.. (node.Level > 0 ? own.Concat(near) : near.Concat(own)).Append(default).Distinct()];
    }

    private bool TryName(RecordUse node, Digest[] digests, out MapEntry[] entries)
    {
        entries = new MapEntry[FormatLimits.FanOut];
        _born.Begin();
        for (var slot = 0; slot < entries.Length; slot++)
        {
            if (digests[slot].IsEmpty)
            {
                if (_near.IsInherited(_near.Newer?[slot] ?? default))
                {
                    return false;
                }

                continue;
            }

            if (NameFor(node, slot, digests[slot]) is not { } entry)
            {
                return false;
            }

            entries[slot] = entry;
        }

        BornRecords.ShareRepeated(entries);
        return MapNode.ContentDigest(node.Level, entries) == node.Digest && AllAreThere(entries);
    }

    private MapEntry? NameFor(RecordUse node, int slot, Digest digest)
    {
        var newer = _near.Newer?[slot] ?? default;
        if (_near.IsInherited(newer))
        {
            return newer.Digest == digest ? newer : null;
        }

        var older = _near.Older?[slot] ?? default;
        MapEntry? kept = older.Digest == digest ? older : null;
        var index = node.Index * FormatLimits.FanOut + slot;
        return PrefersOlder && kept is not null ? kept
            : _born.Take(digest, node.Level > 0 ? index : null) ?? kept ?? _born.Shared(digest)
                ?? _born.TakeLost(digest);
    }

    private bool AllAreThere(MapEntry[] entries)
    {
        try
        {
            foreach (var entry in entries.Where(e => !e.IsEmpty))
            {
                _store.Locate(entry.Name);
            }

            return true;
        }
        catch (BackupCopyException error) when (_work.IsDamage(error))
        {
            return false;
        }
    }
}
