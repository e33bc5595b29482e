namespace BackupCopy.Storage;

/// <summary>One of many locks that are taken together: held, or somebody's, or failed.</summary>
internal sealed class LockAttempt(LockFiles files)
{
    public LockFiles Files { get; } = files;

    /// <summary>Null when the lock could not be had.</summary>
    public HeldLock? Held { get; set; }

    /// <summary>Who has it, as far as that is known.</summary>
    public LockHolder? Holder { get; set; }

    /// <summary>Why nobody can say whether it is free.</summary>
    public BackupCopyException? Error { get; private set; }

    public void Do(Action step)
    {
        try
        {
            step();
        }
        catch (BackupCopyException error)
        {
            Error = error;
            Refuse(holder: null);
        }
    }

    public void Refuse(LockHolder? holder)
    {
        Holder = holder;
        Held?.Dispose();
        Held = null;
    }
}
