namespace BackupCopy.Running;

/// <summary>
/// A machine task's place among those that work at once: one of its job, and one of the service where there
/// is one. A task that only waits gives it back, so that it keeps nobody from working. For one task alone.
/// </summary>
internal sealed class TaskSlot(SemaphoreSlim job, SemaphoreSlim? shared)
{
    private bool _isHeld;

    /// <summary>Waits for it; does nothing while it is held.</summary>
    public async Task TakeAsync(CancellationToken cancellation)
    {
        if (_isHeld)
        {
            return;
        }

        await job.WaitAsync(cancellation);
        try
        {
            if (shared is not null)
            {
                await shared.WaitAsync(cancellation);
            }
        }
        catch
        {
            job.Release();
            throw;
        }

        _isHeld = true;
    }

    public void Release()
    {
        if (_isHeld)
        {
            _isHeld = false;
            shared?.Release();
            job.Release();
        }
    }
}
