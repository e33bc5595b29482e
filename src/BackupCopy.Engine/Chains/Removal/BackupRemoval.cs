using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>
/// Removes a backup folder with all its chains. Holds the append lock of every chain and every point from
/// begin to dispose, so nobody writes or reads there. All points lose their names before the first byte goes:
/// whatever happens then, no point of the backup is listed that cannot be restored, and a second run
/// finishes. Deletes only what the format knows; a folder with anything else in it stays.
/// </summary>
internal sealed class BackupRemoval : IDisposable
{
    // A point's remains tell how high its chain's sequences went, so they go after everything else.
    private static readonly string[] s_first =
    [
        Names.Unfinished, Names.Blocks, Names.Index, Names.Mark, Names.Mark + Names.Copy,
        Names.Point + Names.Copy, Names.OldBytes, Names.Temporary,
    ];
    private static readonly string[] s_last = [Names.Removed, Names.HighWater];

    private readonly BackupFolder _backup;
    private readonly List<string> _notes = [];
    private readonly List<Chain> _chains = [];
    private readonly Dictionary<Chain, HighWater> _high = [];
    private readonly List<HeldLock> _locks = [];

    private BackupRemoval(BackupFolder backup) => _backup = backup;

    private IStorage Storage => _backup.Repository.Storage;

    /// <summary>Throws what <see cref="Begin"/> would, as far as a look without locks can tell.</summary>
    public static void Check(BackupFolder backup, bool evenHeld)
    {
        backup.Repository.EnsureWritable();
        foreach (var chain in backup.Chains())
        {
            if (chain.IsBeingWritten(out var writer))
            {
                throw chain.BeingWritten(writer);
            }

            if (!evenHeld)
            {
                RefuseHeld(chain, chain.Points());
            }
        }
    }

    /// <summary>Takes all locks, or none and throws.</summary>
    /// <param name="evenHeld">Points that an admin holds go too.</param>
    public static BackupRemoval Begin(BackupFolder backup, bool evenHeld)
    {
        backup.Repository.EnsureWritable();
        var removal = new BackupRemoval(backup);
        try
        {
            foreach (var chain in backup.Chains())
            {
                removal.Take(chain, evenHeld);
            }

            return removal;
        }
        catch
        {
            removal.Dispose();
            throw;
        }
    }

    /// <param name="stop">Looked at between chains; what was begun is finished by the next run.</param>
    /// <returns>What was left, one sentence each.</returns>
    public IReadOnlyList<string> Run(CancellationToken stop = default)
    {
        stop.ThrowIfCancellationRequested();
        _chains.ForEach(Bury);
        foreach (var chain in _chains)
        {
            stop.ThrowIfCancellationRequested();
            Empty(chain);
        }

        RemoveFolders();
        return _notes;
    }

    public void Dispose()
    {
        _locks.ForEach(l => l.Dispose());
        _locks.Clear();
    }

    private void Take(Chain chain, bool evenHeld)
    {
        _chains.Add(chain);
        _locks.Add(chain.TakeAppendLock("removing the backup"));
        var points = chain.Points();
        if (chain.TryTake(points, "removing the backup", _locks) is [var (point, reader), ..])
        {
            throw Chain.BeingRead(point, reader?.ToString() ?? "a reader");
        }

        if (!evenHeld)
        {
            RefuseHeld(chain, points);
        }
    }

    private static void RefuseHeld(Chain chain, IReadOnlyList<ChainPoint> points)
    {
        var held = points.Where(chain.IsHeld).ToList();
        if (held.Count > 0)
        {
            throw new BackupCopyException(
                ErrorCode.PointHeld,
                $"{chain.Path} has {held.Count} restore points on hold, such as {held[0].Title}: "
                + (held[0].Mark?.Reason ?? "its mark does not verify"),
                "Release them with Set-BackupCopyRestorePoint -Release, or remove the backup with -Force.");
        }
    }

    // From here on the backup has no point and no point in the making.
    private void Bury(Chain chain)
    {
        var names = Storage.List(chain.Path).Where(e => !e.IsDirectory).Select(e => e.Name).ToList();
        var unfinished = names.Where(n => n.EndsWith(Names.Unfinished, StringComparison.Ordinal)).ToList();
        // Before the points go: a removal that is cut off leaves the rest to the next copy, which must not
        // give out numbers again that only their lists told.
        var high = HighWater.Of(chain, chain.Points().Select(p => p.File));
        _high[chain] = high;
        if (!TryKeep(high) && unfinished.Count > 0)
        {
            // Its name alone may tell how high the sequences went.
            unfinished.Clear();
            chain.FenceUnfinished_NeedsLock();
        }

        // First, so that a writer who is asleep and believes that he has the lock cannot publish any more.
        unfinished.ForEach(chain.DeleteFile);
        if (unfinished.Count > 0)
        {
            Storage.FlushDirectory(chain.Path);
        }

        var points = names.Where(n => n.EndsWith(Names.Point, StringComparison.Ordinal)).ToList();
        SecondCopies.DropPoints_NeedsLock(chain, points);
        foreach (var name in points)
        {
            Storage.Rename(
                Path.Combine(chain.Path, name),
                Path.Combine(chain.Path, Path.GetFileNameWithoutExtension(name) + Names.Removed));
        }

        Storage.FlushDirectory(chain.Path);
    }

    // A full disk may have no room for a name; there is some before the last files that tell the marks go.
    private static bool TryKeep(HighWater high)
    {
        try
        {
            high.Keep();
            return true;
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            return false;
        }
    }

    private void Empty(Chain chain)
    {
        foreach (var endings in (string[][])[s_first, s_last])
        {
            if (endings == s_last)
            {
                _high[chain].Keep();
            }

            foreach (var entry in Storage.List(chain.Path))
            {
                if (!entry.IsDirectory
                    && (entry.Name == Names.HealthFile
                        || endings.Any(e => entry.Name.EndsWith(e, StringComparison.Ordinal))))
                {
                    chain.DeleteFile(entry.Name);
                }
            }

            Storage.FlushDirectory(chain.Path);
        }
    }

    // A lock's file goes while the lock is held, so that nobody can have taken it. Where the system lets no
    // held file go, it does not let go those of a newcomer either, and ours go once we have left.
    private void RemoveFolders()
    {
        foreach (var chain in _chains)
        {
            RemoveFolder(Path.Combine(chain.Path, Names.LockFolder), LockFiles.IsLockFile, notes: null);
            RemoveFolder(chain.Path, _ => false, notes: null);
        }

        Dispose();
        foreach (var chain in _chains.Where(c => Storage.DirectoryExists(c.Path)))
        {
            if (OperatingSystem.IsWindows())
            {
                RemoveFolder(
                    Path.Combine(chain.Path, Names.LockFolder), LockFiles.IsLockFile, notes: null);
            }

            RemoveFolder(chain.Path, _ => false, _notes);
        }

        Storage.FlushDirectory(_backup.Path);
        RemoveFolder(
            _backup.Path, name => name is Names.BackupFile or Names.BackupFile + Names.Temporary, _notes);
        Storage.FlushDirectory(_backup.Repository.Path);
    }

    private void RemoveFolder(string path, Func<string, bool> isOurs, List<string>? notes)
    {
        try
        {
            foreach (var entry in Storage.List(path).Where(e => !e.IsDirectory && isOurs(e.Name)))
            {
                Storage.Delete(Path.Combine(path, entry.Name));
            }

            if (Storage.List(path) is [var foreign, ..])
            {
                notes?.Add($"{path} stays: it holds {foreign.Name}.");
            }
            else
            {
                Storage.DeleteDirectory(path);
            }
        }
        catch (BackupCopyException error)
        {
            // Somebody began anew there meanwhile, or has a file open: nothing of the backup is in it.
            notes?.Add($"{path} stays: {error.Message}");
        }
    }
}
