namespace BackupCopy.Storage;

/// <summary>A lock that is held until disposed.</summary>
internal sealed class HeldLock : IDisposable
{
    private readonly IStorage _storage;
    private readonly LockState _state;
    private readonly bool _exclusive;
    private readonly IDisposable _system;
    private readonly string? _record;
    private readonly Lock _gate = new();
    private LockHolder? _holder;
    private ITimer? _heartbeat;
    private bool _isDisposed;

    public HeldLock(
        IStorage storage, LockState state, bool exclusive, IDisposable system, string? record,
        LockHolder? holder)
    {
        _storage = storage;
        _state = state;
        _exclusive = exclusive;
        _system = system;
        _record = record;
        _holder = holder;
    }

    /// <summary>
    /// The record is for other hosts and for messages, never for recovery: it is not flushed.
    /// </summary>
    public void WriteRecord(LockHolder holder) => _storage.ReplaceUnflushed(_record!, holder.ToBytes());

    public void KeepAlive(TimeProvider time, TimeSpan period) =>
        _heartbeat = time.CreateTimer(_ => Beat(), null, period, period);

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            _heartbeat?.Dispose();
        }

        try
        {
            RemoveRecord();
        }
        finally
        {
            Release();
        }
    }

    private void Release()
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

    private void Beat()
    {
        lock (_gate)
        {
            if (!_isDisposed && _holder is not null && IsStillOurs())
            {
                _holder = _holder with { Counter = _holder.Counter + 1 };
                try
                {
                    WriteRecord(_holder);
                }
                catch (BackupCopyException)
                {
                    // A share that is away cannot show a heartbeat; the writer itself meets the error.
                }
            }
        }
    }

    // A holder that slept for longer than a term may have been taken over: the record is then somebody
    // else's.
    private bool IsStillOurs() =>
        LockHolder.Read(_storage, _record!) is not { } now || now.Token == _holder!.Token;

    private void RemoveRecord()
    {
        try
        {
            if (_record is not null && _storage.FileExists(_record) && IsStillOurs())
            {
                _storage.Delete(_record);
            }
        }
        catch (BackupCopyException)
        {
            // The record of a lock that is free is never believed; leaving it behind costs nothing.
        }
    }
}
