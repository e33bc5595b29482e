namespace BackupCopy.Images;

/// <summary>
/// Finds the file of a base image by the names that an image has for it. Images are moved together with their
/// bases, so a name counts first as it stands and then as a file beside the image. Whoever opens one checks
/// that it is the right one.
/// </summary>
internal static class ParentFiles
{
    /// <summary>The first of the names that leads to a file; the first name's error when none does.</summary>
    public static ImageFile Open(ImageSession session, ImageFile own, IEnumerable<string> names)
    {
        BackupCopyException? first = null;
        var asTheyStand = names.Select(n => n.Replace('\\', '/')).ToList();
        foreach (var name in asTheyStand.Concat(asTheyStand.Select(NameOf)).Distinct())
        {
            if (name.Length == 0 || (first is not null && name == Path.GetFileName(own.Path)))
            {
                continue;
            }

            try
            {
                return session.OpenNeighbour(own, name);
            }
            catch (BackupCopyException error)
                when (error.Code is ErrorCode.ImageNotFound or ErrorCode.ImageOutside)
            {
                first ??= error;
            }
        }

        throw first ?? ImageError.Damaged(own.Path, 0, "it needs a parent and does not name it");
    }

    private static string NameOf(string name) => name[(name.LastIndexOf('/') + 1)..];
}
