using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>
/// Block files that are missing, are another file, or have a damaged front. Their records verify by
/// themselves: those that still do move into a new file, the others are fetched by digest. The old file goes
/// with the old bytes.
/// </summary>
internal sealed class BlockFileRepair(RepairWork work, RecordHealer blocks)
{
    private readonly Dictionary<uint, List<ChainDamage>> _files = [];
    private readonly Dictionary<uint, List<RecordName>> _lost = [];
    private readonly HashSet<RecordName> _moved = [];
    private readonly HashSet<uint> _hidden = [];

    /// <summary>Moves what verifies, and asks for the rest.</summary>
    public void Run()
    {
        foreach (var damage in work.Open(
            HealthFindingKind.DamagedBlockFile, HealthFindingKind.MissingBlockFile))
        {
            if (RepairWork.NumberOf(damage) is not { } number)
            {
                work.Leave(damage, "Its name is none of a block file.");
            }
            else if (HasFront(number) && !IsCut(number, out _))
            {
                work.Heal(damage, RepairWork.NothingToDo);
            }
            else
            {
                _files.TryAdd(number, []);
                _files[number].Add(damage);
            }
        }

        if (_files.Count > 0)
        {
            MoveAll();
        }
    }

    /// <summary>To be called once the blocks that were asked for are healed or not.</summary>
    public void Report()
    {
        foreach (var (number, damage) in _files)
        {
            var left = _lost[number].Count(n => !blocks.IsHealed(n) && !_moved.Contains(n));
            foreach (var one in damage)
            {
                if (left > 0 || _hidden.Contains(number))
                {
                    work.Leave(one, left > 0
                        ? $"{left} of its records are nowhere else."
                        : "A map or an index that may name its records does not verify.");
                }
                else
                {
                    work.Heal(one, _lost[number].Count > 0 ? "holders of its records" : "its own records");
                }
            }
        }
    }

    private bool HasFront(uint number) =>
        IndexSource.TryHeader(work, number) is { } header && header.Number == number
        && (!work.Listed.TryGetValue(number, out var file) || file.FileId == header.FileId);

    // A file that was cut keeps what lies before its end.
    private bool IsCut(uint number, out long length)
    {
        length = BlockFiles.LengthOf(work.Chain, number);
        var end = length;
        return work.Listed.Values.Any(f => BlockFiles.TryReadIndex(work.Chain, f) is { } index
            && index.Live().Any(
                r => r.Place.File == number && r.Place.Offset + r.Place.SlotLength > end));
    }

    private void MoveAll()
    {
        using var store = work.NewStore();
        var uses = UsesIn(store, out var isWhole);
        using var data = new NewCopies(work, BlockFileKind.Data) { InUse = _moved.UnionWith };
        using var maps = new NewCopies(work, BlockFileKind.Map) { InUse = _moved.UnionWith };
        foreach (var (number, there) in uses)
        {
            _lost[number] = [];
            if (!isWhole)
            {
                _hidden.Add(number);
            }

            var kept = HasFront(number) && IsCut(number, out var length) ? length : 0;
            foreach (var (use, place) in there.Where(u => u.Place.Offset + u.Place.SlotLength > kept))
            {
                work.Cancellation.ThrowIfCancellationRequested();
                if (TryRead(store, use, place) is { } record)
                {
                    (use.Level < 0 ? data : maps).Add(use.Name, record);
                }
                else
                {
                    _lost[number].Add(use.Name);
                    if (use.Level < 0)
                    {
                        blocks.Want(use);
                    }
                }
            }
        }

        data.Commit();
        maps.Commit();
        if (isWhole)
        {
            ReleaseUnused(uses);
        }
    }

    private Dictionary<uint, List<(RecordUse Use, RecordPlace Place)>> UsesIn(
        RecordStore store, out bool isWhole)
    {
        var uses = _files.Keys.ToDictionary(n => n, _ => new List<(RecordUse, RecordPlace)>());
        var seen = new HashSet<RecordName>();
        var isTold = true;
        var lost = RepairWalk.Run(
            store, work.Files, work.IsDamage,
            use =>
            {
                if (work.TryLocate(store, use.Name) is not { } place)
                {
                    isTold = false;
                }
                else if (uses.TryGetValue(place.File, out var there) && seen.Add(use.Name))
                {
                    there.Add((use, place));
                }
            },
            work.Cancellation);
        isWhole = isTold && lost.Count == 0 && work.IsEveryPointThere;
        return uses;
    }

    // At its place, or at the same offset of the file that the number's own was renamed to.
    private byte[]? TryRead(RecordStore store, RecordUse use, RecordPlace place)
    {
        if (TryReadAt(store, use, place) is { } record)
        {
            return record;
        }

        return work.Listed.TryGetValue(place.File, out var file)
            && IndexSource.NumberOfId(work, file.FileId) is { } elsewhere && elsewhere != place.File
            ? TryReadAt(store, use, place with { File = elsewhere }) : null;
    }

    private byte[]? TryReadAt(RecordStore store, RecordUse use, RecordPlace place)
    {
        try
        {
            var slot = new byte[place.SlotLength];
            store.ReadRange(place.File, place.Offset, slot);
            var opened = (byte[])slot.Clone();
            var header = store.Verify(
                opened, place, use.Level < 0 ? RecordKind.Block : RecordKind.MapNode);
            return use.Level < 0 ? header.Digest == use.Digest ? slot : null
                : IsNode(opened, header, use) ? slot : null;
        }
        catch (BackupCopyException error) when (work.IsDamage(error))
        {
            return null;
        }
    }

    private static bool IsNode(byte[] slot, RecordHeader header, RecordUse use)
    {
        var entries = new MapEntry[FormatLimits.FanOut];
        MapNode.Read(
            slot.AsSpan(RecordHeader.Layout.Size, header.StoredLength), use.Level, use.Index, entries, "");
        return MapNode.ContentDigest(use.Level, entries) == use.Digest;
    }

    // Else the old file would stay for records that nobody names.
    private void ReleaseUnused(Dictionary<uint, List<(RecordUse Use, RecordPlace Place)>> uses)
    {
        var used = uses.Values.SelectMany(u => u).Select(u => u.Use.Name).ToHashSet();
        foreach (var file in work.Listed.Values)
        {
            if (BlockFiles.TryReadIndex(work.Chain, file) is { } index)
            {
                work.Release(index, (record, place) => _files.ContainsKey(place.File)
                    && !used.Contains(new RecordName(file.Number, record)));
            }
        }
    }
}
