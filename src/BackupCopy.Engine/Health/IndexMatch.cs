using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// Gives the record numbers of one block file their places again: by the origin in the record where it is the
/// file's own, else by content. Two numbers never get one place; equal content is given out in ascending
/// order.
/// </summary>
/// <param name="uses">What readable maps name of the file.</param>
/// <param name="claimed">Places that indexes of other numbers name.</param>
internal sealed class IndexMatch(
    BlockFileReference file, int alignment, SortedDictionary<uint, RecordUse> uses,
    IReadOnlySet<RecordPlace> claimed)
{
    private readonly HashSet<RecordPlace> _taken = [];

    /// <summary>Whether records that nobody is known to name keep their places.</summary>
    public bool KeepsUnknown { get; init; }

    public SortedDictionary<uint, RecordPlace> Places { get; } = [];

    /// <summary>
    /// Numbers whose records must move before an index names them: they lie in a file that is another
    /// number's, or out of the order in which an index names records of its own file.
    /// </summary>
    public HashSet<uint> Moving { get; } = [];

    public void Run(IEnumerable<ScannedRecord> records)
    {
        var wanted = file.Kind == BlockFileKind.Data
            ? uses.Values.Select(u => u.Digest).ToHashSet() : [];
        var found = records.Where(r => !claimed.Contains(r.Place)
            && (r.OriginFileId == file.FileId || wanted.Contains(r.Digest))).ToList();
        MatchOrigins(found);
        MatchDigests(found);
        Moving.UnionWith(Places.Where(p => IsForeign(p.Value)).Select(p => p.Key));
        Moving.UnionWith(OutOfOrder());
        if (file.Kind == BlockFileKind.Data)
        {
            PlaceLost();
        }
    }

    /// <summary>Other files that points list, to which this number's file was renamed.</summary>
    public Func<uint, bool> IsOfOthers { get; init; } = _ => false;

    private bool IsForeign(RecordPlace place) => place.File != file.Number && IsOfOthers(place.File);

    private void MatchOrigins(List<ScannedRecord> found)
    {
        // What moved lies in a later file; it is newer than what it left behind.
        foreach (var record in found.Where(r => r.OriginFileId == file.FileId)
            .OrderByDescending(r => r.Place.File))
        {
            var isUsed = uses.TryGetValue(record.OriginOrdinal, out var use);
            if ((isUsed ? file.Kind == BlockFileKind.Map || use.Digest == record.Digest : KeepsUnknown)
                && record.OriginOrdinal < FormatLimits.RecordsOfBlockFile
                && Places.TryAdd(record.OriginOrdinal, record.Place))
            {
                _taken.Add(record.Place);
            }
        }
    }

    private void MatchDigests(List<ScannedRecord> found)
    {
        if (file.Kind != BlockFileKind.Data)
        {
            return;
        }

        var free = found.Where(r => !_taken.Contains(r.Place))
            .OrderBy(r => r.Place.File != file.Number).ThenBy(r => r.Place.File).ThenBy(r => r.Place.Offset)
            .GroupBy(r => r.Digest).ToDictionary(g => g.Key, g => new Queue<RecordPlace>(
                g.Select(r => r.Place)));
        foreach (var (number, use) in uses)
        {
            if (!Places.ContainsKey(number) && free.TryGetValue(use.Digest, out var places)
                && places.TryDequeue(out var place))
            {
                _taken.Add(place);
                Places.Add(number, place);
            }
        }
    }

    // All but a longest run of numbers whose places ascend as they do.
    private IEnumerable<uint> OutOfOrder()
    {
        var own = Places.Where(p => p.Value.File == file.Number).ToList();
        var tails = new List<int>();
        var before = new int[own.Count];
        for (var i = 0; i < own.Count; i++)
        {
            var at = tails.FindIndex(t => own[t].Value.Offset >= own[i].Value.Offset);
            if (tails.Count == 0 || own[tails[^1]].Value.Offset < own[i].Value.Offset)
            {
                at = tails.Count;
                tails.Add(i);
            }
            else
            {
                tails[at] = i;
            }

            before[i] = at > 0 ? tails[at - 1] : -1;
        }

        var inOrder = new HashSet<uint>();
        for (var i = tails.Count > 0 ? tails[^1] : -1; i >= 0; i = before[i])
        {
            inOrder.Add(own[i].Key);
        }

        return own.Select(o => o.Key).Where(n => !inOrder.Contains(n));
    }

    // A record in use that was found nowhere stays in use and does not verify: its place is a slot between
    // its neighbours, where nothing that verifies lies.
    private void PlaceLost()
    {
        var slot = RecordHeader.SlotLength(1, alignment);
        var end = FormatLimits.AlignUp(BlockFileHeader.Size, alignment);
        var all = Places.Keys.Union(uses.Keys).Order().ToList();
        var limit = long.MaxValue;
        var limits = new Dictionary<uint, long>();
        foreach (var number in Enumerable.Reverse(all))
        {
            limits[number] = limit;
            if (IsOwn(number))
            {
                limit = Places[number].Offset;
            }
        }

        foreach (var number in all)
        {
            if (IsOwn(number))
            {
                end = Places[number].Offset + Places[number].SlotLength;
            }
            else if (!Places.ContainsKey(number) && limits[number] - end >= slot)
            {
                Places.Add(number, new RecordPlace(file.Number, slot, end));
                end += slot;
            }
        }
    }

    private bool IsOwn(uint number) =>
        Places.TryGetValue(number, out var place) && place.File == file.Number && !Moving.Contains(number);
}
