using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using BackupCopy.Format;

namespace BackupCopy.Storage;

/// <summary>
/// The locks of one folder, in its subfolder "locks". A lock is held three ways at once: in a table of this
/// process, by the operating system (gone when the process dies), and on shares by a lease record. A foreign
/// holder counts as dead only when its counter stood still for a whole term on our own monotonic clock.
/// Nothing here waits, apart from that one term.
/// </summary>
internal sealed class FolderLocks(
    IStorage storage, string folder, TimeProvider? time = null, TimeSpan? leaseTerm = null)
{
    // One table per storage: the same path on another storage (a disk after its restart) is another lock.
    private static readonly ConditionalWeakTable<IStorage, ConcurrentDictionary<string, LockState>> s_held =
        [];

    private readonly ConcurrentDictionary<string, LockState> _held =
        s_held.GetValue(storage, _ => new ConcurrentDictionary<string, LockState>(StringComparer.Ordinal));
    private readonly string _folder = Path.Combine(folder, Names.LockFolder);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly TimeSpan _term = leaseTerm ?? TimeSpan.FromSeconds(60);

    /// <summary>Whether a file of the folder "locks" is one that locks make.</summary>
    public static bool IsLockFile(string name) =>
        Path.GetExtension(name) is ".lock" or ".holder" or ".reader" or Names.Temporary;

    /// <summary>Takes a lock for one holder alone; null, with the holder, when somebody has it.</summary>
    public HeldLock? TryExclusive(string name, string purpose, out LockHolder? holder)
    {
        EnsureFolder();
        var path = Path.Combine(_folder, name + ".lock");
        var record = Path.Combine(_folder, name + ".holder");
        var reader = Path.Combine(_folder, name + ".reader");
        var state = _held.GetOrAdd(path, _ => new LockState());
        if (!TryBriefly(state.TryEnterExclusive))
        {
            holder = LockHolder.Read(storage, reader) ?? LockHolder.Read(storage, record);
            return null;
        }

        IDisposable? system = null;
        try
        {
            system = TrySystemLock(path, shared: false);
            holder = LockHolder.Read(storage, record);
            if (system is null)
            {
                holder = LockHolder.Read(storage, reader) ?? holder;
                return null;
            }

            if (holder is { IsThisHost: false } && IsAlive(holder, record))
            {
                return null;
            }

            // Nobody reads: what a reader that died said of itself would be believed of the next one.
            Drop(reader);
            var me = LockHolder.Me(purpose);
            var held = new HeldLock(storage, state, exclusive: true, system, record, me);
            var isShared = storage.IsShared(_folder);
            TellOthers(held, me, isShared);
            if (isShared)
            {
                if (!IsSettled(me, record, out holder))
                {
                    return null;
                }

                held.KeepAlive(_time, _term / 4);
            }

            system = null;
            state = null;
            holder = me;
            return held;
        }
        finally
        {
            system?.Dispose();
            state?.LeaveExclusive();
        }
    }

    /// <summary>Takes a lock together with other readers; null while somebody holds it exclusively.</summary>
    /// <param name="purpose">
    /// What the reader does, for those who wait for it: the last one that said so is named. Null says
    /// nothing.
    /// </param>
    public HeldLock? TryShared(string name, string? purpose = null)
    {
        EnsureFolder();
        var path = Path.Combine(_folder, name + ".lock");
        var state = _held.GetOrAdd(path, _ => new LockState());
        if (!state.TryEnterShared())
        {
            return null;
        }

        IDisposable? system = null;
        try
        {
            system = TrySystemLock(path, shared: true);
            if (system is null || purpose is null)
            {
                return system is null
                    ? null
                    : new HeldLock(storage, state, exclusive: false, system, record: null, holder: null);
            }

            var me = LockHolder.Me(purpose);
            var reader = Path.Combine(_folder, name + ".reader");
            var held = new HeldLock(storage, state, exclusive: false, system, reader, me);
            TellOthers(held, me, isShared: false);
            return held;
        }
        finally
        {
            if (system is null)
            {
                state.LeaveShared();
            }
        }
    }

    /// <summary>Whether somebody alive holds the lock exclusively, and who.</summary>
    public bool IsHeldExclusively(string name, out LockHolder? holder)
    {
        holder = null;
        if (!storage.DirectoryExists(_folder))
        {
            return false;
        }

        using var probe = TryShared(name);
        var record = LockHolder.Read(storage, Path.Combine(_folder, name + ".holder"));
        if (probe is not null && (record is null || record.IsThisHost || !storage.IsShared(_folder)))
        {
            return false;
        }

        holder = record;
        return probe is null || IsAlive(record!, Path.Combine(_folder, name + ".holder"));
    }

    /// <summary>Removes the files of locks on things that are gone. Nobody may hold them.</summary>
    public void Forget(IEnumerable<string> names)
    {
        try
        {
            foreach (var name in names)
            {
                foreach (var ending in (string[])[".lock", ".holder", ".reader"])
                {
                    var path = Path.Combine(_folder, name + ending);
                    if (storage.FileExists(path))
                    {
                        storage.Delete(path);
                    }
                }

                _held.TryRemove(Path.Combine(_folder, name + ".lock"), out _);
            }
        }
        catch (BackupCopyException)
        {
            // An empty file that stays costs nothing.
        }
    }

    /// <summary>Whether anybody holds the lock, shared or alone. Makes no file.</summary>
    public bool IsHeld(string name)
    {
        if (!storage.FileExists(Path.Combine(_folder, name + ".lock")))
        {
            return false;
        }

        var path = Path.Combine(_folder, name + ".lock");
        var state = _held.GetOrAdd(path, _ => new LockState());
        if (!TryBriefly(state.TryEnterExclusive))
        {
            return true;
        }

        try
        {
            using var probe = TrySystemLock(path, shared: false);
            return probe is null;
        }
        finally
        {
            state.LeaveExclusive();
        }
    }

    private void Drop(string record)
    {
        try
        {
            if (storage.FileExists(record))
            {
                storage.Delete(record);
            }
        }
        catch (BackupCopyException)
        {
            // It is only for messages.
        }
    }

    private void EnsureFolder()
    {
        if (!storage.DirectoryExists(_folder))
        {
            storage.CreateDirectory(_folder);
        }
    }

    // A status query holds the lock shared for an instant; a few tries tell that from a real holder.
    private IDisposable? TrySystemLock(string path, bool shared)
    {
        IDisposable? taken = null;
        TryBriefly(() => (taken = storage.TryLock(path, shared)) is not null);
        return taken;
    }

    private static bool TryBriefly(Func<bool> attempt)
    {
        for (var tries = 0; tries < 5; tries++)
        {
            if (attempt())
            {
                return true;
            }

            Thread.Sleep(5);
        }

        return false;
    }

    // Where the system's lock is enough the record is only for messages, and a full disk must not stop a
    // reader.
    private static void TellOthers(HeldLock held, LockHolder me, bool isShared)
    {
        try
        {
            held.WriteRecord(me);
        }
        catch (BackupCopyException) when (!isShared)
        {
            // Others will not learn the holder's name.
        }
    }

    // Two hosts may find the same lock free at once. Both write their record; after a moment the one whose
    // record is still there has the lock.
    private bool IsSettled(LockHolder me, string record, out LockHolder? holder)
    {
        Thread.Sleep(_term / 60);
        holder = LockHolder.Read(storage, record);
        return holder?.Token == me.Token;
    }

    private bool IsAlive(LockHolder foreign, string record)
    {
        if (!storage.IsShared(_folder))
        {
            return false;
        }

        var start = _time.GetTimestamp();
        while (_time.GetElapsedTime(start) < _term)
        {
            Thread.Sleep(_term / 20);
            var now = LockHolder.Read(storage, record);
            if (now is null || now.Token != foreign.Token)
            {
                return now is not null;
            }

            if (now.Counter != foreign.Counter)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>This process's part of a lock: some readers or one writer.</summary>
internal sealed class LockState
{
    private readonly Lock _gate = new();
    private int _readers;

    public bool TryEnterExclusive()
    {
        lock (_gate)
        {
            var free = _readers == 0;
            _readers = free ? -1 : _readers;
            return free;
        }
    }

    public bool TryEnterShared()
    {
        lock (_gate)
        {
            var free = _readers >= 0;
            _readers += free ? 1 : 0;
            return free;
        }
    }

    public void LeaveExclusive()
    {
        lock (_gate)
        {
            _readers = 0;
        }
    }

    public void LeaveShared()
    {
        lock (_gate)
        {
            _readers--;
        }
    }
}
