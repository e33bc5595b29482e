using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// The second copies of point files and marks: the same bytes under the name with <see cref="Names.Copy"/>
/// behind it. A few kilobytes a point, so that one bad sector costs no restore point. A copy is read where
/// its original does not verify; alone it stands for nothing, so that of a point goes durably before the
/// point does.
/// </summary>
internal static class SecondCopies
{
    public static string NameOf(string fileName) => fileName + Names.Copy;

    /// <summary>
    /// Keeps a published point twice. The point is there already: what prevents the copy is left to the next
    /// health check.
    /// </summary>
    public static void TryKeepPoint_NeedsLock(Chain chain, string fileName, ReadOnlySpan<byte> bytes)
    {
        try
        {
            Keep(chain, fileName, bytes);
        }
        catch (BackupCopyException)
        {
            // A full disk, most of all; the point itself is whole.
        }
    }

    /// <summary>Writes the copy, durably.</summary>
    public static void Keep(Chain chain, string fileName, ReadOnlySpan<byte> bytes)
    {
        chain.Repository.Storage.Replace(Path.Combine(chain.Path, NameOf(fileName)), bytes);
        chain.Repository.Storage.FlushDirectory(chain.Path);
    }

    /// <summary>
    /// Names of the point files of which only the copy is left: somebody deleted them by hand, since a
    /// removal drops the copy first. Ascending.
    /// </summary>
    public static IEnumerable<(string FileName, long Sequence)> DeletedPoints(
        Chain chain, IEnumerable<ChainPoint> points)
    {
        var known = points.Select(p => p.FileName).ToHashSet(StringComparer.Ordinal);
        var storage = chain.Repository.Storage;
        foreach (var copy in storage.List(chain.Path).Select(e => e.Name).Order(StringComparer.Ordinal)
            .Where(n => n.EndsWith(Names.Point + Names.Copy, StringComparison.Ordinal)))
        {
            var name = copy[..^Names.Copy.Length];
            if (!known.Contains(name) && Names.TryPoint(name, Names.Point, out var sequence)
                && !IsThere(name) && !IsThere(Path.GetFileNameWithoutExtension(name) + Names.Removed)
                && IsThere(copy))
            {
                yield return (name, sequence);
            }
        }

        bool IsThere(string name) => storage.FileExists(Path.Combine(chain.Path, name));
    }

    /// <summary>Deletes the copies of points that are about to go.</summary>
    public static void DropPoints_NeedsLock(Chain chain, IEnumerable<string> pointFileNames)
    {
        var names = pointFileNames.Select(NameOf).ToHashSet(StringComparer.Ordinal);
        var there = chain.Repository.Storage.List(chain.Path).Select(e => e.Name).Where(names.Contains)
            .ToList();
        there.ForEach(chain.DeleteFile);
        if (there.Count > 0)
        {
            chain.Repository.Storage.FlushDirectory(chain.Path);
        }
    }
}
