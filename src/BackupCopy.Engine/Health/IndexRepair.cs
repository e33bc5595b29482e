using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>
/// Makes indexes anew that are missing, damaged or another file's. Map files first, by the origin in their
/// records, so that the maps can be walked; they say which records of the data files are in use. What no
/// readable map names keeps its place while a map cannot be read, and is released otherwise.
/// </summary>
internal sealed class IndexRepair(RepairWork work)
{
    private readonly Dictionary<uint, BlockFileReference> _broken = [];
    private readonly HashSet<RecordPlace> _claimed = [];
    private readonly HashSet<uint> _doubtful = [];

    /// <summary>Whether an index was made anew.</summary>
    public bool Any => _broken.Count > 0;

    public void Run()
    {
        foreach (var file in work.Listed.Values)
        {
            if (!IsReadable(file))
            {
                _broken.Add(file.Number, file);
            }
        }

        if (_broken.Count > 0)
        {
            ClaimOthers();
            Rebuild(_broken.Values.Where(f => f.Kind == BlockFileKind.Map));
            Rebuild(_broken.Values.Where(f => f.Kind == BlockFileKind.Data));
        }
    }

    /// <summary>Once more, now that maps that hid what is in use are healed.</summary>
    public void RunAgain()
    {
        var again = _doubtful.Select(n => _broken[n]).ToList();
        _doubtful.Clear();
        foreach (var file in again.Where(f => f.Kind == BlockFileKind.Data))
        {
            if (BlockFiles.TryReadIndex(work.Chain, file) is { } index)
            {
                _claimed.ExceptWith(PlacesOf(index));
            }
        }

        Rebuild(again.Where(f => f.Kind == BlockFileKind.Data));
        ReleaseUnused([.. again.Where(f => f.Kind == BlockFileKind.Map)]);
    }

    public void Report()
    {
        foreach (var damage in work.Open(HealthFindingKind.DamagedIndex))
        {
            var number = RepairWork.NumberOf(damage);
            if (number is null || !work.Listed.TryGetValue(number.Value, out var file))
            {
                HealMoved(damage, number);
            }
            else if (!IsReadable(file))
            {
                work.Leave(damage, "It could not be made anew.");
            }
            else
            {
                work.Heal(
                    damage, _broken.ContainsKey(number.Value) ? "its block file" : RepairWork.NothingToDo);
            }
        }
    }

    // The index of a file of moved records is empty: its records keep the numbers they had.
    private void HealMoved(ChainDamage damage, uint? number)
    {
        if (number is null || IndexSource.TryHeader(work, number.Value) is not { } header
            || header.Number != number || work.Chain.Unfinished()?.Sequence == header.BirthSequence)
        {
            work.Leave(damage, "No restore point that verifies lists its number.");
            return;
        }

        if (BlockFiles.TryReadIndex(work.Chain, number.Value) is { Count: 0 } index
            && index.FileId == header.FileId)
        {
            work.Heal(damage, RepairWork.NothingToDo);
            return;
        }

        work.ReplaceIndex(number.Value, IndexFile.Write(
            number.Value, generation: 1, header.FileId,
            FormatLimits.AlignUp(BlockFiles.LengthOf(work.Chain, number.Value), header.Alignment), []));
        work.Heal(damage, "its block file");
    }

    private bool IsReadable(BlockFileReference file)
    {
        try
        {
            BlockFiles.ReadIndex(work.Chain, file);
            return true;
        }
        catch (BackupCopyException error) when (work.IsDamage(error))
        {
            return false;
        }
    }

    // A place that another number's index names is that number's.
    private void ClaimOthers()
    {
        foreach (var file in work.Listed.Values.Where(f => !_broken.ContainsKey(f.Number)))
        {
            if (BlockFiles.TryReadIndex(work.Chain, file) is { } index)
            {
                _claimed.UnionWith(PlacesOf(index).Where(p => p.File != file.Number));
            }
        }
    }

    private static IEnumerable<RecordPlace> PlacesOf(IndexFile index) => index.Live().Select(r => r.Place);

    private void Rebuild(IEnumerable<BlockFileReference> files)
    {
        var some = files.OrderBy(f => f.Number).ToList();
        if (some.Count == 0)
        {
            return;
        }

        using var store = work.NewStore();
        var uses = UsesOf(some, store, out var isWhole);
        foreach (var file in some)
        {
            work.Cancellation.ThrowIfCancellationRequested();
            if (!isWhole)
            {
                _doubtful.Add(file.Number);
            }

            Rebuild(file, uses[file.Number], isWhole, store);
        }
    }

    private Dictionary<uint, SortedDictionary<uint, RecordUse>> UsesOf(
        List<BlockFileReference> files, RecordStore store, out bool isWhole)
    {
        var uses = files.ToDictionary(f => f.Number, _ => new SortedDictionary<uint, RecordUse>());
        var lost = RepairWalk.Run(
            store, work.Files, work.IsDamage,
            use =>
            {
                if (uses.TryGetValue(use.Name.File, out var there))
                {
                    there.TryAdd(use.Name.Number, use);
                }
            },
            work.Cancellation);
        isWhole = lost.Count == 0 && work.IsEveryPointThere;
        return uses;
    }

    private void Rebuild(
        BlockFileReference file, SortedDictionary<uint, RecordUse> uses, bool isWhole, RecordStore store)
    {
        using var copies = new NewCopies(work, file.Kind);
        var source = new IndexSource(work, file, store);
        var match = new IndexMatch(file, source.Alignment, uses, _claimed)
        {
            KeepsUnknown = !isWhole,
            IsOfOthers = work.Listed.ContainsKey,
        };
        match.Run(source.Records());
        foreach (var record in match.Moving)
        {
            copies.Add(new RecordName(file.Number, record), source.ReadStored(match.Places[record]));
        }

        // Durable where they went before the index names them there; until then it stays as it was.
        foreach (var (record, place) in copies.SealPlaces().GetValueOrDefault(file.Number) ?? [])
        {
            match.Places[record] = place;
        }

        Write(file, match.Places, source.Length);
        copies.ForgetNew();
    }

    private void ReleaseUnused(List<BlockFileReference> files)
    {
        using var store = work.NewStore();
        var uses = UsesOf(files, store, out var isWhole);
        foreach (var file in files.Where(_ => isWhole))
        {
            if (BlockFiles.TryReadIndex(work.Chain, file) is { } index)
            {
                work.Release(index, (record, _) => !uses[file.Number].ContainsKey(record));
            }
        }
    }

    private void Write(
        BlockFileReference file, SortedDictionary<uint, RecordPlace> places, long sealedLength)
    {
        var all = new RecordPlace[places.Count == 0 ? 0 : places.Keys.Max() + 1];
        foreach (var (record, place) in places)
        {
            all[record] = place;
        }

        _claimed.UnionWith(places.Values.Where(p => p.File != file.Number));
        var before = BlockFiles.TryReadIndex(work.Chain, file)?.Generation ?? 0;
        work.ReplaceIndex(
            file.Number, IndexFile.Write(file.Number, before + 1, file.FileId, sealedLength, all));
    }
}
