namespace BackupCopy.Storage;

/// <summary>A lock that is held until disposed.</summary>
internal sealed class HeldLock : IDisposable
{
    private readonly IStorage _storage;
    private readonly LockFiles _files;
    private readonly LockState _state;
    private readonly bool _exclusive;
    private readonly bool _isShared;
    private readonly IDisposable _system;
    private readonly Lock _gate = new();
    private string? _record;
    private LockHolder? _holder;
    private Heartbeat? _heartbeat;
    private bool _isDisposed;

    /// <param name="isShared">On a share, where the record shows others that the holder lives.</param>
    public HeldLock(
        IStorage storage, LockFiles files, LockState state, bool exclusive, bool isShared, IDisposable system)
    {
        _storage = storage;
        _files = files;
        _state = state;
        _exclusive = exclusive;
        _isShared = isShared;
        _system = system;
    }

    /// <summary>The name that the lock was taken by.</summary>
    public string Name => _files.Name;

    /// <summary>
    /// Whether all who could want the thing see that it is held: on a share only by the record, for which a
    /// full one may have had no room.
    /// </summary>
    public bool IsSeenByAll => !_isShared || _record is not null;

    /// <summary>
    /// The record is for other hosts and for messages, never for recovery: it is not flushed.
    /// </summary>
    public void WriteRecord(string record, LockHolder holder)
    {
        holder.Write(_storage, record);
        _record = record;
        _holder = holder;
    }

    public void KeepAlive(Heartbeat heartbeat) => _heartbeat = heartbeat;

    /// <summary>Whether the record is still this holder's.</summary>
    public bool IsSettled =>
        _record is not null && LockHolder.Read(_storage, _record)?.Token == _holder!.Token;

    /// <summary>
    /// Whether another host may have taken the lock over, from a holder that slept for longer than a term.
    /// The system tells its own processes apart.
    /// </summary>
    public bool MayBeLost => _isShared && !IsSettled;

    public void Dispose() => Release(forget: null);

    /// <summary>
    /// Lets go of a lock on something that is gone, with its files. They go first, so that none of a newcomer
    /// is deleted; where the system lets no held file go, it does not let go that of a newcomer either.
    /// </summary>
    /// <param name="forget">Deletes the files; told whether the lock is still held.</param>
    public void DisposeAndForget(Action<LockFiles, bool> forget) => Release(forget);

    /// <summary>Shows others that the holder lives.</summary>
    public void Beat()
    {
        lock (_gate)
        {
            if (!_isDisposed && _record is not null && IsStillOurs())
            {
                try
                {
                    WriteRecord(_record, _holder! with { Counter = _holder.Counter + 1 });
                }
                catch (BackupCopyException)
                {
                    // A share that is away cannot show a heartbeat; the writer itself meets the error.
                }
            }
        }
    }

    private void Release(Action<LockFiles, bool>? forget)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        _heartbeat?.Leave(this);
        try
        {
            RemoveRecord(forget is not null);
            if (forget is not null && !OperatingSystem.IsWindows())
            {
                _state.Retire();
                forget(_files, true);
            }
        }
        finally
        {
            _system.Dispose();
            if (_exclusive)
            {
                _state.LeaveExclusive();
            }
            else
            {
                _state.LeaveShared();
            }
        }

        if (forget is not null && OperatingSystem.IsWindows())
        {
            forget(_files, false);
        }
    }

    // A holder that slept for longer than a term may have been taken over: the record is then somebody
    // else's.
    private bool IsStillOurs() =>
        LockHolder.Read(_storage, _record!) is not { } now || now.Token == _holder!.Token;

    // On a share the record of whoever had the lock alone stays: a full share has no room for a new one, and
    // only a removal, which needs one, makes room.
    private void RemoveRecord(bool forgotten)
    {
        try
        {
            if (!IsSettled)
            {
                return;
            }

            if (_isShared && _exclusive && !forgotten)
            {
                (_holder! with { IsReleased = true }).Write(_storage, _record!);
            }
            else
            {
                _storage.Delete(_record!);
            }
        }
        catch (BackupCopyException)
        {
            // The record of a lock that is free is not believed for longer than a term.
        }
    }
}
