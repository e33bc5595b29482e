using BackupCopy.Storage;
using LiteDB;

namespace BackupCopy.Catalog;

/// <summary>
/// The catalog: definitions of repositories and jobs, sessions and settings in one LiteDB file, used by
/// several processes and users at once. Every call takes the lock beside the file, opens it, does one thing,
/// makes it durable and closes again; a process that dies at any moment leaves the change whole or absent and
/// blocks nobody. A catalog that does not exist reads as empty and comes into being with the first change.
/// No restore needs it.
/// </summary>
/// <remarks>
/// All calls block, for milliseconds unless others hold the lock. Common errors of all of them:
/// <see cref="ErrorCode.CatalogUnavailable"/> (access, disk, lock not free in time),
/// <see cref="ErrorCode.CatalogDamaged"/> and <see cref="ErrorCode.UnsupportedFormat"/> (newer version).
/// </remarks>
public sealed partial class CatalogStore
{
    private static readonly TimeSpan s_defaultLockLimit = TimeSpan.FromSeconds(30);

    private readonly IStorage _storage;
    private readonly TimeSpan _lockLimit;

    /// <summary>Names the catalog; nothing is opened or created yet.</summary>
    /// <param name="path">The catalog file, see <see cref="CatalogLocation.Resolve"/>.</param>
    /// <param name="lockLimit">How long a call waits for other processes; null for 30 seconds.</param>
    public CatalogStore(string path, TimeSpan? lockLimit = null)
        : this(LocalStorage.Instance, path, lockLimit)
    {
    }

    internal CatalogStore(IStorage storage, string path, TimeSpan? lockLimit = null)
    {
        _storage = storage;
        _lockLimit = lockLimit ?? s_defaultLockLimit;
        Path = System.IO.Path.GetFullPath(path);
    }

    /// <summary>The absolute path of the catalog file.</summary>
    public string Path { get; }

    /// <summary>
    /// Whether the catalog file is there, so that a first use can be told from an empty list.
    /// </summary>
    public bool Exists => _storage.FileExists(Path);

    private T Read<T>(T whenMissing, Func<CatalogDatabase, T> operation)
    {
        if (IsMissing())
        {
            return whenMissing;
        }

        using var held = CatalogLock.ForReading(_storage, Path, _lockLimit);
        return Do(isWriting: false, operation, whenMissing);
    }

    // A folder that may not be entered also says that the file does not exist; that must not read as empty.
    private bool IsMissing()
    {
        if (_storage.FileExists(Path))
        {
            return false;
        }

        try
        {
            _storage.Open(Path, OpenFor.Reading).Dispose();
            return false;
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.MissingFile)
        {
            return true;
        }
        catch (BackupCopyException error) when (CatalogError.IsStorage(error))
        {
            throw CatalogError.Unavailable(Path, error);
        }
    }

    private T Change<T>(Func<CatalogDatabase, T> operation)
    {
        CatalogLocation.CreateFolder(_storage, Path);
        using var held = CatalogLock.ForWriting(_storage, Path, _lockLimit);
        return Do(isWriting: true, operation, default!);
    }

    private T Do<T>(bool isWriting, Func<CatalogDatabase, T> operation, T whenEmpty)
    {
        try
        {
            using var pages = new CatalogPages(_storage, Path, isWriting);
            if (!isWriting && pages.Count == 0)
            {
                return whenEmpty;
            }

            using var database = new CatalogDatabase(pages, Path);
            var result = operation(database);
            if (isWriting)
            {
                database.Complete();
                pages.Commit_NeedsLock();
            }

            return result;
        }
        catch (LiteException error) when (
            error.ErrorCode is LiteException.INVALID_DATABASE or LiteException.INVALID_DATAFILE_STATE)
        {
            throw CatalogError.Damaged(Path, error.Message.TrimEnd('.'), error);
        }
    }
}
