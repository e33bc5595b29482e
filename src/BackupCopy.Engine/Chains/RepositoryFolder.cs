using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// A repository on a storage: its description and its backups. Recognised by the id
/// inside, never by its path.
/// </summary>
internal sealed class RepositoryFolder
{
    private static readonly System.Buffers.SearchValues<char> s_hexDigits =
        System.Buffers.SearchValues.Create("0123456789abcdef");

    // What systems put into the root of an empty volume.
    private static readonly HashSet<string> s_volumeEntries = new(
        [
            "lost+found", "System Volume Information", "$RECYCLE.BIN", ".Trashes", ".Spotlight-V100",
            ".fseventsd"
        ],
        StringComparer.OrdinalIgnoreCase);

    private RepositoryFolder(
        IStorage storage, string path, RepositoryFile file, ReadOnlyMemory<byte> key, bool isReadOnly)
    {
        Storage = storage;
        Path = path;
        File = file;
        Key = key;
        IsReadOnly = isReadOnly;
    }

    public IStorage Storage { get; }

    public string Path { get; }

    public RepositoryFile File { get; }

    /// <summary>Empty for a repository that is not encrypted.</summary>
    public ReadOnlyMemory<byte> Key { get; }

    /// <summary>Nothing can be changed, so nothing is locked either.</summary>
    public bool IsReadOnly { get; }

    public static RepositoryFolder Create(
        IStorage storage, string path, int blockSizeBytes, Compression compression, DateTime nowUtc,
        ReleaseMode? releaseMode = null)
    {
        CheckPlace(storage, path);
        CreateDirectories(storage, path);
        var abilities = storage.Probe(path);
        var file = new RepositoryFile
        {
            Id = Guid.NewGuid(),
            CreatedUtc = nowUtc,
            BlockSizeBytes = blockSizeBytes,
            Compression = compression,
            AlignmentBytes = abilities.Punches || abilities.Clones
                ? FormatLimits.PageAlignment : FormatLimits.SmallAlignment,
            BlockFileBytes = FormatLimits.LocalBlockFileBytes,
            Storage = abilities,
            ReleaseMode = releaseMode,
        };
        RefuseImpossible(path, file, releaseMode);
        Write(storage, path, file);
        return new RepositoryFolder(storage, path, file, default, isReadOnly: false);
    }

    /// <summary>Throws when no repository can be made there; writes nothing.</summary>
    public static void CheckPlace(IStorage storage, string path)
    {
        RefuseUnlessEmpty(storage, path);
        RefuseNested(storage, path);
    }

    public static bool Exists(IStorage storage, string path) =>
        storage.FileExists(System.IO.Path.Combine(path, Names.RepositoryFile))
        || storage.FileExists(System.IO.Path.Combine(path, Names.RepositoryFileCopy));

    /// <summary>
    /// Opens a repository; its second description serves where the first is missing or damaged.
    /// </summary>
    /// <param name="expectedId">When given, another repository at this place is an error.</param>
    public static RepositoryFolder Open(
        IStorage storage, string path, Guid? expectedId = null, ReadOnlyMemory<byte> key = default)
    {
        if (!Exists(storage, path))
        {
            throw storage.DirectoryExists(path)
                ? new BackupCopyException(
                    ErrorCode.NotARepository,
                    $"{path} is not a repository: it has no {Names.RepositoryFile}.",
                    "Check the path and that the drive is mounted, or make a repository with "
                    + "New-BackupCopyRepository.")
                : new BackupCopyException(
                    ErrorCode.RepositoryUnavailable, $"The repository folder {path} does not exist.",
                    "Attach or mount the drive, or correct the path with Set-BackupCopyRepository -Path.");
        }

        var file = ReadDescription(storage, path);
        if (expectedId is not null && file.Id != expectedId)
        {
            throw new BackupCopyException(
                ErrorCode.RepositoryMismatch,
                $"{path} holds repository {file.Id}, not {expectedId}: another drive is attached there.",
                "Attach the right drive, or register this one under a name of its own.");
        }

        if (file.KeySlots.Count > 0 && key.IsEmpty)
        {
            throw FormatError.NeedsKey(path);
        }

        var isReadOnly = file.WriteVersion > FormatVersion.Current || !CanWrite(storage, path);
        return new RepositoryFolder(storage, path, file, key, isReadOnly);
    }

    /// <summary>The same for a look that changes nothing, not even a lock.</summary>
    public RepositoryFolder ForLooking() => new(Storage, Path, File, Key, isReadOnly: true);

    /// <summary>The backups, by folder name.</summary>
    public IReadOnlyList<BackupFolder> Backups() =>
        [.. Storage.List(Path)
            .Where(e => e.IsDirectory && HasIdSuffix(e.Name))
            .OrderBy(e => e.Name, StringComparer.Ordinal)
            .Select(e => new BackupFolder(this, System.IO.Path.Combine(Path, e.Name)))];

    /// <summary>The folder of a job; it appears with the first chain in it.</summary>
    public BackupFolder BackupFor(string jobName, Guid jobId)
    {
        var suffix = "." + jobId.ToString("N")[..8];
        var known = Backups().FirstOrDefault(
            b => b.FolderName.EndsWith(suffix, StringComparison.Ordinal) && b.IsOf(jobId));
        return known ?? new BackupFolder(this, System.IO.Path.Combine(Path, Names.Folder(jobName, jobId)));
    }

    /// <summary>
    /// Throws unless the repository that was opened is still at its place and may be written.
    /// </summary>
    public void EnsureWritable()
    {
        var now = Open(Storage, Path, File.Id, Key);
        if (now.IsReadOnly)
        {
            throw File.WriteVersion > FormatVersion.Current
                ? FormatError.NewerFormat(Path, File.WriteVersion)
                : StorageError.ReadOnly(Path);
        }
    }

    /// <summary>
    /// Writes down how space returns; it counts for whoever opens the repository from then on.
    /// </summary>
    public void SetReleaseMode(ReleaseMode mode)
    {
        EnsureCanRelease(mode);
        Write(Storage, Path, File with { ReleaseMode = mode });
    }

    /// <summary>Throws what <see cref="SetReleaseMode"/> would.</summary>
    public void EnsureCanRelease(ReleaseMode mode)
    {
        EnsureWritable();
        RefuseImpossible(Path, File, mode);
    }

    internal static bool HasIdSuffix(string folder) =>
        folder.Length > 9 && folder[^9] == '.'
        && folder.AsSpan(folder.Length - 8).IndexOfAnyExcept(s_hexDigits) < 0;

    private static RepositoryFile ReadDescription(IStorage storage, string path)
    {
        BackupCopyException? damage = null;
        foreach (var name in (string[])[Names.RepositoryFile, Names.RepositoryFileCopy])
        {
            var file = System.IO.Path.Combine(path, name);
            try
            {
                return RepositoryFile.Read(storage.ReadSmall(file, 1 << 20), file);
            }
            catch (BackupCopyException error)
                when (error.Code is ErrorCode.DamagedFile or ErrorCode.MissingFile)
            {
                damage ??= error;
            }
        }

        throw damage!;
    }

    // The copy first: whenever the power goes, one of the two is whole.
    internal static void Write(IStorage storage, string path, RepositoryFile file)
    {
        storage.Replace(System.IO.Path.Combine(path, Names.RepositoryFileCopy), file.ToBytes());
        storage.FlushDirectory(path);
        storage.Replace(System.IO.Path.Combine(path, Names.RepositoryFile), file.ToBytes());
        storage.FlushDirectory(path);
    }

    private static bool CanWrite(IStorage storage, string path)
    {
        try
        {
            using var file = storage.Open(
                System.IO.Path.Combine(path, Names.RepositoryFile), OpenFor.Changing);
            return true;
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.MissingFile)
        {
            return true;
        }
        catch (BackupCopyException)
        {
            return false;
        }
    }

    private static void RefuseImpossible(string path, RepositoryFile file, ReleaseMode? mode)
    {
        if (mode == ReleaseMode.Punch && !file.Storage.Punches)
        {
            throw new BackupCopyException(
                ErrorCode.InvalidArgument,
                $"The storage of {path} gives no space back for holes: a probe tried it when the repository "
                + "was made.",
                "Choose Rewrite or WholeFiles.");
        }
    }

    private static void RefuseUnlessEmpty(IStorage storage, string path)
    {
        if (Exists(storage, path))
        {
            throw new BackupCopyException(
                ErrorCode.RepositoryExists, $"{path} is a repository already.",
                "Use it with Register-BackupCopyRepository, or choose another folder.");
        }

        var foreign = storage.List(path).FirstOrDefault(e => !s_volumeEntries.Contains(e.Name));
        if (foreign.Name is not null)
        {
            throw new BackupCopyException(
                ErrorCode.FolderNotEmpty, $"{path} is not empty: it holds {foreign.Name}.",
                "Choose an empty or a new folder, for instance a subfolder of it.");
        }
    }

    private static void RefuseNested(IStorage storage, string path)
    {
        for (var parent = System.IO.Path.GetDirectoryName(path);
            parent is not null;
            parent = System.IO.Path.GetDirectoryName(parent))
        {
            if (Exists(storage, parent))
            {
                throw new BackupCopyException(
                    ErrorCode.NestedRepository, $"{path} lies inside the repository {parent}.",
                    "Choose a folder outside of it.");
            }
        }
    }

    private static void CreateDirectories(IStorage storage, string path)
    {
        if (storage.DirectoryExists(path))
        {
            return;
        }

        var parent = System.IO.Path.GetDirectoryName(path);
        if (parent is null)
        {
            throw StorageError.From(new DirectoryNotFoundException(), path);
        }

        CreateDirectories(storage, parent);
        storage.CreateDirectory(path);
        storage.FlushDirectory(parent);
    }
}
