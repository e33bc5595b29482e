namespace BackupCopy;

/// <summary>
/// The one exception family of the engine: a stable <see cref="Code"/> for scripts, a sentence that says what
/// happened and to what, and a <see cref="Remedy"/> that says what the operator can do about it.
/// </summary>
public sealed class BackupCopyException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="code">The stable code; it becomes the ErrorId at the prompt.</param>
    /// <param name="message">One sentence naming the things involved.</param>
    /// <param name="remedy">What the operator can do, as an imperative sentence.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public BackupCopyException(ErrorCode code, string message, string remedy, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        Remedy = remedy;
    }

    /// <summary>The stable code.</summary>
    public ErrorCode Code { get; }

    /// <summary>What the operator can do about it.</summary>
    public string Remedy { get; }
}

/// <summary>Every error the engine can name. The names are stable: scripts match on them.</summary>
public enum ErrorCode
{
    // Names and lookups
    JobNotFound,
    JobExists,
    RepositoryNotFound,
    RepositoryNameTaken,
    RepositoryInUse,
    BackupInUse,
    BackupNotFound,
    MachineNotFound,
    RestorePointNotFound,
    DiskNotFound,
    SessionNotFound,
    InvalidName,
    InvalidArgument,

    // Repositories and files
    RepositoryExists,
    NotARepository,
    NestedRepository,
    RepositoryUnavailable,
    RepositoryMismatch,
    RepositoryReadOnly,
    TargetIsSource,
    FolderNotEmpty,
    UnsupportedFormat,
    EncryptedRepository,
    BackupBelongsToAnotherJob,
    BackupMapAmbiguous,

    // Data
    DamagedFile,
    DamagedRecord,
    DamagedBlock,
    MissingFile,
    DamageFound,
    RepositoryWentBack,

    // Images and exports
    ImageNotFound,
    ImageUnreadable,
    ImageChanged,
    ImageEmpty,
    ImageDamaged,
    ImageUnsupported,
    ImageUnknown,
    ImageOutside,
    ImageLocked,
    ImageRepository,
    DestinationExists,

    // Work
    TargetFull,
    StorageError,
    ChainLocked,
    PointLocked,
    PointGone,
    PointHeld,
    LastGoodPoint,
    PointWanted,
    RetentionDebt,
    SessionTakenOver,
    JobRunning,
    JobDisabled,
    ServiceRunning,
    MachineFailed,
    WaitTimedOut,
    ConnectionLost,
    IntervalExpired,
    WindowClosed,

    // Scripts and reports
    ScriptNotFound,
    ScriptFailed,
    ScriptTimedOut,
    ScriptHostMissing,
    MailNotConfigured,
    MailFailed,
    SecretUnreadable,

    // Catalog
    CatalogUnavailable,
    CatalogDamaged,
}
