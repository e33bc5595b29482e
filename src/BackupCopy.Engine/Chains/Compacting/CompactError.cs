namespace BackupCopy.Chains.Compacting;

/// <summary>Why a chain is not compacted.</summary>
internal static class CompactError
{
    public static BackupCopyException Damaged(Chain chain, string why, Exception? cause = null) => new(
        ErrorCode.DamageFound,
        $"{chain.Path} is not compacted, because something in it does not verify: {why}",
        "Check and repair the chain with Invoke-HealthCheck -Repair, then compact it.",
        cause);

    public static BackupCopyException WholeFiles(Chain chain) => new(
        ErrorCode.InvalidArgument,
        $"{chain.Path} is not compacted: its repository gives space back by whole files only, so that what "
        + "is moved would be there twice.",
        "Let the job make active fulls with Set-BackupCopyJob -ActiveFullOn: they lie in disk order, and "
        + "what they take the place of goes as a whole.");

    public static BackupCopyException NoRoom(Chain chain, long needed, long free, long written) => new(
        ErrorCode.TargetFull,
        $"Compacting {chain.Path} needs {needed} bytes beside what is there, and {free} are free."
        + (written == 0 ? " Nothing was written." : $" The {written} bytes written so far stay in use."),
        "Make room in the repository, then compact the chain again.");
}
