using System.Runtime.InteropServices;
using BackupCopy.Format;

namespace BackupCopy.Chains.Removal;

/// <summary>A record and where it lies.</summary>
internal readonly record struct HeldRecord(RecordName Name, RecordPlace Place);

/// <summary>
/// What a block file holds, seen from the file: records of its own number, and moved ones of any. Indexes
/// tell it the other way round, so they are read once for as many files as fit into memory together (I-6).
/// </summary>
internal static class HeldRecords
{
    // Of 24 bytes each; a disk of 512 GB in blocks of 512 KB has as many.
    private const int MostAtOnce = 1_000_000;

    /// <summary>How many live records each block file holds, and the bytes of their slots.</summary>
    public static Dictionary<uint, (int Count, long Bytes)> Count(IEnumerable<IndexFile> indexes)
    {
        var held = new Dictionary<uint, (int Count, long Bytes)>();
        foreach (var index in indexes)
        {
            for (uint record = 0; record < index.Count; record++)
            {
                var place = index[record];
                if (!place.IsReleased)
                {
                    ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(held, place.File, out _);
                    sum = (sum.Count + 1, sum.Bytes + place.SlotLength);
                }
            }
        }

        return held;
    }

    /// <summary>The live records of some files, by offset; files without any are left out.</summary>
    /// <param name="indexes">Reads the indexes of all listed numbers; called as often as is needed.</param>
    /// <param name="held">What <see cref="Count"/> found.</param>
    public static IEnumerable<(uint File, List<HeldRecord> Records)> ByFile(
        Func<IEnumerable<IndexFile>> indexes, IReadOnlyDictionary<uint, (int Count, long Bytes)> held,
        IEnumerable<uint> files)
    {
        var group = new Dictionary<uint, List<HeldRecord>>();
        var records = 0;
        foreach (var file in files.Where(held.ContainsKey).Order())
        {
            var count = held[file].Count;
            if (group.Count > 0 && records + count > MostAtOnce)
            {
                foreach (var filled in Fill(indexes(), group))
                {
                    yield return filled;
                }

                group = [];
                records = 0;
            }

            group.Add(file, new List<HeldRecord>(count));
            records += count;
        }

        foreach (var filled in group.Count == 0 ? [] : Fill(indexes(), group))
        {
            yield return filled;
        }
    }

    private static IEnumerable<(uint File, List<HeldRecord> Records)> Fill(
        IEnumerable<IndexFile> indexes, Dictionary<uint, List<HeldRecord>> group)
    {
        foreach (var index in indexes)
        {
            for (uint record = 0; record < index.Count; record++)
            {
                var place = index[record];
                if (!place.IsReleased && group.TryGetValue(place.File, out var there))
                {
                    there.Add(new HeldRecord(new RecordName(index.Number, record), place));
                }
            }
        }

        foreach (var (file, there) in group)
        {
            there.Sort((a, b) => a.Place.Offset.CompareTo(b.Place.Offset));
            yield return (file, there);
        }
    }
}
