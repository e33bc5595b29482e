using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>
/// Turns records that nobody uses into what is done to files: indexes written anew, ranges punched, files
/// deleted. Records of a number normally lie in its own file; those that were moved lie in files that hold
/// nothing else and whose own index is empty.
/// </summary>
internal sealed class SpacePlan
{
    private readonly Chain _chain;
    private readonly RecordSet _freed;
    private readonly HashSet<uint> _dying;
    private readonly ReleaseMode _mode;
    private readonly List<IndexRelease> _indexes = [];
    private readonly List<SpaceRelease> _files = [];
    private readonly HashSet<uint> _moved = [];

    public SpacePlan(
        Chain chain, RecordSet freed, IReadOnlyList<BlockFileReference> dying,
        IReadOnlyList<BlockFileReference> contested)
    {
        _chain = chain;
        _freed = freed;
        _dying = [.. dying.Select(f => f.Number)];
        _mode = chain.Repository.File.EffectiveReleaseMode;
        foreach (var file in dying)
        {
            Delete(file);
        }

        // Whole files only: what dies in a file that lives on stays until the file goes.
        foreach (var file in contested.Where(_ => _mode != ReleaseMode.WholeFiles))
        {
            Release(file);
        }

        PlanMoved();
    }

    public IReadOnlyList<IndexRelease> Indexes => _indexes;

    public IReadOnlyList<SpaceRelease> Files => _files;

    private void Delete(BlockFileReference file)
    {
        var front = BlockFiles.TryReadHeader(_chain, file);
        var index = BlockFiles.TryReadIndex(_chain, file);
        if (front is null && index is null)
        {
            // Whatever lies there under this number is not what the point listed.
            return;
        }

        _indexes.Add(new IndexRelease(file, Dies: true, 0, 0));
        for (uint record = 0; record < (index?.Count ?? 0); record++)
        {
            if (!index![record].IsReleased && index[record].File != file.Number)
            {
                _moved.Add(index[record].File);
            }
        }

        if (front is not null)
        {
            var length = BlockFiles.LengthOf(_chain, file.Number);
            var start = FormatLimits.AlignUp(BlockFileHeader.Size, front.Alignment);
            var freed = index is null || _mode != ReleaseMode.Punch ? length
                : FreeRanges.Of(start, length, OwnSlots(index, _ => true)).FreedBytes
                    + FormatLimits.AlignUp(start, FormatLimits.PageAlignment);
            var indexBytes = FormatLimits.AlignUp(index?.SizeBytes ?? 0, FormatLimits.PageAlignment);
            _files.Add(new SpaceRelease(file.Number, Dies: true, [], freed + indexBytes));
        }
    }

    private void Release(BlockFileReference file)
    {
        var index = BlockFiles.ReadIndex(_chain, file);
        var count = 0;
        var isOwn = false;
        foreach (var record in _freed.Of(file.Number).Where(r => r < index.Count && !index[r].IsReleased))
        {
            count++;
            isOwn |= index[record].File == file.Number;
            if (index[record].File != file.Number)
            {
                _moved.Add(index[record].File);
            }
        }

        if (count == 0)
        {
            return;
        }

        _indexes.Add(new IndexRelease(file, Dies: false, count, index.SizeBytes));
        if (isOwn && _mode == ReleaseMode.Punch)
        {
            var front = BlockFiles.ReadHeader(_chain, file);
            var start = FormatLimits.AlignUp(BlockFileHeader.Size, front.Alignment);
            var free = FreeRanges.Of(
                start, index.SealedLength,
                OwnSlots(index, r => _freed.Contains(new RecordName(file.Number, r))));
            _files.Add(new SpaceRelease(file.Number, Dies: false, free.Ranges, free.FreedBytes));
        }
    }

    // Files of moved records may hold those of several numbers.
    private void PlanMoved()
    {
        if (_moved.Count == 0)
        {
            return;
        }

        var slots = _moved.ToDictionary(m => m, _ => new List<(RecordPlace Place, bool Released)>());
        foreach (var index in BlockFiles.AllIndexes(_chain))
        {
            for (uint record = 0; record < index.Count; record++)
            {
                if (!index[record].IsReleased && slots.TryGetValue(index[record].File, out var there))
                {
                    var name = new RecordName(index.Number, record);
                    there.Add((index[record], _dying.Contains(index.Number) || _freed.Contains(name)));
                }
            }
        }

        foreach (var (number, there) in slots)
        {
            var length = BlockFiles.LengthOf(_chain, number);
            if (there.TrueForAll(s => s.Released))
            {
                _files.Add(new SpaceRelease(number, Dies: true, [], length));
            }
            else if (_mode == ReleaseMode.Punch)
            {
                there.Sort((a, b) => a.Place.Offset.CompareTo(b.Place.Offset));
                var free = FreeRanges.Of(there[0].Place.Offset, length, there);
                _files.Add(new SpaceRelease(number, Dies: false, free.Ranges, free.FreedBytes));
            }
        }
    }

    private static IEnumerable<(RecordPlace Place, bool Released)> OwnSlots(
        IndexFile index, Func<uint, bool> isReleased)
    {
        for (uint record = 0; record < index.Count; record++)
        {
            var place = index[record];
            if (!place.IsReleased && place.File == index.Number)
            {
                yield return (place, isReleased(record));
            }
        }
    }
}
