using BackupCopy.Format;
using BackupCopy.Images;
using BackupCopy.Sources.Patterns;

namespace BackupCopy.Sources.Folders;

/// <summary>What puts files into one point: all of it must be the same.</summary>
/// <param name="Pattern">Its place: the same machine and time by another pattern is another point.</param>
/// <param name="TimeUtc">Null where the files' own time counts: they are one point then.</param>
internal sealed record PointKey(int Pattern, string Machine, string? Job, DateTime? TimeUtc, string Elsewhere)
{
    public static PointKey Of(NamedFile file, TimeZoneInfo zone) => new(
        file.Pattern, file.Understood!.Machine.ToUpperInvariant(), file.Understood.Job?.ToUpperInvariant(),
        file.Understood.ToUtc(zone), file.Understood.Elsewhere);
}

/// <summary>The files of one point while a folder is looked through.</summary>
internal sealed class PointSet(PointKey key)
{
    // A writer that is alive has written to its file within this time.
    private static readonly TimeSpan s_abandonedAfter = TimeSpan.FromDays(1);

    private readonly List<NamedFile> _images = [];
    private readonly List<NamedFile> _unfinished = [];
    private readonly List<FolderFile> _attachments = [];

    public PointKey Key => key;

    public ImageName First => (_images.Count > 0 ? _images : _unfinished)[0].Understood!;

    public IReadOnlyList<NamedFile> Images => _images;

    public void Add(NamedFile file) => (file.Role == FileRole.Image ? _images : _unfinished).Add(file);

    public void Attach(FolderFile file) => _attachments.Add(file);

    /// <summary>Null when nothing of it is there any more, or only what a dead writer left.</summary>
    /// <param name="parts">The names of the parts that belong to a descriptor, by its path.</param>
    public ImagePoint? ToPoint(
        ImagePattern pattern, IReadOnlyDictionary<string, List<string>> parts, DateTime nowUtc,
        List<BackupCopyException> problems)
    {
        var found = new List<(ImageName Name, FolderFile File)>(_images.Count);
        foreach (var image in _images)
        {
            if (Look(image) is { } file)
            {
                found.Add((image.Understood!, file));
            }
        }

        var images = found.ConvertAll(i => i.File);
        List<FolderFile> belonging = parts.Count == 0 ? []
            : [.. _images.SelectMany(i => PartsOf(i, parts)).OfType<FolderFile>()];
        var unfinished = Unfinished(images, nowUtc, problems);
        var files = images.Concat(belonging).Concat(unfinished).ToList();
        if (files.Count == 0)
        {
            return null;
        }

        var written = files.Max(f => f.State.WrittenUtc);
        return new ImagePoint
        {
            Machine = First.Machine,
            Job = First.Job,
            TimeUtc = key.TimeUtc ?? written,
            Sequence = 0,
            Pattern = pattern,
            Images = Name(found),
            Parts = belonging,
            Attachments = Bounded(problems),
            Unfinished = unfinished,
            LockFiles = [.. _images.Concat(_unfinished).Where(f => f.Folder.HasLocks).SelectMany(LockFiles)],
            LengthBytes = files.Sum(f => f.State.LengthBytes),
            WrittenUtc = written,
        };
    }

    private static FolderFile? Look(NamedFile file) => Look(file.Folder, file.Name);

    /// <summary>Null for what has gone, and for pipes and the like, which are never opened.</summary>
    public static FolderFile? Look(WalkedFolder folder, string name)
    {
        var path = Path.Combine(folder.Path, name);
        return FileIdentity.Of(path) is { Kind: FileKind.File } state
            ? new FolderFile(path, folder.Relative(name), state) : null;
    }

    private static IEnumerable<FolderFile?> PartsOf(
        NamedFile image, IReadOnlyDictionary<string, List<string>> parts) =>
        parts.TryGetValue(image.RelativePath, out var names)
            ? names.Select(name => Look(image.Folder, name)) : [];

    private static IEnumerable<string> LockFiles(NamedFile file) =>
        WalkedFolder.LockEndings.Select(ending => file.Name + ending).Where(file.Folder.Holds)
            .Select(file.Folder.Relative);

    // What lies there for long beside the finished file, or alone, holds nobody up.
    private List<FolderFile> Unfinished(
        List<FolderFile> images, DateTime nowUtc, List<BackupCopyException> problems)
    {
        var kept = new List<FolderFile>();
        foreach (var named in _unfinished)
        {
            if (Look(named) is not { } file)
            {
                continue;
            }

            var isReplaced = UnfinishedName.Finished(named.Name).Any(named.Folder.Holds);
            if (nowUtc - file.State.WrittenUtc <= s_abandonedAfter || (images.Count > 0 && !isReplaced))
            {
                kept.Add(file);
                continue;
            }

            problems.Add(new BackupCopyException(
                ErrorCode.ImageNotFound,
                $"{file.Path} was left unfinished: nobody has written to it since "
                + $"{file.State.WrittenUtc.ToLocalText()}, so it is not waited for.",
                "Remove it, and make the image again if it is missing."));
        }

        return kept;
    }

    private static List<PointImage> Name(List<(ImageName Name, FolderFile File)> images)
    {
        var used = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var named = new List<PointImage>();
        foreach (var (understood, file) in images)
        {
            var plain = understood.Disk ?? understood.Machine;
            var name = used.Add(plain) ? plain : $"{plain}.{understood.Extension ?? "disk"}";
            for (var number = 2; name != plain && !used.Add(name); number++)
            {
                name = $"{plain}-{number}";
            }

            named.Add(new PointImage(file, name));
        }

        return named;
    }

    private List<FolderFile> Bounded(List<BackupCopyException> problems)
    {
        var kept = new List<FolderFile>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in _attachments.OrderBy(a => a.RelativePath, StringComparer.Ordinal))
        {
            if (file.State.LengthBytes > FormatLimits.AttachmentBytes)
            {
                problems.Add(LeftOut(file, $"it is larger than {FormatLimits.AttachmentBytes >> 10} KiB"));
            }
            else if (!names.Add(file.Name))
            {
                problems.Add(LeftOut(file, "another attachment of the point has its name"));
            }
            else if (kept.Count == FormatLimits.Attachments)
            {
                problems.Add(LeftOut(file, $"a point carries {FormatLimits.Attachments} files at most"));
                break;
            }
            else
            {
                kept.Add(file);
            }
        }

        return kept;
    }

    private static BackupCopyException LeftOut(FolderFile file, string why) => new(
        ErrorCode.ImageUnsupported, $"{file.Path} does not travel with its point: {why}.",
        "Keep it elsewhere if it is needed; the disks are not touched by this.");
}
