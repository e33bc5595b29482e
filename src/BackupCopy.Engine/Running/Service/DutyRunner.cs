namespace BackupCopy.Running.Service;

/// <summary>Runs one duty of a service when its time has come, never twice at once.</summary>
internal sealed class DutyRunner(ServiceDuty duty, Engine engine, TroubleTeller trouble, Action wake)
{
    private Task _work = Task.CompletedTask;
    private TimeSpan _rest;
    private long _restFrom;

    /// <summary>Begins it if it is due; says how long it is not, null while it works.</summary>
    public TimeSpan? Look(CancellationToken stopping)
    {
        if (!_work.IsCompleted || stopping.IsCancellationRequested)
        {
            return null;
        }

        IsIdle = true;
        var resting = _rest - engine.Time.GetElapsedTime(_restFrom);
        if (resting > TimeSpan.Zero)
        {
            return resting;
        }

        IsIdle = false;
        _work = Task.Run(() => RunAsync(stopping), CancellationToken.None);
        _work.GetAwaiter().OnCompleted(wake);
        return null;
    }

    /// <summary>Whether the last look found it done, and its next time with that.</summary>
    public bool IsIdle { get; private set; } = true;

    public Task EndAsync() => _work;

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await duty.Run(engine, stopping);
            trouble.IsOver(duty);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The next service does it.
        }
        catch (BackupCopyException error) when (
            error.Code is ErrorCode.CatalogUnavailable or ErrorCode.CatalogDamaged)
        {
            // The loop itself meets the catalog's trouble and tells it.
        }
        catch (BackupCopyException error)
        {
            trouble.Tell(duty, new BackupCopyException(
                error.Code, $"While {duty.Name}: {error.Message}", error.Remedy, error));
        }
        catch (Exception error)
        {
            trouble.Tell(duty, new BackupCopyException(
                ErrorCode.StorageError, $"While {duty.Name}: {error.GetType().Name}: {error.Message}",
                "It is tried again; if it stays, report it with this message.", error));
        }

        _rest = duty.Every;
        _restFrom = engine.Time.GetTimestamp();
    }
}
