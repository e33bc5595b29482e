namespace BackupCopy.Copying;

/// <summary>
/// A rate that several copies share: each taker is told when its bytes may go, in the order of asking, so all
/// get an equal share of what they ask for in equal pieces.
/// </summary>
internal sealed class Throttle(long bytesPerSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();
    private double _freeAtSeconds;

    /// <summary>Blocks until the bytes may go, or the token is cancelled.</summary>
    public void Take(long bytes, CancellationToken cancellation)
    {
        TimeSpan wait;
        lock (_gate)
        {
            var now = time.GetElapsedTime(_start).TotalSeconds;
            var from = Math.Max(now, _freeAtSeconds);
            _freeAtSeconds = from + (double)bytes / bytesPerSecond;
            wait = TimeSpan.FromSeconds(from - now);
        }

        if (wait > TimeSpan.Zero)
        {
            cancellation.WaitHandle.WaitOne(wait);
        }
    }
}
