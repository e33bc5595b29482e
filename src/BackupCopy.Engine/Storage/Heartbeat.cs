namespace BackupCopy.Storage;

/// <summary>The one timer of locks that were taken together: it keeps their records moving.</summary>
internal sealed class Heartbeat
{
    private readonly Lock _gate = new();
    private readonly List<HeldLock> _locks;
    private readonly ITimer _timer;
    private bool _isBeating;

    public Heartbeat(IEnumerable<HeldLock> locks, TimeProvider time, TimeSpan period)
    {
        _locks = [.. locks];
        _timer = time.CreateTimer(_ => Beat(), null, period, period);
    }

    public void Leave(HeldLock held)
    {
        lock (_gate)
        {
            _locks.Remove(held);
            if (_locks.Count == 0)
            {
                _timer.Dispose();
            }
        }
    }

    // On a slow share a round may last longer than the period; the rounds never run beside each other.
    private void Beat()
    {
        List<HeldLock> locks;
        lock (_gate)
        {
            if (_isBeating)
            {
                return;
            }

            _isBeating = true;
            locks = [.. _locks];
        }

        try
        {
            locks.ForEach(l => l.Beat());
        }
        finally
        {
            lock (_gate)
            {
                _isBeating = false;
            }
        }
    }
}
