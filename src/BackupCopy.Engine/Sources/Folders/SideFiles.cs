using BackupCopy.Sources.Patterns;

namespace BackupCopy.Sources.Folders;

/// <summary>
/// Which point the small files beside images belong to: the one whose image they are named after (web.xml or
/// web.qcow2.xml for web.qcow2), else the only one that has images in the folder. Hyper-V keeps them in the
/// folder beside the disks' one.
/// </summary>
internal sealed class SideFiles
{
    private const string HyperVDisks = "Virtual Hard Disks";
    private const string HyperVMachines = "Virtual Machines";

    private readonly Dictionary<string, PointSet> _byStem = new(StringComparer.OrdinalIgnoreCase);

    // Null where several points have images in the folder.
    private readonly Dictionary<string, PointSet?> _byFolder = new(StringComparer.Ordinal);

    public SideFiles(IEnumerable<PointSet> sets)
    {
        foreach (var set in sets)
        {
            foreach (var image in set.Images)
            {
                AddFolder(image.Folder.RelativePath, set);
                var parent = HyperVParent(image.Folder.RelativePath);
                if (parent is not null)
                {
                    AddFolder(parent, set);
                    AddFolder(Join(parent, HyperVMachines), set);
                }

                _byStem.TryAdd(image.RelativePath, set);
                _byStem.TryAdd(Stem(image), set);
            }
        }
    }

    public void Attach(NamedFile side)
    {
        if (Owner(side) is { } owner && PointSet.Look(side.Folder, side.Name) is { } file)
        {
            owner.Attach(file);
        }
    }

    private PointSet? Owner(NamedFile side)
    {
        var folder = side.Folder.RelativePath;
        for (var end = side.Name.LastIndexOf('.'); end > 0; end = side.Name.LastIndexOf('.', end - 1))
        {
            if (_byStem.TryGetValue(side.Folder.Relative(side.Name[..end]), out var owner))
            {
                return owner;
            }
        }

        // The repository's own folder may hold anything.
        return folder.Length == 0 ? null : _byFolder.GetValueOrDefault(folder);
    }

    private static string Stem(NamedFile image)
    {
        var path = image.RelativePath;
        var ending = image.Understood?.Extension;
        return ending is not null && path.EndsWith("." + ending, StringComparison.OrdinalIgnoreCase)
            ? path[..^(ending.Length + 1)]
            : path[..(path.Length - Path.GetExtension(path).Length)];
    }

    private static string? HyperVParent(string folder)
    {
        var name = folder[(folder.LastIndexOf('/') + 1)..];
        return name.Equals(HyperVDisks, StringComparison.OrdinalIgnoreCase)
            ? folder[..Math.Max(0, folder.Length - name.Length - 1)] : null;
    }

    private static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    private void AddFolder(string folder, PointSet set)
    {
        if (!_byFolder.TryAdd(folder, set) && _byFolder[folder] != set)
        {
            _byFolder[folder] = null;
        }
    }
}
