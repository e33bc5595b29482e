namespace BackupCopy.Images.Wrapped;

/// <summary>
/// The most recent bytes of a stream: what comes drives out what came first. Takes only as much memory as
/// came so far. For one thread.
/// </summary>
internal sealed class RecentBytes(int capacityBytes)
{
    private const int SmallBytes = 4 << 20;

    private byte[] _ring = [];

    /// <summary>Where in the stream the oldest byte lies that is still there.</summary>
    public long Start { get; private set; }

    /// <summary>Where the next byte will lie.</summary>
    public long End { get; private set; }

    public void Clear() => (Start, End) = (0, 0);

    /// <summary>Room for the next bytes; older ones go.</summary>
    public Span<byte> Space(int most)
    {
        if (End + most > _ring.Length && _ring.Length < capacityBytes)
        {
            // Until it is full for the first time, the ring holds the stream from its beginning.
            // The last step is the whole, so that little is left over for the collector.
            var size = Math.Max(2L * _ring.Length, End + most);
            Array.Resize(
                ref _ring, size > SmallBytes ? capacityBytes : (int)Math.Min(capacityBytes, size));
        }

        var at = (int)(End % _ring.Length);
        var space = _ring.AsSpan(at, Math.Min(most, _ring.Length - at));
        Start = Math.Max(Start, End + space.Length - _ring.Length);
        return space;
    }

    /// <summary>So many bytes were put into the room.</summary>
    public void Add(int count) => End += count;

    /// <summary>The bytes that were added last.</summary>
    public ReadOnlySpan<byte> Last(int count) => _ring.AsSpan((int)((End - count) % _ring.Length), count);

    /// <summary>Copies what is there of the range, from its beginning; returns how much.</summary>
    public int CopyTo(long offset, Span<byte> to)
    {
        var at = (int)(offset % _ring.Length);
        var count = (int)Math.Min(Math.Min(to.Length, _ring.Length - at), End - offset);
        _ring.AsSpan(at, count).CopyTo(to);
        return count;
    }
}
