using BackupCopy.Catalog;
using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>
/// What the catalog says about stopping, for all sessions that an engine runs: they ask every few seconds,
/// and the catalog is opened only when it changed, at most once in a while for all of them together.
/// </summary>
internal sealed class StopBoard(Engine engine)
{
    private readonly CatalogChanges _changes = new(engine.Catalog);
    private readonly Lock _gate = new();
    private StopOrders _orders = StopOrders.None;
    private long? _readAt;

    /// <param name="atMostEvery">What was read this long ago is good enough.</param>
    public StopOrders Look(TimeSpan atMostEvery)
    {
        lock (_gate)
        {
            var isYoung = _readAt is { } read && engine.Time.GetElapsedTime(read) < atMostEvery;
            if (isYoung || !_changes.Any())
            {
                return _orders;
            }

            _readAt = engine.Time.GetTimestamp();
            try
            {
                return _orders = engine.Catalog.OrdersToStop();
            }
            catch (BackupCopyException)
            {
                // A catalog that is away or busy stops nobody; the next look reads it again.
                _changes.Forget();
                return _orders;
            }
        }
    }
}
