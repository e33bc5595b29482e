using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>
/// The bytes that records left behind when they moved. A reader that opened the chain before may still read
/// them, so they go when every reader has left. Which files have some is kept in the names of empty files,
/// written before the records move: losing one costs space until the next full mark, nothing else.
/// </summary>
internal static class OldBytes
{
    public static bool Any(Chain chain) => Of(chain).Count > 0;

    /// <summary>The files that may have some: nothing but what a record needs may be punched there.</summary>
    public static HashSet<uint> Of(Chain chain)
    {
        var numbers = new HashSet<uint>();
        foreach (var entry in chain.Repository.Storage.List(chain.Path))
        {
            if (Names.TryNumber(entry.Name, Names.OldBytes, out var number))
            {
                numbers.Add(number);
            }
        }

        return numbers;
    }

    /// <summary>To be called before an index is switched away from these files.</summary>
    public static void Remember_NeedsLock(Chain chain, IEnumerable<uint> files)
    {
        var storage = chain.Repository.Storage;
        var isNew = false;
        foreach (var path in files.Select(f => Path.Combine(chain.Path, Names.OldBytesFile(f))))
        {
            if (!storage.FileExists(path))
            {
                storage.Open(path, OpenFor.Creating).Dispose();
                isNew = true;
            }
        }

        if (isNew)
        {
            storage.FlushDirectory(chain.Path);
        }
    }

    /// <summary>
    /// Gives back what is remembered, if nobody reads, and block files in which no record is left: punches
    /// where the repository releases that way, and deletes what no index names any more.
    /// </summary>
    /// <param name="notes">Told why something stays.</param>
    /// <returns>The bytes that returned.</returns>
    public static long Release_NeedsLock(
        Chain chain, ICollection<string> notes, CancellationToken stop = default)
    {
        var points = chain.Points_NeedsLock();
        if (chain.Tombstones().Count > 0)
        {
            return 0;
        }

        var remembered = Of(chain);
        var listed = points.SelectMany(p => p.File?.BlockFiles ?? []).DistinctBy(f => f.Number)
            .ToDictionary(f => f.Number);
        var blocks = chain.Repository.Storage.List(chain.Path)
            .Select(e => Names.TryNumber(e.Name, Names.Blocks, out var n) ? n : 0).Where(n => n > 0).ToList();
        if (remembered.Count == 0 && blocks.TrueForAll(listed.ContainsKey))
        {
            // Moved records lie in files that no point lists: without one nothing was ever moved.
            return 0;
        }

        if (!CanTell(chain, points, notes) || Held(chain, listed, notes) is not { } held)
        {
            return 0;
        }

        var dead = blocks.Where(n => !held.ContainsKey(n) && (Punching.IsOurs(chain, n, listed)
            || (remembered.Contains(n) && HasLostFront(chain, n)))).ToList();
        if (dead.Count == 0 && remembered.Count == 0)
        {
            return 0;
        }

        // Whoever opened a point before the switch may read by the old index. Once each point was seen
        // without a reader after the switch, no such reader is left.
        if (Reader(chain, points) is { } busy)
        {
            notes.Add(
                $"Bytes in {remembered.Union(dead).Count()} block files of {chain.Path} whose records moved "
                + $"elsewhere stay until the reader of restore point {busy.Sequence} has left.");
            return 0;
        }

        return Release(chain, points, listed, held, dead, remembered, stop);
    }

    /// <summary>A point that somebody reads; null when nobody reads any.</summary>
    public static ChainPoint? Reader(Chain chain, IEnumerable<ChainPoint> points) =>
        points.FirstOrDefault(p => chain.Locks.IsHeld(p.Stem));

    // A repair moved all records out of it. One with a front that says something else is not ours, and one
    // that cannot be read now may say so tomorrow.
    private static bool HasLostFront(Chain chain, uint number)
    {
        try
        {
            return BlockFileWalk.ReadHeader(
                chain.Repository.Storage, Path.Combine(chain.Path, Names.BlockFile(number))) is null;
        }
        catch (BackupCopyException error) when (StoredDamage.IsUnreadable(error.Code))
        {
            return false;
        }
    }

    private static bool CanTell(Chain chain, IReadOnlyList<ChainPoint> points, ICollection<string> notes)
    {
        if (points.FirstOrDefault(p => p.File is null) is not { } damaged)
        {
            return true;
        }

        notes.Add(
            $"Old bytes in {chain.Path} stay, because restore point {damaged.Sequence} cannot tell what it "
            + "uses.");
        return false;
    }

    private static Dictionary<uint, (int Count, long Bytes)>? Held(
        Chain chain, Dictionary<uint, BlockFileReference> listed, ICollection<string> notes)
    {
        var unknown = listed.Values.FirstOrDefault(f => BlockFiles.TryReadIndex(chain, f) is null);
        if (unknown.Number == 0)
        {
            return HeldRecords.Count(Indexes(chain, listed));
        }

        notes.Add(
            $"Bytes whose records moved elsewhere stay, because {Names.IndexFile(unknown.Number)} in "
            + $"{chain.Path} is missing or does not verify.");
        return null;
    }

    private static IEnumerable<IndexFile> Indexes(
        Chain chain, Dictionary<uint, BlockFileReference> listed) =>
        listed.Values.Select(f => BlockFiles.ReadIndex(chain, f));

    private static long Release(
        Chain chain, IReadOnlyList<ChainPoint> points, Dictionary<uint, BlockFileReference> listed,
        Dictionary<uint, (int Count, long Bytes)> held, List<uint> dead, HashSet<uint> remembered,
        CancellationToken stop)
    {
        HighWater.Of(chain, points.Select(p => p.File)).Keep();
        chain.EnsureLock_NeedsLock();
        var returned = dead.Sum(number => Delete(chain, number, listed.ContainsKey(number)));
        if (chain.Repository.File.EffectiveReleaseMode == ReleaseMode.Punch)
        {
            var files = HeldRecords.ByFile(() => Indexes(chain, listed), held, remembered);
            returned += Punching.Run_NeedsLock(chain, listed, files, _ => true, stop);
        }

        foreach (var number in remembered)
        {
            chain.DeleteFile(Names.OldBytesFile(number));
        }

        chain.Repository.Storage.FlushDirectory(chain.Path);
        return returned;
    }

    // The index of a listed number stays: it says where the records of that number are now.
    private static long Delete(Chain chain, uint number, bool isListed)
    {
        var bytes = chain.Repository.Storage.AllocatedBytes(
            Path.Combine(chain.Path, Names.BlockFile(number)));
        chain.DeleteFile(Names.BlockFile(number));
        if (!isListed)
        {
            chain.DeleteFile(Names.IndexFile(number));
        }

        return bytes;
    }
}
