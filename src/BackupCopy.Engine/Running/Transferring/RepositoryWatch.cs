using BackupCopy.Chains;
using BackupCopy.Storage;

namespace BackupCopy.Running.Transferring;

/// <summary>A repository that a task works with.</summary>
/// <param name="Id">Null for a folder of images, which has none inside.</param>
internal sealed record WatchedRepository(string Name, string Path, Guid? Id);

/// <summary>
/// Whether source and target are still what is found at their paths, by the id inside. A mount that was taken
/// away may go on taking bytes through open files, into a file system that nobody sees any more.
/// </summary>
internal sealed class RepositoryWatch(IStorage storage, WatchedRepository source, WatchedRepository target)
{
    /// <summary>Whether one of them lies on a share, where a lost connection may come back.</summary>
    public bool IsShared => storage.IsShared(source.Path) || storage.IsShared(target.Path);

    /// <summary>Why one of them is not there; null when both are.</summary>
    public BackupCopyException? Lost() => Lost(source) ?? Lost(target);

    public void EnsureThere()
    {
        if (Lost() is { } lost)
        {
            throw lost;
        }
    }

    private BackupCopyException? Lost(WatchedRepository repository)
    {
        try
        {
            if (repository.Id is { } id)
            {
                RepositoryFolder.Open(storage, repository.Path, id);
                return null;
            }

            // An empty folder is what is left where a drive or share was mounted.
            var why = !storage.DirectoryExists(repository.Path) ? "is not there"
                : storage.List(repository.Path).Count == 0 ? "is empty, as if nothing were mounted there"
                : null;
            return why is null ? null : new BackupCopyException(
                ErrorCode.ConnectionLost,
                $"The repository {repository.Name} is away: {repository.Path} {why}.",
                "Attach or mount it again; the copy goes on by itself.");
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.RepositoryMismatch)
        {
            return error;
        }
        catch (BackupCopyException error) when (
            error.Code is ErrorCode.RepositoryUnavailable or ErrorCode.NotARepository or ErrorCode.MissingFile
                or ErrorCode.ConnectionLost or ErrorCode.StorageError)
        {
            return new BackupCopyException(
                ErrorCode.ConnectionLost, $"The repository {repository.Name} is away: {error.Message}",
                "Attach or mount it again, or mend the connection; the copy goes on by itself.", error);
        }
        catch (BackupCopyException)
        {
            // It is there, with an error that waiting does not mend; who uses it meets that.
            return null;
        }
    }
}
