namespace BackupCopy.Storage;

/// <summary>
/// Turns what the system says into the engine's errors; the only place that knows its numbers.
/// </summary>
internal static class StorageError
{
    private const int PosixMissing = 2;
    private const int PosixNoSpace = 28;
    private const int PosixQuota = 122;
    private const int PosixReadOnly = 30;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsWriteProtect = unchecked((int)0x80070013);

    public static BackupCopyException From(Exception error, string path) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException or IOException { HResult: PosixMissing } => new(
            ErrorCode.MissingFile, $"{path} does not exist.",
            "Check that the repository's drive is attached and that nobody moved the file.", error),
        IOException { HResult: PosixNoSpace or PosixQuota or WindowsDiskFull or WindowsHandleDiskFull } =>
            Full(path, error),
        IOException { HResult: PosixReadOnly or WindowsWriteProtect } => ReadOnly(path, error),
        ArgumentOutOfRangeException => new(
            ErrorCode.StorageError, $"{path} would be larger than a file may be on this file system.",
            "Choose a folder on another file system, such as XFS, NTFS or ZFS.", error),
        UnauthorizedAccessException => new(
            ErrorCode.StorageError, $"{path}: access denied.",
            "Give this account read and write access to the folder, or run as the account that owns it.",
            error),
        _ => new(
            ErrorCode.StorageError, $"{path}: {error.Message}",
            "Check the storage and the connection to it, then run the command again: work done is kept.",
            error),
    };

    public static BackupCopyException Full(string path, Exception? error = null) => new(
        ErrorCode.TargetFull, $"The storage of {path} is full.",
        "Free space or enlarge the storage and run the job again: what was copied is kept and not sent "
        + "twice.",
        error);

    public static BackupCopyException ReadOnly(string path, Exception? error = null) => new(
        ErrorCode.RepositoryReadOnly, $"The storage of {path} is read-only.",
        "Mount it writable; reading, exporting and copying from it work as it is.", error);

    // .NET reports EFBIG, a file larger than the file system holds, as an argument out of range.
    public static bool IsStorage(Exception error) =>
        error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;
}
