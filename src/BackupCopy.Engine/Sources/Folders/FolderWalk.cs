using System.IO.Enumeration;
using BackupCopy.Format;

namespace BackupCopy.Sources.Folders;

/// <summary>
/// The names below a folder, as deep as any pattern reaches. Nothing is opened but folders; links are not
/// followed, neither hidden folders nor repositories of restore points entered, and a folder that cannot be
/// read is named and left out.
/// </summary>
internal sealed class FolderWalk(string root, int deepest, CancellationToken cancellation)
{
    /// <summary>A folder of images has fewer.</summary>
    public const int MostEntries = 1_000_000;

    private static readonly EnumerationOptions s_all = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    private static readonly string[] s_ofSystems =
        ["lost+found", "System Volume Information", "$RECYCLE.BIN", "@eaDir", "#recycle"];

    private readonly List<BackupCopyException> _problems = [];
    private int _left = MostEntries;

    public IReadOnlyList<BackupCopyException> Problems => _problems;

    /// <summary>Folders that lie deeper than any pattern reaches.</summary>
    public int DeeperFolders { get; private set; }

    /// <summary>All folders, by path.</summary>
    public IReadOnlyList<WalkedFolder> Run()
    {
        var walked = new List<WalkedFolder>();
        var open = new Stack<(string Path, string Relative, int Depth)>([(root, "", 0)]);
        while (open.TryPop(out var next))
        {
            if (Read(next.Path, next.Relative) is not { } folder)
            {
                continue;
            }

            walked.Add(folder);
            foreach (var name in folder.Folders.Where(IsEntered).OrderDescending(StringComparer.Ordinal))
            {
                if (next.Depth == deepest)
                {
                    DeeperFolders++;
                    continue;
                }

                open.Push((Path.Combine(next.Path, name), folder.Relative(name), next.Depth + 1));
            }
        }

        return walked;
    }

    private static bool IsEntered(string name) =>
        name[0] != '.' && !s_ofSystems.Contains(name, StringComparer.OrdinalIgnoreCase);

    private WalkedFolder? Read(string path, string relative)
    {
        var folder = new WalkedFolder(path, relative);
        try
        {
            var entries = new FileSystemEnumerable<(string Name, bool IsFolder, bool IsLink)>(
                path, (ref e) => (e.FileName.ToString(), e.IsDirectory, IsLink(ref e)), s_all);
            foreach (var (name, isFolder, isLink) in entries)
            {
                cancellation.ThrowIfCancellationRequested();
                if (--_left < 0)
                {
                    throw new BackupCopyException(
                        ErrorCode.StorageError, $"{root} holds more than {MostEntries} files and folders.",
                        "Give the folder that the images lie in, or a pattern with fewer folders.");
                }

                (isLink ? folder.Links : isFolder ? folder.Folders : folder.Files).Add(name);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var isRoot = relative.Length == 0;
            var problem = new BackupCopyException(
                isRoot ? ErrorCode.RepositoryUnavailable : ErrorCode.StorageError,
                $"The folder {path} cannot be read: {error.Message}",
                isRoot ? "Check the path, the drive or share that it lies on, and the account's rights."
                    : "Give this account the right to read it, or leave it out by another pattern.",
                error);
            if (isRoot)
            {
                throw problem;
            }

            // It may have been removed meanwhile.
            if (error is not DirectoryNotFoundException)
            {
                _problems.Add(problem);
            }

            return null;
        }

        // A repository of restore points holds nothing that other programs wrote.
        if (folder.Files.Contains(Names.RepositoryFile))
        {
            return null;
        }

        folder.Files.Sort(StringComparer.Ordinal);
        return folder;
    }

    // Windows marks other things so as well, such as files whose blocks it shares.
    private static bool IsLink(ref FileSystemEntry entry) =>
        (entry.Attributes & FileAttributes.ReparsePoint) != 0
        && entry.ToFileSystemInfo().LinkTarget is not null;
}

/// <summary>One folder and the names in it.</summary>
internal sealed class WalkedFolder(string path, string relativePath)
{
    /// <summary>Behind the name of a file: somebody works on it. VMware makes folders called so.</summary>
    public static readonly IReadOnlyList<string> LockEndings = [".lock", ".lck"];

    private HashSet<string>? _names;
    private bool? _hasLocks;

    public string Path { get; } = path;

    /// <summary>With / between folders; empty for the folder that the walk began in.</summary>
    public string RelativePath { get; } = relativePath;

    /// <summary>How many folders down it lies.</summary>
    public int Depth { get; } = relativePath.Length == 0 ? 0 : relativePath.Count(c => c == '/') + 1;

    /// <summary>Whatever is neither a folder nor a link; in order.</summary>
    public List<string> Files { get; } = [];

    public List<string> Folders { get; } = [];

    public List<string> Links { get; } = [];

    public string Relative(string name) => RelativePath.Length == 0 ? name : $"{RelativePath}/{name}";

    /// <summary>Whether anything in it has one of those endings.</summary>
    public bool HasLocks => _hasLocks ??= Files.Concat(Folders).Any(
        n => LockEndings.Any(e => n.EndsWith(e, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whether a file or folder of this name lies in it, whatever the case of its letters.</summary>
    public bool Holds(string name) =>
        (_names ??= new HashSet<string>(Files.Concat(Folders), StringComparer.OrdinalIgnoreCase))
            .Contains(name);
}
