using BackupCopy.Chains;

namespace BackupCopy.Health;

/// <summary>
/// Tells damage from a storage that is away: a sector that cannot be read says the same as a drive that was
/// unplugged, and only the repository itself tells the two apart.
/// </summary>
internal static class ReadFault
{
    /// <summary>Whether something cannot be read or verified, while the repository is where it was.</summary>
    public static bool IsDamage(RepositoryFolder repository, BackupCopyException error) => error.Code switch
    {
        ErrorCode.DamagedFile or ErrorCode.DamagedRecord or ErrorCode.DamagedBlock => true,
        ErrorCode.MissingFile or ErrorCode.ConnectionLost or ErrorCode.StorageError => IsThere(repository),
        _ => false,
    };

    private static bool IsThere(RepositoryFolder repository)
    {
        try
        {
            RepositoryFolder.Open(repository.Storage, repository.Path, repository.File.Id, repository.Key);
            return true;
        }
        catch (BackupCopyException)
        {
            return false;
        }
    }
}
