namespace BackupCopy.Running.Service;

/// <summary>
/// The machine tasks that all sessions of a service may run at once: slots, of which the limit itself holds
/// those that are too many. So it can be changed while they are in use.
/// </summary>
internal sealed class TaskLimit
{
    private const int Most = 4096;

    private readonly Queue<Task> _kept = [];

    public SemaphoreSlim Slots { get; } = new(Most, Most);

    /// <param name="limit">0 for none.</param>
    public void Set(int limit)
    {
        var keep = limit is > 0 and < Most ? Most - limit : 0;
        while (_kept.Count < keep)
        {
            _kept.Enqueue(Slots.WaitAsync());
        }

        // Those that wait for a task's end come last in the queue and are not given back before.
        while (_kept.Count > keep && _kept.Peek().IsCompleted)
        {
            _ = _kept.Dequeue();
            Slots.Release();
        }
    }
}
