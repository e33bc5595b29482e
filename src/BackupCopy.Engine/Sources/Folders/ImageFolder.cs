using BackupCopy.Format;
using BackupCopy.Sources.Patterns;

namespace BackupCopy.Sources.Folders;

/// <summary>
/// A folder of images that other programs write, as restore points: which files are of which machine and of
/// when, by their names. It only lists and looks: nothing is opened, nothing written, no link followed.
/// </summary>
internal sealed class ImageFolder
{
    private readonly string _path;
    private readonly bool _isDefault;
    private readonly bool _isRaw;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<ImagePattern> _patterns;
    private readonly NameReader _names;

    /// <param name="patterns">The admin's, the first that fits counts; none for the usual ones.</param>
    /// <param name="isRaw">The bytes of the files are the disks, whatever their endings.</param>
    /// <exception cref="BackupCopyException">InvalidArgument: a pattern is wrong.</exception>
    public ImageFolder(
        string path, IReadOnlyList<string>? patterns = null, bool isRaw = false, TimeProvider? time = null)
    {
        _path = Path.GetFullPath(path);
        _isDefault = patterns is not { Count: > 0 };
        _isRaw = isRaw;
        _time = time ?? TimeProvider.System;
        _patterns = _isDefault ? DefaultPatterns.For(isRaw) : [.. patterns!.Select(ImagePattern.Parse)];
        _names = new NameReader(_patterns, isRaw);
    }

    /// <summary>The points that the folder shows now.</summary>
    public ImageScan Scan(CancellationToken cancellation = default)
    {
        var walk = new FolderWalk(_path, _names.Deepest, cancellation);
        var folders = walk.Run();
        var files = Read(folders, cancellation);
        var problems = walk.Problems.ToList();
        var sets = Sets(files, problems);
        var sides = new SideFiles(sets);
        files.Where(f => f.Role == FileRole.Attachment).ToList().ForEach(sides.Attach);
        var parts = Parts(files);
        var now = _time.GetUtcNow().UtcDateTime;
        var points = new List<ImagePoint>();
        foreach (var set in sets)
        {
            cancellation.ThrowIfCancellationRequested();
            if (set.ToPoint(_patterns[set.Key.Pattern], parts, now, problems) is { } point)
            {
                points.Add(point);
            }
        }

        var report = new ReportMaker(_path, _patterns, _names, _isDefault, _time.LocalTimeZone)
            .Make(folders, files, walk.DeeperFolders);
        return new ImageScan(InOrder(points), problems, report);
    }

    private List<NamedFile> Read(IReadOnlyList<WalkedFolder> folders, CancellationToken cancellation)
    {
        var files = new List<NamedFile>();
        foreach (var folder in folders)
        {
            cancellation.ThrowIfCancellationRequested();
            files.AddRange(folder.Files.Select(name => _names.Read(folder, name)));
        }

        return files;
    }

    private List<PointSet> Sets(List<NamedFile> files, List<BackupCopyException> problems)
    {
        var sets = new Dictionary<PointKey, PointSet>();
        var refused = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in files.Where(f => f.Understood is not null))
        {
            var machine = file.Understood!.Machine;
            if (!Names.IsAcceptable(machine, out var reason))
            {
                if (refused.Add(machine))
                {
                    problems.Add(new BackupCopyException(
                        ErrorCode.InvalidName,
                        $"{file.RelativePath} cannot be used: '{machine}' is no name for a machine, since "
                        + $"{reason}.",
                        "Rename the file, or give a pattern whose {machine} stands elsewhere."));
                }

                continue;
            }

            var key = PointKey.Of(file, _time.LocalTimeZone);
            if (!sets.TryGetValue(key, out var set))
            {
                sets.Add(key, set = new PointSet(key));
            }

            set.Add(file);
        }

        return [.. sets.Values];
    }

    private static Dictionary<string, List<string>> Parts(List<NamedFile> files)
    {
        var parts = new Dictionary<string, List<string>>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in files.Where(f => f.Role == FileRole.Part))
        {
            var descriptor = file.Folder.Relative(VmdkParts.DescriptorOf(file.Name)!);
            if (!parts.TryGetValue(descriptor, out var names))
            {
                parts.Add(descriptor, names = []);
            }

            names.Add(file.Name);
        }

        return parts;
    }

    // Two points of one time have an order all the same: by pattern, then by path.
    private List<ImagePoint> InOrder(List<ImagePoint> points)
    {
        var places = _patterns.Select((pattern, place) => (pattern, place))
            .ToDictionary(p => p.pattern, p => p.place);
        var ordered = points
            .OrderBy(p => p.Machine, StringComparer.OrdinalIgnoreCase)
            .ThenBy(p => p.TimeUtc)
            .ThenBy(p => places[p.Pattern])
            .ThenBy(p => p.Files.First().RelativePath, StringComparer.Ordinal);
        var numbered = new List<ImagePoint>(points.Count);
        foreach (var point in ordered)
        {
            var before = numbered.LastOrDefault();
            var isSameMachine = string.Equals(
                before?.Machine, point.Machine, StringComparison.OrdinalIgnoreCase);
            numbered.Add(point with
            {
                Machine = isSameMachine ? before!.Machine : point.Machine,
                Sequence = Math.Max(point.TimeUtc.Ticks, isSameMachine ? before!.Sequence + 1 : 1),
            });
        }

        return numbered;
    }
}
