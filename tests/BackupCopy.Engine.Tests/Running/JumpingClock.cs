namespace BackupCopy.Tests.Running;

/// <summary>
/// A clock for whom waiting takes no time: who waits makes it jump to the end of the wait, at once. Timers
/// that repeat never fire.
/// </summary>
internal sealed class JumpingClock : EngineLab.MovableClock
{
    private readonly List<(TimeSpan After, Action Then)> _plans = [];
    private TimeSpan _waited;

    /// <summary>All time that was waited.</summary>
    public TimeSpan Waited => _waited;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Runs the action when so much was waited from now on, before whoever waits goes on.</summary>
    public void Plan(TimeSpan after, Action then) => _plans.Add((_waited + after, then));

    public override long GetTimestamp() => _waited.Ticks;

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period == Timeout.InfiniteTimeSpan && dueTime != Timeout.InfiniteTimeSpan)
        {
            Jump(dueTime);
            ThreadPool.QueueUserWorkItem(_ => callback(state));
        }

        return new Fired();
    }

    private void Jump(TimeSpan by)
    {
        _waited += by;
        Advance(by);
        foreach (var plan in _plans.Where(p => p.After <= _waited).ToList())
        {
            _plans.Remove(plan);
            plan.Then();
        }
    }

    private sealed class Fired : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
