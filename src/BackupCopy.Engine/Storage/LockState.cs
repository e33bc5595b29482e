namespace BackupCopy.Storage;

/// <summary>This process's part of a lock: some readers or one writer.</summary>
internal sealed class LockState
{
    private readonly Lock _gate = new();
    private int _readers;
    private bool _isRetired;

    /// <summary>Tries five times within 25 ms.</summary>
    public static bool TryBriefly(Func<bool> attempt)
    {
        for (var tries = 0; tries < 5; tries++)
        {
            if (attempt())
            {
                return true;
            }

            Thread.Sleep(5);
        }

        return false;
    }

    /// <summary>False while anybody has it, and once its files are gone: then another state counts.</summary>
    public bool TryEnterExclusive()
    {
        lock (_gate)
        {
            var free = _readers == 0 && !_isRetired;
            _readers = free ? -1 : _readers;
            return free;
        }
    }

    public bool TryEnterShared()
    {
        lock (_gate)
        {
            var free = _readers >= 0 && !_isRetired;
            _readers += free ? 1 : 0;
            return free;
        }
    }

    /// <summary>
    /// Looks whether the lock could be entered, and if so whether the system has it free. Whoever wants to
    /// enter waits for the look instead of being refused.
    /// </summary>
    public bool IsFree(bool shared, Func<IDisposable?> system)
    {
        lock (_gate)
        {
            if (shared ? _readers < 0 : _readers != 0)
            {
                return false;
            }

            using var held = system();
            return held is not null;
        }
    }

    public void LeaveExclusive()
    {
        lock (_gate)
        {
            _readers = 0;
        }
    }

    /// <summary>The lock's files go: nobody may enter by this state any more.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _isRetired = true;
        }
    }

    public void LeaveShared()
    {
        lock (_gate)
        {
            _readers--;
        }
    }
}
