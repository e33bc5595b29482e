namespace BackupCopy.Catalog;

public sealed partial class CatalogStore
{
    /// <summary>
    /// What the file system says of the catalog and of its journal, which may hold its last change; null
    /// while there is no catalog. Opens nothing.
    /// </summary>
    internal CatalogStamp? Stamp()
    {
        if (_storage.Look(Path) is not { } file)
        {
            return null;
        }

        var journal = _storage.Look(Path + CatalogFiles.JournalSuffix);
        return new CatalogStamp(
            file.Length, file.ChangedUtc, journal?.Length ?? 0, journal?.ChangedUtc ?? default);
    }
}

/// <summary>Equal stamps mean an unchanged catalog, unless it was changed twice in one moment.</summary>
internal readonly record struct CatalogStamp(
    long Length, DateTime ChangedUtc, long JournalLength, DateTime JournalChangedUtc)
{
    public DateTime LastChangeUtc => ChangedUtc > JournalChangedUtc ? ChangedUtc : JournalChangedUtc;
}

/// <summary>
/// Tells whether the catalog may have changed since the last question, for those who look again and again and
/// must not open it each time.
/// </summary>
internal sealed class CatalogChanges(CatalogStore catalog)
{
    // Two changes within one tick of the file system's clock look like one.
    private static readonly TimeSpan s_coarsest = TimeSpan.FromSeconds(1);

    private CatalogStamp? _seen;
    private bool _isCertain;

    /// <summary>True also for the first question, and while a change is too young to be the last.</summary>
    public bool Any()
    {
        var stamp = catalog.Stamp();
        if (_isCertain && stamp == _seen)
        {
            return false;
        }

        _seen = stamp;
        _isCertain = stamp is not { LastChangeUtc: var last }
            || (TimeProvider.System.GetUtcNow().UtcDateTime - last).Duration() > s_coarsest;
        return true;
    }

    /// <summary>What was read after the last question is not to be relied on.</summary>
    public void Forget() => _isCertain = false;
}
