namespace BackupCopy.Chains;

/// <summary>Which errors of reading say that stored bytes are not what was written.</summary>
internal static class StoredDamage
{
    /// <summary>They are other bytes, or none.</summary>
    public static bool IsDamage(ErrorCode code) =>
        code is ErrorCode.DamagedFile or ErrorCode.DamagedRecord or ErrorCode.MissingFile;

    /// <summary>The storage does not give them: a bad sector, or no storage any more.</summary>
    public static bool IsUnreadable(ErrorCode code) =>
        code is ErrorCode.ConnectionLost or ErrorCode.StorageError;
}
