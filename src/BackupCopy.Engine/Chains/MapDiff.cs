using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>A block whose content differs between two maps.</summary>
internal readonly record struct BlockDifference(long Block, MapEntry Now, MapEntry Before);

/// <summary>
/// Walks two maps of the same block size in step and yields the blocks whose digests differ,
/// in order. Subtrees of equal content digest are skipped, also between chains and
/// repositories; memory is depth × node.
/// </summary>
internal static class MapDiff
{
    /// <summary>
    /// Blocks of <paramref name="now"/> that differ from <paramref name="before"/>; blocks
    /// beyond its end are not named.
    /// </summary>
    public static IEnumerable<BlockDifference> Between(DiskMap now, DiskMap? before)
    {
        var top = now.RootLevel;
        return now.BlockCount == 0 ? [] : Between(now, before, top, 0);
    }

    private static IEnumerable<BlockDifference> Between(DiskMap now, DiskMap? before, int level, long index)
    {
        var current = now.Reference(level, index);
        if (current.Digest == DigestOf(before, level, index))
        {
            yield break;
        }

        if (level == 0)
        {
            var after = now.Node(0, index);
            var old = before?.Node(0, index);
            for (var slot = 0; slot < FormatLimits.FanOut; slot++)
            {
                var block = index * FormatLimits.FanOut + slot;
                if (block >= now.BlockCount)
                {
                    yield break;
                }

                var a = after is null ? default : after[slot];
                var b = old is null ? default : old[slot];
                if (a.Digest != b.Digest)
                {
                    yield return new BlockDifference(block, a, b);
                }
            }

            yield break;
        }

        for (var slot = 0; slot < FormatLimits.FanOut; slot++)
        {
            var child = index * FormatLimits.FanOut + slot;
            if (child * MapNode.BlocksPerChild(level) >= now.BlockCount)
            {
                yield break;
            }

            foreach (var difference in Between(now, before, level - 1, child))
            {
                yield return difference;
            }
        }
    }

    // A map of fewer levels is the first child of the levels it does not have; comparing there finds a
    // difference unless both are empty, and the walk goes on one level down, where both exist.
    private static Blocks.Digest DigestOf(DiskMap? before, int level, long index)
    {
        if (before is null)
        {
            return default;
        }

        return level > before.RootLevel && index == 0 && !before.Reference(before.RootLevel, 0).IsEmpty
            ? UnlikeAny
            : before.Reference(level, index).Digest;
    }

    private static readonly Blocks.Digest UnlikeAny =
        new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);
}
