namespace BackupCopy.Running;

/// <summary>
/// Wakes the one that waits: what is set before the wait ends it at once, and once it was seen it is unset.
/// </summary>
internal sealed class Signal
{
    private TaskCompletionSource _set = New();

    /// <summary>From any thread, at any time.</summary>
    public void Set() => Volatile.Read(ref _set).TrySetResult();

    /// <summary>Returns when it is set, or the limit is over: whether it was set.</summary>
    public async Task<bool> WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var set = Volatile.Read(ref _set);
        if (!set.Task.IsCompleted)
        {
            await Task.WhenAny(set.Task, Task.Delay(limit, time, ended.Token));
            await ended.CancelAsync();
        }

        cancellation.ThrowIfCancellationRequested();
        if (!set.Task.IsCompleted)
        {
            return false;
        }

        Interlocked.CompareExchange(ref _set, New(), set);
        return true;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
