namespace BackupCopy.Images;

/// <summary>
/// Opens what images name, inside one folder and its folders only: an image is data that somebody else wrote,
/// and must not lead to files that its repository does not hold. Symbolic links count by where they end.
/// </summary>
internal sealed class FolderNeighbours(string root) : ImageNeighbours
{
    private readonly string _root = Path.TrimEndingDirectorySeparator(RealPath(Path.GetFullPath(root)));

    public override ImageFile Open(ImageFile from, string reference)
    {
        if (reference.Length == 0 || reference.Contains('\0'))
        {
            throw ImageError.Damaged(from.Path, 0, "it names a file without a name");
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(from.Path))!;
        var path = Path.GetFullPath(Path.Combine(folder, reference));
        EnsureInside(from, reference, path);
        var real = RealPath(path);
        EnsureInside(from, reference, real);
        return DiskFile.Open(real);
    }

    // By its plain name first: what lies outside is not even looked at.
    private void EnsureInside(ImageFile from, string reference, string path)
    {
        var given = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (!IsBelow(path, _root) && !IsBelow(path, given))
        {
            throw ImageError.Outside(from.Path, reference, given);
        }
    }

    private static bool IsBelow(string path, string folder) =>
        path.Length > folder.Length && path.StartsWith(folder, StringComparison.Ordinal)
        && (path[folder.Length] == Path.DirectorySeparatorChar || Path.EndsInDirectorySeparator(folder));

    /// <summary>The path without symbolic links, as far as it exists.</summary>
    private static string RealPath(string path)
    {
        const int mostLinks = 64;
        for (var links = 0; links < mostLinks; links++)
        {
            var (link, target) = FirstLink(path);
            if (link is null)
            {
                return path;
            }

            var resolved = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(link)!, target!));
            path = resolved + path[link.Length..];
        }

        throw ImageError.NotFound(path, $"{path} leads through too many symbolic links.");
    }

    private static (string? Link, string? Target) FirstLink(string path)
    {
        var root = Path.GetPathRoot(path)!;
        for (var end = root.Length; end <= path.Length; end++)
        {
            if (end < path.Length && path[end] != Path.DirectorySeparatorChar)
            {
                continue;
            }

            var part = path[..end];
            if (part.Length > root.Length && new FileInfo(part).LinkTarget is { } target)
            {
                return (part, target);
            }
        }

        return (null, null);
    }
}
