using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>What a point must show before a repair believes in it.</summary>
internal static class PointProof
{
    /// <summary>
    /// Whether its maps read, every record they name has a place, and they name as many of each file as the
    /// point file says. Reads no block.
    /// </summary>
    public static bool IsWhole(RepairWork work, PointFile point)
    {
        using var store = work.NewStore();
        var isThere = true;
        var counts = new Dictionary<uint, long>();
        var lost = RepairWalk.Run(
            store, [point], work.IsDamage,
            use =>
            {
                counts[use.Name.File] = counts.GetValueOrDefault(use.Name.File) + 1;
                isThere &= work.TryLocate(store, use.Name) is not null;
            },
            work.Cancellation);
        return isThere && lost.Count == 0 && counts.Count == point.BlockFiles.Count
            && point.BlockFiles.All(f => counts.GetValueOrDefault(f.Number) == f.Uses
                && BlockFiles.TryReadIndex(work.Chain, f) is not null);
    }

    /// <summary>
    /// Whether the points as they are now keep what removal rests on; true where damage elsewhere leaves no
    /// answer, since nothing is released there either.
    /// </summary>
    public static bool KeepsPromises(RepairWork work)
    {
        try
        {
            return FullMark.Run(work.Chain, work.Cancellation).Violations.Count == 0;
        }
        catch (BackupCopyException error) when (work.IsDamage(error))
        {
            return true;
        }
    }
}
