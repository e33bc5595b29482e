namespace BackupCopy.Tests.Running;

/// <summary>
/// A clock that stands still until a test lets time pass: then its timers fire, in their order. Advancing it
/// without that is somebody who sets the clock on the wall.
/// </summary>
internal sealed class ServiceClock : EngineLab.MovableClock
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private TimeSpan _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers are set.</summary>
    public int TimerCount
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count;
            }
        }
    }

    /// <summary>The time that passed since the beginning.</summary>
    public TimeSpan Passed
    {
        get
        {
            lock (_gate)
            {
                return _passed;
            }
        }
    }

    public override long GetTimestamp() => Passed.Ticks;

    /// <summary>Time passes, on the wall too.</summary>
    public void Pass(TimeSpan by)
    {
        var end = _passed + by;
        while (NextUntil(end) is { } timer)
        {
            timer.Fire();
        }
    }

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private Timer? NextUntil(TimeSpan end)
    {
        lock (_gate)
        {
            var next = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
            var to = next is null ? end : next.Due > _passed ? next.Due : _passed;
            Advance(to - _passed);
            _passed = to;
            next?.Restart_NeedsLock();
            return next;
        }
    }

    private sealed class Timer(ServiceClock clock, Action callback) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock._passed + dueTime;
                    _period = period;
                    clock._timers.Add(this);
                }
            }

            return true;
        }

        // Continuations of what waited run elsewhere, as with the system's timers.
        public void Fire() => ThreadPool.UnsafeQueueUserWorkItem(_ => callback(), null);

        public void Restart_NeedsLock()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
            }
            else
            {
                clock._timers.Remove(this);
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
