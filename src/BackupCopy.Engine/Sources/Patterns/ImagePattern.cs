using System.Diagnostics.CodeAnalysis;

namespace BackupCopy.Sources.Patterns;

/// <summary>
/// How the path of an image says which machine it is of and when: names with / between folders, literal text
/// without regard to case, * for anything inside a name, and tokens. {machine}, {job} and {disk} are at least
/// one character of one name and take as much as they can, the first one first: with "{machine}-{disk}.{ext}"
/// web-01-vda.img is the disk vda of web-01. {ext} is one ending, or two where the second one says how it is
/// packed (vma.zst). A token that stands twice stands for the same text. A time is local unless a Z follows
/// it; a day that does not exist does not match. Pure: nothing here touches a file.
/// </summary>
internal sealed class ImagePattern
{
    private const int LongestPath = 4096;
    private const int SmallMemory = 512;

    private readonly PatternPart[] _parts;
    private readonly Func<ReadOnlySpan<char>, bool>? _endings;
    private readonly bool _isUtc;
    private readonly bool _hasTime;
    private readonly int[] _anyFolders;

    private ImagePattern(string text, Func<ReadOnlySpan<char>, bool>? endings)
    {
        var parser = new PatternParser(text);
        _parts = [.. parser.Parse()];
        _endings = endings;
        _isUtc = parser.IsUtc;
        _hasTime = _parts.Any(p => p.IsTime);
        Text = text;
        _anyFolders = [.. AnyFolders()];
        Folders = _parts.Count(p => p.Kind == PartKind.Folder);
    }

    /// <summary>As the admin wrote it.</summary>
    public string Text { get; }

    /// <summary>How many folders down its files lie.</summary>
    public int Folders { get; }

    /// <exception cref="BackupCopyException">InvalidArgument: what is wrong, and all tokens.</exception>
    public static ImagePattern Parse(string text) => new(text, endings: null);

    /// <summary>One whose {ext} stands only for the endings that images have.</summary>
    public static ImagePattern ForImages(string text) => new(text, ImageEndings.IsImage);

    public bool TryMatch(string relativePath, [NotNullWhen(true)] out ImageName? name)
    {
        name = Match(relativePath, out _, out _);
        return name is not null;
    }

    /// <summary>Why a path does not match, in words that follow its name and a colon.</summary>
    public string WhyNot(string relativePath)
    {
        var folders = relativePath.Count(c => c == '/');
        if (folders != Folders)
        {
            return $"it lies {Count(folders)} down, the pattern's files {Count(Folders)}";
        }

        if (Match(relativePath, out var part, out var at) is not null)
        {
            return "it matches";
        }

        var rest = relativePath[at..];
        if (part == _parts.Length)
        {
            return rest.Length == 0 ? "its date is none" : $"nothing stands for '{rest}'";
        }

        var (kind, text, _) = _parts[part];
        return rest.Length == 0 ? $"'{text}' is missing at its end"
            : kind == PartKind.Literal && !rest.Contains(text, StringComparison.OrdinalIgnoreCase)
                ? $"'{text}' is missing in '{rest}'"
                : $"'{text}' does not fit '{rest}'";
    }

    public override string ToString() => Text;

    private static string Count(int folders) => folders == 1 ? "1 folder" : $"{folders} folders";

    private ImageName? Match(string path, out int part, out int at)
    {
        part = at = 0;
        if (path.Length > LongestPath || path.AsSpan().Count('/') != Folders)
        {
            return null;
        }

        var words = ((_parts.Length * (path.Length + 1)) >> 6) + 1;
        var memory = words <= SmallMemory ? stackalloc ulong[words] : new ulong[words];
        memory.Clear();
        Span<Found> found = stackalloc Found[PatternPart.Kinds];
        found.Clear();
        var match = new PatternMatch(_parts, path, _endings, memory, found);
        if (match.Run())
        {
            return Name(match, path);
        }

        (part, at) = (match.Furthest, match.FurthestAt);
        return null;
    }

    private ImageName Name(PatternMatch match, string path)
    {
        var isUtc = _isUtc || match.IsUtc;
        return new ImageName(
            match.Text(PartKind.Machine)!, match.Text(PartKind.Job), match.Text(PartKind.Disk),
            _hasTime && !isUtc ? match.Time : null,
            _hasTime && isUtc ? DateTime.SpecifyKind(match.Time, DateTimeKind.Utc) : null,
            match.Text(PartKind.Ending), Elsewhere(path));
    }

    // Where * stands in the name of a folder, files of several such folders may look alike otherwise.
    private string Elsewhere(string path)
    {
        if (_anyFolders.Length == 0)
        {
            return "";
        }

        var names = path.Split('/');
        return string.Join('/', _anyFolders.Select(i => names[i]));
    }

    private IEnumerable<int> AnyFolders()
    {
        var names = Text.Split('/');
        return Enumerable.Range(0, names.Length - 1)
            .Where(i => names[i].Contains('*', StringComparison.Ordinal)
                && !names[i].Contains("{disk}", StringComparison.OrdinalIgnoreCase));
    }
}
