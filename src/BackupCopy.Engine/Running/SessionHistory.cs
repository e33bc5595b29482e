namespace BackupCopy.Running;

/// <summary>Keeps the history of sessions as short as the settings say.</summary>
internal static class SessionHistory
{
    // Nobody waits for the catalog longer than so many deletions take.
    private const int AtOnce = 50;

    /// <returns>How many sessions were forgotten.</returns>
    public static int Prune(Engine engine, CancellationToken cancellation = default)
    {
        var days = Math.Clamp(engine.Catalog.GlobalSettings().HistoryDays, 1, 36500);
        var before = engine.NowUtc.AddDays(-days);
        var (all, pruned) = (0, AtOnce);
        while (pruned == AtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            pruned = engine.Catalog.PruneSessions(before, AtOnce);
            all += pruned;
        }

        return all;
    }
}
