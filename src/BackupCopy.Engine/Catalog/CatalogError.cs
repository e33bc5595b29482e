namespace BackupCopy.Catalog;

/// <summary>
/// The sentences of the catalog's own errors, so that every one of them names the file and a remedy.
/// </summary>
internal static class CatalogError
{
    public static BackupCopyException Damaged(string path, string what, Exception? inner = null) => new(
        ErrorCode.CatalogDamaged,
        $"The catalog {path} is damaged: {what}.",
        "The data in the repositories is not affected. Put back a copy of the file, or move it and its "
        + $"{CatalogFiles.JournalSuffix} file away, attach the repositories again with "
        + "Register-BackupCopyRepository and make the jobs again with New-BackupCopyJob -MapBackup, which "
        + "takes over their backups.",
        inner);

    public static BackupCopyException Unavailable(string path, BackupCopyException cause) => new(
        ErrorCode.CatalogUnavailable,
        $"The catalog {path} cannot be used: {cause.Message}",
        cause.Code switch
        {
            ErrorCode.TargetFull => "Free space on its disk. What the catalog held is unchanged.",
            ErrorCode.RepositoryReadOnly =>
                "Mount its disk writable, or choose another catalog with -CatalogPath.",
            _ => "Give this account access to the file and its folder, run as the account that owns it, or "
                + "choose another catalog with -CatalogPath or BACKUPCOPY_CATALOG.",
        },
        cause);

    public static BackupCopyException Gone(string path) => new(
        ErrorCode.CatalogUnavailable,
        $"The catalog {path} is gone: it was moved or deleted.",
        "Put it back. The data in the repositories is not affected, and what was interrupted goes on then.");

    public static BackupCopyException Newer(string path, string what) => new(
        ErrorCode.UnsupportedFormat,
        $"The catalog {path} was written by a newer version of BackupCopy: {what}.",
        "Use that version or a later one, or choose another catalog with -CatalogPath.");

    /// <summary>Whether storage refused, as opposed to an error that already speaks of the catalog.</summary>
    public static bool IsStorage(BackupCopyException error) => error.Code
        is ErrorCode.StorageError or ErrorCode.ConnectionLost or ErrorCode.TargetFull
        or ErrorCode.RepositoryReadOnly or ErrorCode.MissingFile;
}

/// <summary>The names of the files beside a catalog.</summary>
internal static class CatalogFiles
{
    public const string JournalSuffix = "-journal";
    public const string LockSuffix = "-lock";
    public const string HolderSuffix = "-holder";
}
