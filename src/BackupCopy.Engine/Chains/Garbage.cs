using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// Deletes block files that nobody uses: no point lists their number, no unfinished point owns them, and no
/// index of a listed number has a place in them. Reads no map.
/// </summary>
internal static class Garbage
{
    /// <summary>
    /// Needs the append lock, and the certainty that <paramref name="listed"/> is what all points of the
    /// chain list. Does nothing while a removal is not finished or an index cannot be read.
    /// </summary>
    public static void Collect_NeedsLock(Chain chain, IReadOnlySet<uint> listed)
    {
        var entries = chain.Repository.Storage.List(chain.Path);
        if (entries.Any(e => e.Name.EndsWith(Names.Removed, StringComparison.Ordinal)))
        {
            return;
        }

        var owner = chain.Unfinished()?.Sequence;
        var unlisted = new Dictionary<string, uint>();
        foreach (var entry in entries)
        {
            if (entry.Name.EndsWith(Names.Index + Names.Temporary, StringComparison.Ordinal))
            {
                chain.DeleteFile(entry.Name);
            }
            else if ((Names.TryNumber(entry.Name, Names.Blocks, out var number)
                || Names.TryNumber(entry.Name, Names.Index, out number)) && !listed.Contains(number)
                && (owner is null || HeaderOf(chain, number)?.BirthSequence != owner))
            {
                unlisted.Add(entry.Name, number);
            }
        }

        if (unlisted.Count > 0 && FilesNamedInIndexes(chain, listed) is { } named)
        {
            Delete(chain, unlisted.Where(u => !named.Contains(u.Value)).ToList());
        }
    }

    private static void Delete(Chain chain, List<KeyValuePair<string, uint>> garbage)
    {
        // A file of moved records may still have a reader who opened the chain before they moved again; it
        // goes with the old bytes of rewritten files.
        var moved = garbage.Select(g => g.Value).Distinct().Where(n => HoldsMoved(chain, n)).ToHashSet();
        var dead = garbage.Where(g => !moved.Contains(g.Value)).ToList();
        if (dead.Count == 0)
        {
            return;
        }

        var high = HighWater.Of(chain, []);
        if (dead.Exists(g => g.Value == high.Number))
        {
            high.Keep();
        }

        chain.EnsureLock_NeedsLock();
        foreach (var (name, _) in dead)
        {
            chain.DeleteFile(name);
        }
    }

    // Records, and none of its own number.
    private static bool HoldsMoved(Chain chain, uint number) =>
        BlockFiles.TryReadIndex(chain, number) is { Count: 0 } index && HeaderOf(chain, number) is { } header
        && index.SealedLength > FormatLimits.AlignUp(BlockFileHeader.Size, header.Alignment);

    private static BlockFileHeader? HeaderOf(Chain chain, uint number)
    {
        try
        {
            return BlockFileWalk.ReadHeader(
                chain.Repository.Storage, Path.Combine(chain.Path, Names.BlockFile(number)));
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.MissingFile)
        {
            return null;
        }
    }

    // Records of a listed number may have moved into a file that no point lists. Read only when there is
    // something to delete, which is rare. Null when an index cannot be read: then nobody can say.
    private static HashSet<uint>? FilesNamedInIndexes(Chain chain, IReadOnlySet<uint> listed)
    {
        var named = new HashSet<uint>();
        foreach (var number in listed)
        {
            if (BlockFiles.TryReadIndex(chain, number) is not { } index)
            {
                return null;
            }

            for (uint record = 0; record < index.Count; record++)
            {
                named.Add(index[record].File);
            }
        }

        return named;
    }
}
