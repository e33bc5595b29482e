using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// Heals map nodes: by another record of the same origin, else by solving what their entries must have been.
/// A solved node says the content by its digest; that it also names the right records, the counted uses of
/// each point and a full mark must confirm, or it is taken back. Points whose maps stay broken are set aside.
/// </summary>
internal sealed class MapRepair(RepairWork work)
{
    private const string AsideText = "Set aside by a repair: its map cannot be rebuilt. ";

    private readonly Dictionary<RecordName, string> _from = [];
    private readonly Dictionary<RecordName, RecordPlace> _placesBefore = [];
    private readonly Dictionary<RecordName, LostNode> _solved = [];
    private IReadOnlyList<LostNode> _bad = [];

    /// <summary>Whether a map of some point cannot be read.</summary>
    public bool IsBroken => _bad.Count > 0;

    public void Run()
    {
        HealAll(prefersOlder: true);
        if (_solved.Count > 0 && !IsConfirmed())
        {
            TakeBack();
            HealAll(prefersOlder: false);
            if (_solved.Count > 0 && !IsConfirmed())
            {
                TakeBack();
                _bad = Walk();
            }
        }

        Report();
    }

    /// <summary>
    /// Marks the points whose maps stay broken; clears marks of those that are whole again.
    /// </summary>
    public void SetAside()
    {
        foreach (var point in work.Points.Where(p => p.File is not null && !p.HasTwin))
        {
            var bad = _bad.FirstOrDefault(b => b.Points.Contains(point.Sequence));
            if (bad is not null && point.Mark is not { IsSetAside: true } && point.MarkDamage is null
                && TryMark(point, mark => mark with
                {
                    IsSetAside = true,
                    Reason = AsideText + bad.Error.Message,
                }))
            {
                work.SetAside.Add(point.Sequence);
            }
            else if (bad is null && point.Mark is { IsSetAside: true } known
                && known.Reason.StartsWith(AsideText, StringComparison.Ordinal))
            {
                TryMark(point, mark => mark with { IsSetAside = false, Reason = "" });
            }
        }
    }

    // Somebody who changes the mark now comes first; what does not verify stays so, and the next repair asks
    // again.
    private bool TryMark(ChainPoint point, Func<MarkFile, MarkFile> change)
    {
        try
        {
            work.Chain.ChangeMark(point, work.NowUtc, change);
            return true;
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.PointLocked)
        {
            return false;
        }
    }

    private void HealAll(bool prefersOlder)
    {
        // A healed node may show broken ones below it, and tell its neighbours what they miss.
        for (var healed = -1; healed < _from.Count; )
        {
            healed = _from.Count;
            _bad = Walk();
            if (_bad.Count > 0)
            {
                HealSome(prefersOlder);
            }
        }
    }

    private IReadOnlyList<LostNode> Walk()
    {
        using var store = work.NewStore();
        return RepairWalk.Run(store, work.Files, work.IsDamage, used: null, work.Cancellation);
    }

    private void HealSome(bool prefersOlder)
    {
        using var store = work.NewStore();
        using var copies = new NewCopies(work, BlockFileKind.Map);
        var found = new Dictionary<RecordName, string>();
        foreach (var (node, record) in NodeSearch.ByOrigin(work, _bad, store))
        {
            copies.Add(node.Use.Name, record);
            found.Add(node.Use.Name, "another record of the same node");
        }

        using var solver = new NodeSolver(work, store) { PrefersOlder = prefersOlder };
        foreach (var node in _bad.Where(b => !found.ContainsKey(b.Use.Name))
            .OrderBy(b => b.Use.Point.Sequence).ThenBy(b => b.Use.Index))
        {
            work.Cancellation.ThrowIfCancellationRequested();
            if (solver.TrySolve(node, out var entries, out var from))
            {
                copies.AddNode(node.Use.Name, node.Use.Level, node.Use.Index, entries);
                found.Add(node.Use.Name, from);
                _solved[node.Use.Name] = node;
            }
        }

        foreach (var name in found.Keys)
        {
            _placesBefore.TryAdd(name, PlaceOf(name));
        }

        copies.Commit();
        foreach (var (name, from) in found)
        {
            _from[name] = from;
        }
    }

    private RecordPlace PlaceOf(RecordName name) =>
        BlockFiles.TryReadIndex(work.Chain, name.File) is { } index && name.Number < index.Count
            ? index[name.Number] : default;

    // The numbers in the point files were counted when the points were made.
    private bool IsConfirmed()
    {
        using var store = work.NewStore();
        var bad = _bad.SelectMany(b => b.Points).ToHashSet();
        foreach (var point in work.Files.Where(f => !bad.Contains(f.Sequence)))
        {
            var uses = MapUses.Of(store, point, work.Cancellation);
            if (point.BlockFiles.Any(f => uses.Counts.GetValueOrDefault(f.Number) != f.Uses)
                || uses.Counts.Count != point.BlockFiles.Count)
            {
                return false;
            }
        }

        try
        {
            var touched = _solved.Values.SelectMany(n => n.Points).ToHashSet();
            touched.UnionWith(work.Files.Zip(work.Files.Skip(1))
                .Where(p => touched.Contains(p.First.Sequence)).Select(p => p.Second.Sequence).ToList());
            return !FullMark.Run(work.Chain, work.Cancellation).Violations.Any(
                v => touched.Any(t => v.StartsWith($"Point {t} names ", StringComparison.Ordinal)));
        }
        catch (BackupCopyException error) when (work.IsDamage(error))
        {
            // Another point's trouble; the counts are what there is to say.
            return true;
        }
    }

    private void TakeBack()
    {
        foreach (var group in _solved.Keys.GroupBy(n => n.File))
        {
            if (BlockFiles.TryReadIndex(work.Chain, group.Key) is { } index)
            {
                OldBytes.Remember_NeedsLock(
                    work.Chain, group.Select(n => index[n.Number].File).Distinct().ToList());
                MovedRecords.Switch(
                    work.Chain, index, group.Select(
                        n => new KeyValuePair<uint, RecordPlace>(n.Number, _placesBefore[n])));
            }
        }

        foreach (var name in _solved.Keys)
        {
            _from.Remove(name);
        }

        _solved.Clear();
    }

    private void Report()
    {
        var bad = _bad.Select(b => b.Use.Name).ToHashSet();
        foreach (var damage in work.Open(HealthFindingKind.DamagedMap))
        {
            if (damage.Record is null)
            {
                work.Leave(damage, "It does not say which record it is.");
            }
            else if (damage.Record is { } name && !bad.Contains(name)
                && _from.TryGetValue(name, out var from))
            {
                work.Heal(damage, from);
            }
            else if (damage.Record is { } left && bad.Contains(left))
            {
                work.Leave(
                    damage,
                    "No neighbour or holder tells all of its entries. The restore points that need it are "
                    + "set aside.");
            }
            else
            {
                work.Heal(damage, RepairWork.NothingToDo);
            }
        }
    }
}
