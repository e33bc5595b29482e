using System.Management.Automation;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell;

/// <summary>
/// Turns the engine's errors into error records: the ErrorId is the code's name, the category comes from the
/// one table below, the recommended action is the remedy.
/// </summary>
internal static class ErrorTable
{
    public static ErrorRecord ToErrorRecord(this BackupCopyException exception, object? target) =>
        new(exception, exception.Code.ToString(), CategoryOf(exception.Code), target)
        {
            ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = exception.Remedy },
        };

    /// <summary>The error with the machine named first, unless it begins with it.</summary>
    public static BackupCopyException OfMachine(this BackupCopyException error, string machine) =>
        error.Message.StartsWith($"{machine}: ", StringComparison.Ordinal)
            ? error
            : new BackupCopyException(error.Code, $"{machine}: {error.Message}", error.Remedy, error);

    /// <summary>The error with machine and point named first, unless it names the restore point.</summary>
    public static BackupCopyException OfPoint(this BackupCopyException error, RestorePointInfo point) =>
        error.Message.Contains($"estore point {point.Sequence} ", StringComparison.Ordinal)
        || error.Message.Contains($"estore point of {point.Machine}", StringComparison.Ordinal)
            ? error
            : new BackupCopyException(
                error.Code, $"{point.Machine} of {point.Time:yyyy-MM-dd HH:mm:ss}: {error.Message}",
                error.Remedy, error);

    // No default arm: a new code without a category does not compile. Only numbers that are no code at all
    // are left out, which the engine cannot produce.
#pragma warning disable CS8524
    private static ErrorCategory CategoryOf(ErrorCode code) => code switch
    {
        ErrorCode.JobNotFound
            or ErrorCode.RepositoryNotFound
            or ErrorCode.BackupNotFound
            or ErrorCode.MachineNotFound
            or ErrorCode.RestorePointNotFound
            or ErrorCode.DiskNotFound
            or ErrorCode.SessionNotFound
            or ErrorCode.NotARepository
            or ErrorCode.MissingFile
            or ErrorCode.ImageNotFound
            or ErrorCode.ScriptNotFound
            or ErrorCode.PointGone => ErrorCategory.ObjectNotFound,

        ErrorCode.JobExists
            or ErrorCode.RepositoryNameTaken
            or ErrorCode.RepositoryExists
            or ErrorCode.FolderNotEmpty
            or ErrorCode.DestinationExists => ErrorCategory.ResourceExists,

        ErrorCode.InvalidName
            or ErrorCode.InvalidArgument
            or ErrorCode.NestedRepository
            or ErrorCode.TargetIsSource
            or ErrorCode.ImageRepository
            or ErrorCode.BackupMapAmbiguous => ErrorCategory.InvalidArgument,

        ErrorCode.DamagedFile
            or ErrorCode.DamageFound
            or ErrorCode.RepositoryWentBack
            or ErrorCode.DamagedRecord
            or ErrorCode.DamagedBlock
            or ErrorCode.ImageEmpty
            or ErrorCode.ImageDamaged
            or ErrorCode.ImageUnknown
            or ErrorCode.CatalogDamaged => ErrorCategory.InvalidData,

        ErrorCode.RepositoryInUse
            or ErrorCode.BackupInUse
            or ErrorCode.ImageChanged
            or ErrorCode.ImageLocked
            or ErrorCode.ChainLocked
            or ErrorCode.PointLocked
            or ErrorCode.PointWanted
            or ErrorCode.RetentionDebt
            or ErrorCode.ServiceRunning
            or ErrorCode.JobRunning => ErrorCategory.ResourceBusy,

        ErrorCode.RepositoryUnavailable
            or ErrorCode.CatalogUnavailable
            or ErrorCode.ConnectionLost
            or ErrorCode.ScriptHostMissing
            or ErrorCode.TargetFull => ErrorCategory.ResourceUnavailable,

        ErrorCode.RepositoryReadOnly
            or ErrorCode.EncryptedRepository
            or ErrorCode.PointHeld
            or ErrorCode.LastGoodPoint
            or ErrorCode.ImageOutside
            or ErrorCode.JobDisabled
            or ErrorCode.SecretUnreadable
            or ErrorCode.BackupBelongsToAnotherJob => ErrorCategory.PermissionDenied,

        ErrorCode.RepositoryMismatch => ErrorCategory.InvalidResult,
        ErrorCode.UnsupportedFormat or ErrorCode.ImageUnsupported => ErrorCategory.NotImplemented,
        ErrorCode.ImageUnreadable => ErrorCategory.ReadError,
        ErrorCode.StorageError => ErrorCategory.DeviceError,
        ErrorCode.SessionTakenOver => ErrorCategory.OperationStopped,
        ErrorCode.MachineFailed or ErrorCode.ScriptFailed => ErrorCategory.InvalidResult,
        ErrorCode.MailFailed => ErrorCategory.ConnectionError,
        ErrorCode.MailNotConfigured => ErrorCategory.InvalidOperation,
        ErrorCode.WaitTimedOut or ErrorCode.IntervalExpired or ErrorCode.WindowClosed
            or ErrorCode.ScriptTimedOut => ErrorCategory.OperationTimeout,
    };
#pragma warning restore CS8524
}
