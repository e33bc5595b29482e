namespace BackupCopy.Copying;

/// <summary>
/// How bytes that wait share one rate, as a pure function of the time. Every place where something waits gets
/// the same part of the rate, its pieces one after the other, however many it has and whatever their sizes
/// are. What nobody asked for is lost, but for a moment.
/// </summary>
internal sealed class RateQueue(double nowSeconds)
{
    // What a pause is worth when nothing waits: the time between two pieces of one worker costs no rate.
    private const double MostIdleSeconds = 0.1;

    // What a pause of one place is worth while others go on.
    private const double MostOwedSeconds = 0.5;

    // Whoever wakes the queue may be late; a process that was stopped must not make up for all of it.
    private const double MostLateSeconds = 1;

    // So much less than a byte is nothing but rounding.
    private const double Nothing = 1e-3;

    private readonly List<Place> _busy = [];
    private double _servedUntil = nowSeconds;

    /// <summary>Where one taker stands at one rate.</summary>
    public sealed class Place
    {
        internal Queue<Piece> Pieces { get; set; } = [];

        internal double? EmptySinceSeconds { get; set; }

        internal double OwedBytes { get; set; }
    }

    /// <summary>Some bytes that wait for their time to be over.</summary>
    public sealed class Piece(Place place, long bytes)
    {
        private readonly object _gate = new();

        internal Place Place => place;

        internal double BytesLeft { get; set; } = bytes;

        public bool IsDone { get; private set; }

        /// <summary>Blocks until the bytes may go; false when it was cancelled before.</summary>
        public bool Wait(CancellationToken cancellation)
        {
            using var wake = cancellation.UnsafeRegister(_ => Wake(), null);
            lock (_gate)
            {
                while (!IsDone && !cancellation.IsCancellationRequested)
                {
                    Monitor.Wait(_gate);
                }

                return IsDone;
            }
        }

        internal void Done()
        {
            lock (_gate)
            {
                IsDone = true;
                Monitor.PulseAll(_gate);
            }
        }

        private void Wake()
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    public Piece Add(Place place, long bytes, double now, long bytesPerSecond)
    {
        if (_busy.Count == 0)
        {
            _servedUntil = Math.Max(_servedUntil, now - MostIdleSeconds);
        }

        var piece = new Piece(place, bytes);
        place.Pieces.Enqueue(piece);
        if (place.Pieces.Count == 1)
        {
            _busy.Add(place);
            Owe(place, now, bytesPerSecond);
        }

        MakeUp(piece, bytesPerSecond);
        return piece;
    }

    /// <summary>Lets go whose time is over.</summary>
    /// <param name="bytesPerSecond">The rate since the last call; 0 for no limit.</param>
    public void Serve(double now, long bytesPerSecond)
    {
        _servedUntil = Math.Max(_servedUntil, now - MostLateSeconds);
        while (_busy.Count > 0)
        {
            var (next, has) = (NextBytes(), now - _servedUntil);
            var needs = bytesPerSecond == 0 ? 0 : next * _busy.Count / bytesPerSecond;
            if (needs > has && next > Nothing && bytesPerSecond > 0)
            {
                if (has > 0)
                {
                    _servedUntil = now;
                    ServeEach(has * bytesPerSecond / _busy.Count);
                }

                return;
            }

            _servedUntil = bytesPerSecond == 0 ? now : _servedUntil + needs;
            ServeEach(next);
        }
    }

    /// <summary>When the next piece may go if the rate stays; null when none waits.</summary>
    public double? NextSeconds(long bytesPerSecond) => _busy.Count == 0 ? null
        : _servedUntil + (bytesPerSecond == 0 ? 0 : NextBytes() * _busy.Count / bytesPerSecond);

    /// <summary>
    /// Its taker does not wait any longer and sends the bytes: those who wait pay for them.
    /// </summary>
    public void Leave(Piece piece, long bytesPerSecond)
    {
        var place = piece.Place;
        if (piece.IsDone || !place.Pieces.Contains(piece))
        {
            return;
        }

        _servedUntil += bytesPerSecond == 0 ? 0 : piece.BytesLeft / bytesPerSecond;
        place.Pieces = new Queue<Piece>(place.Pieces.Where(p => p != piece));
        if (place.Pieces.Count == 0)
        {
            _busy.Remove(place);
        }
    }

    // While the workers of a place were busy with the pieces before, each of the others had so much more.
    private void Owe(Place place, double now, long bytesPerSecond)
    {
        if (place.EmptySinceSeconds is { } since && now > since && _busy.Count > 1)
        {
            var part = (double)bytesPerSecond / (_busy.Count - 1);
            place.OwedBytes = Math.Min(
                place.OwedBytes + (now - since) * part, MostOwedSeconds * part);
        }
    }

    // It gets that back at once, and all pay for it with their time.
    private void MakeUp(Piece piece, long bytesPerSecond)
    {
        if (bytesPerSecond > 0)
        {
            var bytes = Math.Min(piece.BytesLeft, piece.Place.OwedBytes);
            piece.Place.OwedBytes -= bytes;
            piece.BytesLeft -= bytes;
            _servedUntil += bytes / bytesPerSecond;
        }
    }

    private double NextBytes() => _busy.Min(p => p.Pieces.Peek().BytesLeft);

    private void ServeEach(double bytes)
    {
        for (var i = _busy.Count - 1; i >= 0; i--)
        {
            var place = _busy[i];
            var piece = place.Pieces.Peek();
            piece.BytesLeft -= bytes;
            if (piece.BytesLeft > Nothing)
            {
                continue;
            }

            place.Pieces.Dequeue();
            if (place.Pieces.Count == 0)
            {
                _busy.RemoveAt(i);
                place.EmptySinceSeconds = _servedUntil;
            }

            piece.Done();
        }
    }
}
