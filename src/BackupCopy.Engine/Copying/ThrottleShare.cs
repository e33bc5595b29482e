namespace BackupCopy.Copying;

/// <summary>
/// The place of one copy at every rate that counts for it. Its workers take turns among themselves at this
/// one place, so a copy gets no more for having more of them; the lowest rate wins.
/// </summary>
internal sealed class ThrottleShare
{
    private readonly (Throttle Throttle, RateQueue.Place Place)[] _places;

    public ThrottleShare(IEnumerable<Throttle> throttles) =>
        _places = [.. throttles.Distinct().Select(t => (t, new RateQueue.Place()))];

    /// <summary>Without a limit.</summary>
    public static ThrottleShare None { get; } = new([]);

    /// <summary>
    /// Blocks until the time of the bytes is over at every rate, or the token is cancelled: then they go at
    /// once, and whoever comes later waits for them.
    /// </summary>
    public void Take(long bytes, CancellationToken cancellation)
    {
        if (bytes <= 0 || _places.Length == 0)
        {
            return;
        }

        // At all rates at the same time: one after the other they would add up.
        var pieces = Array.ConvertAll(_places, p => p.Throttle.Enter(p.Place, bytes));
        if (!Array.TrueForAll(pieces, p => p.Wait(cancellation)))
        {
            for (var i = 0; i < pieces.Length; i++)
            {
                _places[i].Throttle.Leave(pieces[i]);
            }
        }
    }
}
