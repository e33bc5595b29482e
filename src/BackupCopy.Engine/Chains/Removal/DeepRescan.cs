using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>What a deep rescan of a chain found and gave back.</summary>
/// <param name="LeakedBytes">Bytes that no restore point uses and that no index shows as free.</param>
/// <param name="ReclaimedBytes">What returned now, filled holes included.</param>
/// <param name="Damage">One sentence for each thing that does not verify.</param>
internal sealed record DeepFindings(long LeakedBytes, long ReclaimedBytes, IReadOnlyList<string> Damage);

/// <summary>
/// Walks the maps of a whole chain and gives back what nothing in them uses. Reads no block. A chain in which
/// anything does not verify is named and left alone; a read-only one is only looked at.
/// </summary>
internal static class DeepRescan
{
    public static DeepFindings Run(Chain chain, CancellationToken stop)
    {
        try
        {
            if (chain.Repository.IsReadOnly)
            {
                var found = FullMark.Run(chain, stop);
                return new DeepFindings(found.LeakedBytes, 0, Sentences(chain, found.Violations));
            }

            using var held = chain.TakeAppendLock("deep rescan");
            return Reclaim_NeedsLock(chain, stop);
        }
        catch (BackupCopyException error) when (StoredDamage.IsDamage(error.Code))
        {
            return new DeepFindings(0, 0, [error.Message]);
        }
    }

    /// <summary>The same for whoever has the append lock.</summary>
    public static DeepFindings Reclaim_NeedsLock(Chain chain, CancellationToken stop)
    {
        var allocated = BlockFiles.AllocatedBytes(chain);
        var blocked = PointRemoval.FinishTombstones_NeedsLock(chain, chain.Points_NeedsLock());
        if (blocked.Count > 0)
        {
            return new DeepFindings(0, 0, [.. blocked.Select(b => b.Reason.Message)]);
        }

        var found = FullMark.Reclaim_NeedsLock(chain, stop);
        if (found.Violations.Count > 0)
        {
            return new DeepFindings(found.LeakedBytes, 0, Sentences(chain, found.Violations));
        }

        var before = BlockBytes(chain);
        Garbage.Collect_NeedsLock(
            chain,
            chain.Points_NeedsLock().SelectMany(p => p.File!.BlockFiles).Select(f => f.Number).ToHashSet());
        var garbage = before - BlockBytes(chain);
        var rewritten = BlockFileRewrite.Run_NeedsLock(chain, [], stop);

        // What a copying tool filled is no leak, and returns all the same.
        var reclaimed = chain.Repository.File.EffectiveReleaseMode == ReleaseMode.Punch
            ? Math.Max(0, allocated - BlockFiles.AllocatedBytes(chain)) : garbage + Math.Max(0, rewritten);
        return new DeepFindings(found.LeakedBytes, reclaimed, []);
    }

    private static IReadOnlyList<string> Sentences(Chain chain, IEnumerable<string> violations) =>
        [.. violations.Select(v => $"{chain.Path}: {v}")];

    private static long BlockBytes(Chain chain) => chain.Repository.Storage.List(chain.Path)
        .Where(e => e.Name.EndsWith(Names.Blocks, StringComparison.Ordinal)).Sum(e => e.Length);
}
