using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>
/// Punches every whole page of block files that no live record needs, whoever holds bytes there: only for
/// files in which no reader can still go by an older index. Needs the append lock.
/// </summary>
internal static class Punching
{
    // Punched before the first is flushed: what one flush commits, the others need not. Their records are in
    // memory until then.
    private const int MostOpenFiles = 32;

    /// <param name="listed">The block files of all points.</param>
    /// <returns>The bytes that returned.</returns>
    public static long Run_NeedsLock(
        Chain chain, IReadOnlyDictionary<uint, BlockFileReference> listed,
        IEnumerable<(uint File, List<HeldRecord> Records)> files, Func<RecordName, bool> isLive,
        CancellationToken stop = default)
    {
        var returned = 0L;
        foreach (var some in files.Where(f => IsOurs(chain, f.File, listed)).Chunk(MostOpenFiles))
        {
            stop.ThrowIfCancellationRequested();
            chain.EnsureLock_NeedsLock();
            returned += Run(chain, some, isLive);
        }

        return returned;
    }

    /// <summary>Whether the file that lies there is the one that the chain means by this number.</summary>
    public static bool IsOurs(
        Chain chain, uint number, IReadOnlyDictionary<uint, BlockFileReference> listed)
    {
        if (listed.TryGetValue(number, out var file))
        {
            return BlockFiles.TryReadHeader(chain, file) is not null;
        }

        return BlockFiles.TryReadIndex(chain, number) is { Count: 0 } index
            && BlockFiles.TryReadHeader(chain, new BlockFileReference(
                number, default, index.FileId, BirthSequence: 0, Uses: 0)) is not null;
    }

    private static long Run(
        Chain chain, IReadOnlyList<(uint File, List<HeldRecord> Records)> files,
        Func<RecordName, bool> isLive)
    {
        var storage = chain.Repository.Storage;
        var open = new List<IStorageFile>();
        try
        {
            var before = 0L;
            foreach (var (number, records) in files)
            {
                var path = Path.Combine(chain.Path, Names.BlockFile(number));
                var file = storage.Open(path, OpenFor.Changing);
                open.Add(file);
                before += storage.AllocatedBytes(path);

                // The first page holds the header, whatever the alignment of the records.
                var live = records.Where(r => isLive(r.Name)).Select(r => r.Place);
                foreach (var range in FreeRanges.Between(FormatLimits.PageAlignment, file.Length, live))
                {
                    file.TryPunch(range.Offset, range.Length);
                }
            }

            open.ForEach(file => file.Flush());
            return Math.Max(0, before - open.Sum(file => storage.AllocatedBytes(file.Path)));
        }
        finally
        {
            open.ForEach(file => file.Dispose());
        }
    }
}
