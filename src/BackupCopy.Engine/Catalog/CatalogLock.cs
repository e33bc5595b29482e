using System.Collections.Concurrent;
using System.Diagnostics;
using BackupCopy.Storage;

namespace BackupCopy.Catalog;

/// <summary>
/// The one lock of a catalog: the operating system's, on a file beside it, gone when the process dies. It is
/// held for one short operation, so waiting is polling with a small, growing, random pause and a limit. A
/// writer notes who it is in a second file, only so that a message can name it.
/// </summary>
internal sealed class CatalogLock : IDisposable
{
    private const int LongestPauseMilliseconds = 20;
    private const int NoteBytes = 512;

    private static readonly ConcurrentDictionary<string, bool> s_proven = new(StringComparer.Ordinal);

    private readonly IDisposable _held;
    private readonly IStorageFile? _note;

    private CatalogLock(IDisposable held, IStorageFile? note)
    {
        _held = held;
        _note = note;
    }

    /// <summary>
    /// Waits for the lock; <see cref="ErrorCode.CatalogUnavailable"/> after the time limit.
    /// </summary>
    public static CatalogLock ForWriting(IStorage storage, string catalog, TimeSpan limit)
    {
        try
        {
            var held = Wait(storage, catalog, shared: false, limit);
            try
            {
                ProveLocking(storage, catalog);
                return new CatalogLock(held, WriteNote(storage, catalog + CatalogFiles.HolderSuffix));
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (BackupCopyException error) when (CatalogError.IsStorage(error))
        {
            throw CatalogError.Unavailable(catalog, error);
        }
    }

    /// <summary>
    /// The same for reading; null where there is no lock file, since writers make it before the catalog: such
    /// a catalog is a copy at rest. Making the file here could leave one behind that its owner may not open.
    /// An account that may only read shares the lock with other such readers.
    /// </summary>
    public static CatalogLock? ForReading(IStorage storage, string catalog, TimeSpan limit)
    {
        if (!storage.FileExists(catalog + CatalogFiles.LockSuffix))
        {
            return null;
        }

        try
        {
            return new CatalogLock(Wait(storage, catalog, shared: false, limit), note: null);
        }
        catch (BackupCopyException error) when (CatalogError.IsStorage(error))
        {
            // No right to write: the other kind of lock needs only the right to read.
        }

        try
        {
            return new CatalogLock(Wait(storage, catalog, shared: true, limit), note: null);
        }
        catch (BackupCopyException error) when (CatalogError.IsStorage(error))
        {
            throw CatalogError.Unavailable(catalog, error);
        }
    }

    public void Dispose()
    {
        try
        {
            _note?.WriteAll(new byte[NoteBytes], 0);
        }
        catch (BackupCopyException)
        {
            // A note that stays names a process that no longer holds the lock; messages check that it lives.
        }
        finally
        {
            _note?.Dispose();
            _held.Dispose();
        }
    }

    private static IDisposable Wait(IStorage storage, string catalog, bool shared, TimeSpan limit)
    {
        var start = Stopwatch.GetTimestamp();
        for (var pause = 1; ; pause = Math.Min(pause * 2, LongestPauseMilliseconds))
        {
            if (storage.TryLock(catalog + CatalogFiles.LockSuffix, shared) is { } held)
            {
                return held;
            }

            if (Stopwatch.GetElapsedTime(start) >= limit)
            {
                throw InUse(storage, catalog, limit);
            }

            Thread.Sleep(Random.Shared.Next(1, pause + 1));
        }
    }

    private static BackupCopyException InUse(IStorage storage, string catalog, TimeSpan limit)
    {
        var holder = LockHolder.Read(storage, catalog + CatalogFiles.HolderSuffix);
        var name = holder is null || (holder.IsThisHost && !IsRunning(holder.ProcessId))
            ? "another process"
            : $"process {holder.ProcessId} on {holder.Host}";
        return new BackupCopyException(
            ErrorCode.CatalogUnavailable,
            $"The catalog {catalog} was in use by {name} for more than {limit.TotalSeconds:0.#} seconds.",
            "Run the command again. Operations on the catalog take milliseconds: if this stays, that process "
            + "hangs; end it, nothing in the catalog is lost by that.");
    }

    private static bool IsRunning(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // Some file systems take a lock and lock nobody out, and the runtime has a switch that turns locks off.
    // Finding that out costs one more attempt, once per catalog and process.
    private static void ProveLocking(IStorage storage, string catalog)
    {
        if (s_proven.ContainsKey(catalog))
        {
            return;
        }

        using var second = storage.TryLock(catalog + CatalogFiles.LockSuffix, shared: false);
        if (second is not null)
        {
            throw new BackupCopyException(
                ErrorCode.CatalogUnavailable,
                $"The catalog {catalog} cannot be used: file locks do not work there.",
                "Put the catalog on a local disk with -CatalogPath or BACKUPCOPY_CATALOG, and do not set "
                + "DOTNET_SYSTEM_IO_DISABLEFILELOCKING.");
        }

        s_proven[catalog] = true;
    }

    private static IStorageFile? WriteNote(IStorage storage, string path)
    {
        IStorageFile? file = null;
        try
        {
            file = storage.Open(path, storage.FileExists(path) ? OpenFor.Changing : OpenFor.Creating);
            var note = new byte[NoteBytes];
            note.AsSpan().Fill((byte)' ');
            LockHolder.Me("changing the catalog").ToBytes().CopyTo(note, 0);
            file.WriteAll(note, 0);
            return file;
        }
        catch (BackupCopyException error) when (CatalogError.IsStorage(error))
        {
            // The lock is held all the same; only a message would lack the name.
            file?.Dispose();
            return null;
        }
    }
}
