using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using BackupCopy.Format;

namespace BackupCopy.Storage;

/// <summary>
/// The locks of one folder, in its subfolder "locks". A lock is held three ways at once: in a table of this
/// process, by the operating system (gone when the process dies), and on shares by a lease record. A foreign
/// holder counts as dead only when its counter stood still for a whole term on our own monotonic clock.
/// Nothing here waits, apart from that one term and, on shares, a moment until records have settled.
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
    private readonly ForeignHolders _foreign =
        new(storage, time ?? TimeProvider.System, leaseTerm ?? TimeSpan.FromSeconds(60));

    /// <summary>Takes a lock for one holder alone; null, with the holder, when somebody has it.</summary>
    public HeldLock? TryExclusive(string name, string purpose, out LockHolder? holder)
    {
        var attempt = TryExclusive([name], purpose)[0];
        holder = attempt.Holder;
        return attempt.Error is null ? attempt.Held : throw attempt.Error;
    }

    /// <summary>
    /// Takes many locks, each for one holder alone, as far as nobody has them: on a share they settle
    /// together, have one timer, and wait for one term at most. The caller disposes what is held.
    /// </summary>
    public IReadOnlyList<LockAttempt> TryExclusive(IReadOnlyList<string> names, string purpose)
    {
        if (names.Count == 0)
        {
            return [];
        }

        EnsureFolder();
        var isShared = storage.IsShared(_folder);
        var attempts = new List<LockAttempt>(names.Count);
        try
        {
            foreach (var name in names)
            {
                var attempt = new LockAttempt(new LockFiles(_folder, name));
                attempts.Add(attempt);
                attempt.Do(() => Enter(attempt, isShared));
            }

            if (isShared)
            {
                Refuse(attempts, _foreign.Alive(Taken(attempts).Select(a => a.Files.Holder)));
            }

            Taken(attempts).ForEach(a => a.Do(() => TellOthers(a, LockHolder.Me(purpose), isShared)));
            if (isShared)
            {
                Settle(attempts);
            }

            return attempts;
        }
        catch
        {
            attempts.ForEach(a => a.Held?.Dispose());
            throw;
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
        var isShared = storage.IsShared(_folder);
        var files = new LockFiles(_folder, name);
        if (TryEnter(files, shared: true) is not var (state, system))
        {
            return null;
        }

        HeldLock? held = null;
        try
        {
            held = new HeldLock(storage, files, state, exclusive: false, isShared, system);
            if (isShared)
            {
                // A full share has no room for the lease; reading is then worth more than being seen.
                var me = LockHolder.Me(purpose ?? "reading");
                if (TryWrite(held, files.Lease(me.Token), me))
                {
                    KeepAlive([held]);
                }

                if (_foreign.Alive([files.Holder]).Count > 0)
                {
                    return null;
                }
            }
            else if (purpose is not null)
            {
                TryWrite(held, files.Reader, LockHolder.Me(purpose));
            }

            var taken = held;
            held = null;
            return taken;
        }
        finally
        {
            held?.Dispose();
        }
    }

    /// <summary>Whether somebody alive holds the lock exclusively, and who.</summary>
    public bool IsHeldExclusively(string name, out LockHolder? holder)
    {
        var files = new LockFiles(_folder, name);
        holder = null;
        try
        {
            // The look at the system's lock is over before the wait for a foreign holder.
            if (!LockState.TryBriefly(() => IsFree(files, shared: true)))
            {
                holder = LockHolder.Read(storage, files.Holder);
                return true;
            }
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.MissingFile)
        {
            // Where there is no folder nobody made a lock.
            return false;
        }

        if (!storage.IsShared(_folder) || !_foreign.IsForeign(files.Holder))
        {
            return false;
        }

        holder = LockHolder.Read(storage, files.Holder);
        return _foreign.Alive([files.Holder]).Count > 0;
    }

    /// <summary>Removes the files of locks on things that are gone. Nobody may hold them.</summary>
    public void Forget(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            Forget(new LockFiles(_folder, name), nobodyElse: true);
        }
    }

    /// <summary>Lets go of a lock on something that is gone, together with its files.</summary>
    public void DisposeAndForget(HeldLock held) => held.DisposeAndForget(Forget);

    /// <summary>
    /// Whether anybody holds the lock, shared or alone; so does what cannot be looked at. Makes no file, and
    /// keeps nobody out who comes meanwhile.
    /// </summary>
    public bool IsHeld(string name)
    {
        var files = new LockFiles(_folder, name);
        try
        {
            if (!storage.FileExists(files.Lock))
            {
                // It is there after all, or an error of the storage looked like none.
                storage.Open(files.Lock, OpenFor.Reading).Dispose();
            }

            if (!IsFree(files, shared: false))
            {
                return true;
            }

            return storage.IsShared(_folder)
                && _foreign.Alive([files.Holder, .. files.Leases(storage.List(_folder))]).Count > 0;
        }
        catch (BackupCopyException error)
        {
            return error.Code != ErrorCode.MissingFile;
        }
    }

    /// <summary>Who said last that he holds the lock, for messages; null when nobody did.</summary>
    public LockHolder? HolderOf(string name)
    {
        var files = new LockFiles(_folder, name);
        return ReaderOf(files, storage.IsShared(_folder)) ?? LockHolder.Read(storage, files.Holder);
    }

    /// <summary>
    /// Whether somebody of this host holds the lock alone: cheap enough to be asked again and again.
    /// </summary>
    public bool IsHeldHere(string name)
    {
        var files = new LockFiles(_folder, name);
        try
        {
            return storage.FileExists(files.Lock) && !LockState.TryBriefly(() => IsFree(files, shared: true));
        }
        catch (BackupCopyException)
        {
            return false;
        }
    }

    private bool IsFree(LockFiles files, bool shared) =>
        StateOf(files).IsFree(shared, () => storage.TryLock(files.Lock, shared));

    private LockState StateOf(LockFiles files) => _held.GetOrAdd(files.Lock, _ => new LockState());

    private void Enter(LockAttempt attempt, bool isShared)
    {
        var files = attempt.Files;
        if (TryEnter(files, shared: false) is not var (state, system))
        {
            attempt.Holder = ReaderOf(files, isShared) ?? LockHolder.Read(storage, files.Holder);
            return;
        }

        attempt.Held = new HeldLock(storage, files, state, exclusive: true, isShared, system);

        // Nobody reads: what a reader that died said of itself would be believed of the next one.
        Drop(files.Reader);
    }

    private LockHolder? ReaderOf(LockFiles files, bool isShared) => !isShared
        ? LockHolder.Read(storage, files.Reader)
        : files.Leases(storage.List(_folder)).Select(l => LockHolder.Read(storage, l))
            .FirstOrDefault(l => l is not null);

    // Another process that only looks has the lock for an instant; a few tries tell that from a holder. In
    // between the lock is free for this process's readers too.
    private (LockState State, IDisposable System)? TryEnter(LockFiles files, bool shared)
    {
        (LockState, IDisposable)? entered = null;
        LockState.TryBriefly(() => (entered = TryEnterOnce(files, shared)) is not null);
        return entered;
    }

    private (LockState State, IDisposable System)? TryEnterOnce(LockFiles files, bool shared)
    {
        var state = StateOf(files);
        if (shared ? !state.TryEnterShared() : !state.TryEnterExclusive())
        {
            return null;
        }

        IDisposable? system = null;
        try
        {
            system = storage.TryLock(files.Lock, shared);
            return system is null ? null : (state, system);
        }
        finally
        {
            if (system is null && shared)
            {
                state.LeaveShared();
            }
            else if (system is null)
            {
                state.LeaveExclusive();
            }
        }
    }

    private static List<LockAttempt> Taken(List<LockAttempt> attempts) =>
        attempts.FindAll(a => a.Held is not null);

    private void Refuse(List<LockAttempt> attempts, IReadOnlySet<string> alive)
    {
        foreach (var attempt in Taken(attempts).Where(a => alive.Contains(a.Files.Holder)))
        {
            attempt.Refuse(LockHolder.Read(storage, attempt.Files.Holder));
        }
    }

    // Two hosts may find the same lock free at once. Both write their records; after a moment the one whose
    // record is still there has the lock, unless a reader came: he writes his lease before he looks for a
    // holder, so one of the two sees the other.
    private void Settle(List<LockAttempt> attempts)
    {
        var taken = Taken(attempts);
        if (taken.Count == 0)
        {
            return;
        }

        KeepAlive(taken.Select(a => a.Held!));
        Thread.Sleep(_term / 60);
        var entries = storage.List(_folder);
        var leases = taken.ToDictionary(a => a, a => a.Files.Leases(entries));
        var alive = _foreign.Alive(leases.Values.SelectMany(l => l));
        foreach (var attempt in taken)
        {
            if (!attempt.Held!.IsSettled)
            {
                attempt.Refuse(LockHolder.Read(storage, attempt.Files.Holder));
            }
            else if (leases[attempt].FirstOrDefault(alive.Contains) is { } lease)
            {
                attempt.Refuse(LockHolder.Read(storage, lease));
            }
            else
            {
                leases[attempt].ToList().ForEach(Drop);
            }
        }
    }

    private void KeepAlive(IEnumerable<HeldLock> locks)
    {
        var held = locks.ToList();
        var heartbeat = new Heartbeat(held, _time, _term / 4);
        held.ForEach(h => h.KeepAlive(heartbeat));
    }

    // Where the system's lock is enough the record is only for messages.
    private void TellOthers(LockAttempt attempt, LockHolder me, bool isShared)
    {
        attempt.Holder = me;
        if (isShared)
        {
            attempt.Held!.WriteRecord(attempt.Files.Holder, me);
        }
        else
        {
            TryWrite(attempt.Held!, attempt.Files.Holder, me);
        }
    }

    private bool TryWrite(HeldLock held, string record, LockHolder me)
    {
        try
        {
            held.WriteRecord(record, me);
            return true;
        }
        catch (BackupCopyException)
        {
            // Others will not learn the holder's name, and a full disk must not stop a reader.
            Drop(record + Names.Temporary);
            return false;
        }
    }

    // Whoever had it alone has deleted the leases of dead readers.
    private void Forget(LockFiles files, bool nobodyElse)
    {
        try
        {
            List<string> records = nobodyElse ? [files.Holder, files.Reader] : [];
            records.ForEach(Drop);
            Drop(files.Lock);
        }
        finally
        {
            _held.TryRemove(files.Lock, out _);
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
            // It is only for messages, or nobody's any more; a small file that stays costs nothing.
        }
    }

    private void EnsureFolder()
    {
        if (!storage.DirectoryExists(_folder))
        {
            storage.CreateDirectory(_folder);
        }
    }
}
