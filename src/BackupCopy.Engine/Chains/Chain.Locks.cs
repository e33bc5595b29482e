using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <content>Who may write the chain, and who has one of its points.</content>
internal sealed partial class Chain
{
    private const string AppendLock = "append";
    private const int MostLocksAtOnce = 200;

    /// <summary>The lock by which somebody who waits for a point says so.</summary>
    public static string WishFor(string stem) => stem + ".wish";

    /// <summary>The lock of whoever changes a point's mark.</summary>
    public static string MarkLock(string stem) => stem + ".mark";

    // The last append lock that was taken by way of this object.
    private HeldLock? _append;

    /// <summary>
    /// Whether a living writer holds the chain, which makes its unfinished point locked, not incomplete.
    /// </summary>
    public bool IsBeingWritten(out LockHolder? writer)
    {
        writer = null;
        try
        {
            return Locks.IsHeldExclusively(AppendLock, out writer);
        }
        catch (BackupCopyException error)
            when (error.Code is ErrorCode.RepositoryReadOnly or ErrorCode.StorageError
                or ErrorCode.ConnectionLost)
        {
            // Where no lock file can be made nobody writes through this mount.
            return false;
        }
    }

    public HeldLock TakeAppendLock(string purpose)
    {
        var held = Locks.TryExclusive(AppendLock, purpose, out var holder) ?? throw BeingWritten(holder);
        try
        {
            // The holder before may have died between a rename and its flush. Nothing may be built on a name,
            // and no older point removed for it, that the next power cut takes away.
            Storage.FlushDirectory(Path);
            _append = held;
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>
    /// To be asked before everything that cannot be undone: on a share the holder of the append lock may have
    /// slept, and another host goes on in his place.
    /// </summary>
    public void EnsureLock_NeedsLock()
    {
        if (_append is { MayBeLost: true })
        {
            throw new BackupCopyException(
                ErrorCode.SessionTakenOver,
                $"Another host has taken over {Path}, because this one did not answer for a while.",
                "Nothing is lost: run the command again.");
        }
    }

    /// <summary>
    /// Takes the point in the making away from its writer, who may be asleep and believe that he still has
    /// the lock: he cannot publish any more, and the next one takes over what he wrote.
    /// </summary>
    public void FenceUnfinished_NeedsLock()
    {
        var isThere = false;
        foreach (var entry in Storage.List(Path))
        {
            if (Names.TryPoint(entry.Name, Names.Unfinished, out var sequence))
            {
                var name = Names.UnfinishedFile(sequence, Names.TimeOf(entry.Name), Guid.NewGuid());
                Storage.Rename(System.IO.Path.Combine(Path, entry.Name), System.IO.Path.Combine(Path, name));
                isThere = true;
            }
        }

        if (isThere)
        {
            Storage.FlushDirectory(Path);
        }
    }

    /// <summary>
    /// Takes points for their removal, as far as nobody has them: together, since on a share each by itself
    /// would wait for a moment.
    /// </summary>
    /// <returns>Those that somebody has, with the reader where it is known.</returns>
    public IReadOnlyList<(ChainPoint Point, LockHolder? Reader)> TryTake(
        IReadOnlyList<ChainPoint> points, string purpose, ICollection<HeldLock> locks)
    {
        // So many that the first record does not stand still for a term while the last is written.
        var attempts = points.Chunk(MostLocksAtOnce)
            .SelectMany(some => Locks.TryExclusive([.. some.Select(p => p.Stem)], purpose)).ToList();
        var busy = new List<(ChainPoint, LockHolder?)>();
        foreach (var held in attempts.Select(a => a.Held).OfType<HeldLock>())
        {
            locks.Add(held);
        }

        foreach (var (point, attempt) in points.Zip(attempts))
        {
            var isFull = attempt.Error?.Code == ErrorCode.TargetFull;
            if (attempt.Error is not null && !isFull)
            {
                throw attempt.Error;
            }

            // No room for a lock file: so nobody has one there, and only a removal makes room. On a share a
            // reader may have another file.
            if (attempt.Held is null && !(isFull && !Storage.IsShared(Path)))
            {
                busy.Add((point, attempt.Holder));
            }
        }

        return busy;
    }

    /// <summary>The error of whoever needs the chain alone.</summary>
    public BackupCopyException BeingWritten(LockHolder? writer) => new(
        ErrorCode.ChainLocked,
        $"{Path} is being written by {writer?.ToString() ?? "another process"}.",
        "Wait until it has finished, or stop it; then run the command again.");

    /// <summary>The error of whoever needs a point alone.</summary>
    public static BackupCopyException BeingRead(ChainPoint point, string reader) => new(
        ErrorCode.PointLocked,
        $"Restore point {point.Title} of {point.File?.MachineName ?? "a machine"} is being read by "
        + $"{reader}.",
        "Wait until the restore, copy or check has ended, or stop it; then run the command again.");
}
