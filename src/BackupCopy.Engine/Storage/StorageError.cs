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

    // ENETDOWN, ENETUNREACH, ENETRESET, ECONNABORTED, ECONNRESET, ENOTCONN, ESHUTDOWN, ETIMEDOUT,
    // ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH, ESTALE, EREMOTEIO
    private static readonly int[] s_connectionOfLinux =
        [100, 101, 102, 103, 104, 107, 108, 110, 111, 112, 113, 116, 121];

    // The same, as far as there are such, in the numbers of macOS.
    private static readonly int[] s_connectionOfMac = [50, 51, 52, 53, 54, 57, 58, 60, 61, 64, 65, 70];

    // A disk that cannot read a sector says EIO as well: whoever has to know looks at the repository.
    private static readonly HashSet<int> s_connection =
    [
        5, // EIO
        6, // ENXIO
        19, // ENODEV
        .. OperatingSystem.IsMacOS() ? s_connectionOfMac : s_connectionOfLinux,
        unchecked((int)0x80070015), // ERROR_NOT_READY
        unchecked((int)0x80070033), // ERROR_REM_NOT_LIST
        unchecked((int)0x80070035), // ERROR_BAD_NETPATH
        unchecked((int)0x80070037), // ERROR_DEV_NOT_EXIST
        unchecked((int)0x8007003B), // ERROR_UNEXP_NET_ERR
        unchecked((int)0x80070040), // ERROR_NETNAME_DELETED
        unchecked((int)0x80070043), // ERROR_BAD_NET_NAME
        unchecked((int)0x80070079), // ERROR_SEM_TIMEOUT
        unchecked((int)0x800700F0), // ERROR_VC_DISCONNECTED
        unchecked((int)0x800701B1), // ERROR_NO_SUCH_DEVICE
        unchecked((int)0x8007045D), // ERROR_IO_DEVICE
        unchecked((int)0x8007048F), // ERROR_DEVICE_NOT_CONNECTED
        unchecked((int)0x800704C9), // ERROR_CONNECTION_REFUSED
        unchecked((int)0x800704CF), // ERROR_NETWORK_UNREACHABLE
        unchecked((int)0x800704D0), // ERROR_HOST_UNREACHABLE
        unchecked((int)0x800704D4), // ERROR_CONNECTION_ABORTED
    ];

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
        IOException when s_connection.Contains(error.HResult) => new(
            ErrorCode.ConnectionLost, $"{path}: {error.Message}",
            "Check the connection to the storage, or its disk, then run the command again: work done is "
            + "kept.",
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
