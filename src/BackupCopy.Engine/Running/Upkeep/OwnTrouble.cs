namespace BackupCopy.Running.Upkeep;

/// <summary>
/// Whatever goes wrong with one chain is that machine's trouble: the others go on and the session says so.
/// </summary>
internal static class OwnTrouble
{
    public static BackupCopyException Of(Exception error, string machine) =>
        error as BackupCopyException ?? new BackupCopyException(
            ErrorCode.MachineFailed, $"{machine}: {error.GetType().Name}: {error.Message}",
            "Run the sync again; if it stays, report it with this message.", error);
}
