using BackupCopy.Sources.Patterns;

namespace BackupCopy.Sources.Folders;

/// <summary>What a file is, by its name alone.</summary>
internal enum FileRole
{
    Image,

    /// <summary>Its writer renames it when it is done.</summary>
    Unfinished,

    /// <summary>A small file that may belong to a point.</summary>
    Attachment,

    /// <summary>Content of the disk whose descriptor lies beside it.</summary>
    Part,

    /// <summary>Hidden, or of a kind that is no disk.</summary>
    Ignored,

    /// <summary>It might be an image, and fits no pattern.</summary>
    Missed,
}

/// <summary>A file and what its name says.</summary>
/// <param name="Pattern">The place of the pattern that it fits; -1 for none.</param>
/// <param name="Understood">Of images and unfinished ones only.</param>
internal readonly record struct NamedFile(
    WalkedFolder Folder, string Name, FileRole Role, int Pattern, ImageName? Understood)
{
    public string RelativePath => Folder.Relative(Name);
}

/// <summary>
/// Tells images from what lies beside them. An unfinished file counts for the point that its name will belong
/// to; a lock file for the file that it is named after. What only an {ext} lets in is no image when its
/// ending is one of other things; where the pattern spells the ending out, the admin wants it.
/// </summary>
internal sealed class NameReader
{
    private readonly IReadOnlyList<ImagePattern> _patterns;
    private readonly bool _isRaw;
    private readonly int[][] _byDepth;

    public NameReader(IReadOnlyList<ImagePattern> patterns, bool isRaw)
    {
        _patterns = patterns;
        _isRaw = isRaw;
        _byDepth =
        [
            .. Enumerable.Range(0, patterns.Max(p => p.Folders) + 1).Select(
                depth => Enumerable.Range(0, patterns.Count).Where(i => patterns[i].Folders == depth)
                    .ToArray()),
        ];
    }

    /// <summary>How many folders down the deepest pattern reaches.</summary>
    public int Deepest => _byDepth.Length - 1;

    public NamedFile Read(WalkedFolder folder, string name)
    {
        foreach (var finished in UnfinishedName.Finished(name))
        {
            if (Match(folder, finished) is { Understood: { } will } match && IsImage(will))
            {
                return match with { Name = name, Role = FileRole.Unfinished };
            }
        }

        if (name[0] == '.' || IsLockOf(folder, name))
        {
            return Of(folder, name, FileRole.Ignored);
        }

        if (!_isRaw && VmdkParts.DescriptorOf(name) is { } descriptor && folder.Holds(descriptor))
        {
            return Of(folder, name, FileRole.Part);
        }

        var found = Match(folder, name);
        var ending = Path.GetExtension(name).TrimStart('.');
        if (found.Understood is { } understood && IsImage(understood))
        {
            return found;
        }

        // The name is known, and only its last ending is not: web-2026-11-22.part.
        return found.Understood is not null && UnfinishedName.IsSurely(name)
            ? found with { Role = FileRole.Unfinished }
            : Of(
                folder, name,
                ImageEndings.IsAttached(ending) ? FileRole.Attachment
                : ImageEndings.IsNoDisk(ending) ? FileRole.Ignored : FileRole.Missed);
    }

    /// <summary>Why a file is missed, in words.</summary>
    public string WhyMissed(NamedFile file, bool isDefault)
    {
        var path = file.RelativePath;
        if (!isDefault)
        {
            var depth = path.Count(c => c == '/');
            return (_patterns.FirstOrDefault(p => p.Folders == depth) ?? _patterns[0]).WhyNot(path);
        }

        var ending = Path.GetExtension(path).TrimStart('.');
        return _isRaw || ImageEndings.IsImage(ending) || ImageEndings.IsWrapping(ending)
            ? "no usual way to name images fits it; give a pattern"
            : ending.Length == 0 ? "it has no ending that images have; give a pattern"
            : $"{ending} is no ending that images have; give a pattern, or say that any file is a disk";
    }

    private static bool IsImage(ImageName name) =>
        name.Extension is not { } ending
        || !ImageEndings.IsNoDisk(ending.AsSpan(ending.LastIndexOf('.') + 1));

    private static bool IsLockOf(WalkedFolder folder, string name)
    {
        const string ending = ".lock";
        return name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)
            && folder.Holds(name[..^ending.Length]);
    }

    private static NamedFile Of(WalkedFolder folder, string name, FileRole role) =>
        new(folder, name, role, -1, null);

    private NamedFile Match(WalkedFolder folder, string name)
    {
        var path = folder.Relative(name);
        foreach (var index in _byDepth[folder.Depth])
        {
            if (_patterns[index].TryMatch(path, out var understood))
            {
                return new NamedFile(folder, name, FileRole.Image, index, understood);
            }
        }

        return Of(folder, name, FileRole.Missed);
    }
}
