using BackupCopy.Format;
using BackupCopy.Sources;

namespace BackupCopy.Copying;

/// <summary>
/// Which disk of the last point an image is: by name, else by place among those left when their
/// number is the same. Only the size of the increment depends on it; a disk that matches nothing
/// starts empty under a new id.
/// </summary>
internal static class DiskMatch
{
    public static IReadOnlyList<Guid> Identify(
        IReadOnlyList<IDiskContent> images, IReadOnlyList<DiskEntry> known)
    {
        var ids = new Guid[images.Count];
        var left = known.ToList();
        for (var i = 0; i < images.Count; i++)
        {
            var same = left.Find(
                d => string.Equals(d.Name, images[i].Name, StringComparison.OrdinalIgnoreCase));
            if (same is not null)
            {
                ids[i] = same.Id;
                left.Remove(same);
            }
        }

        var unmatched = Enumerable.Range(0, ids.Length).Where(i => ids[i] == default).ToList();
        for (var i = 0; i < unmatched.Count; i++)
        {
            ids[unmatched[i]] = unmatched.Count == left.Count ? left[i].Id : Guid.NewGuid();
        }

        return ids;
    }
}
