namespace BackupCopy.Copying;

/// <summary>
/// A rate that several copies share equally. Bytes may go when their own time is over, so that the rate holds
/// from the first one on; a rate that changes counts within half a second.
/// </summary>
internal sealed class Throttle(Func<long> bytesPerSecond, TimeProvider time)
{
    // How soon a changed rate is seen by those who wait already.
    private static readonly TimeSpan s_longestSleep = TimeSpan.FromMilliseconds(500);

    // Milliseconds that are none.
    private const double Rounding = 1e-6;

    private readonly Lock _gate = new();
    private readonly RateQueue _queue = new(nowSeconds: 0);
    private readonly long _start = time.GetTimestamp();
    private ITimer? _timer;
    private bool _isTimed;

    public Throttle(long bytesPerSecond, TimeProvider time)
        : this(() => bytesPerSecond, time)
    {
    }

    public RateQueue.Piece Enter(RateQueue.Place place, long bytes)
    {
        RateQueue.Piece piece;
        lock (_gate)
        {
            piece = _queue.Add(place, bytes, Now(), bytesPerSecond());
        }

        Serve();
        return piece;
    }

    /// <summary>For whoever stopped waiting; does nothing when the bytes were let go.</summary>
    public void Leave(RateQueue.Piece piece)
    {
        lock (_gate)
        {
            _queue.Leave(piece, bytesPerSecond());
        }

        Serve();
    }

    private double Now() => time.GetElapsedTime(_start).TotalSeconds;

    private void Serve()
    {
        lock (_gate)
        {
            var rate = bytesPerSecond();
            _queue.Serve(Now(), rate);
            if (_isTimed || _queue.NextSeconds(rate) is not { } next)
            {
                return;
            }

            // Whole milliseconds: a timer that knows no less would come too early again and again.
            var milliseconds = Math.Ceiling((next - Now()) * 1000 - Rounding);
            var wait = TimeSpan.FromMilliseconds(Math.Max(1, milliseconds));
            _isTimed = true;
            _timer?.Dispose();
            _timer = time.CreateTimer(
                _ => Wake(), null, wait < s_longestSleep ? wait : s_longestSleep, Timeout.InfiniteTimeSpan);
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            _isTimed = false;
        }

        Serve();
    }
}
