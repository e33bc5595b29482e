namespace BackupCopy.Storage;

/// <summary>
/// Tells when a name with a given ending appears below a folder: the system's own notification, so that
/// waiting costs nothing. It may miss things (an overflow, a folder that was replaced); who waits looks from
/// time to time all the same.
/// </summary>
internal sealed class FolderWatch : IDisposable
{
    private readonly FileSystemWatcher _watcher;
    private readonly Action _changed;

    private FolderWatch(FileSystemWatcher watcher, Action changed)
    {
        _watcher = watcher;
        _changed = changed;
        watcher.Created += (_, _) => _changed();
        watcher.Renamed += (_, _) => _changed();
        watcher.Error += (_, _) => _changed();
        watcher.EnableRaisingEvents = true;
    }

    /// <summary>Null where the system cannot watch the folder.</summary>
    /// <param name="changed">Called from any thread, at once; must be quick.</param>
    public static FolderWatch? Start(string folder, string ending, Action changed)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(folder, "*" + ending)
            {
                IncludeSubdirectories = true,
                NotifyFilter = NotifyFilters.FileName,
            };
            return new FolderWatch(watcher, changed);
        }
        catch (Exception error) when (StorageError.IsStorage(error) || error is ArgumentException)
        {
            watcher?.Dispose();
            return null;
        }
    }

    public void Dispose() => _watcher.Dispose();
}
