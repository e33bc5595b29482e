using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains.Removal;

/// <summary>What a removal did.</summary>
/// <param name="Removed">Sequences that are gone.</param>
/// <param name="Busy">Points that somebody reads, with the reader where it is known.</param>
/// <param name="Held">Points that an admin holds, or whose mark does not say that nobody does.</param>
/// <param name="Blocked">Points that stay because something beside them does not verify.</param>
/// <param name="Notes">What went otherwise than planned and harms nothing.</param>
/// <param name="Failure">
/// Why not all space of what is gone was given back, an error or a stop; the next removal goes on.
/// </param>
internal sealed record RemovalOutcome(
    IReadOnlyList<long> Removed, IReadOnlyList<(long Sequence, LockHolder? Reader)> Busy,
    IReadOnlyList<long> Held, IReadOnlyList<BlockedRemoval> Blocked, long FreedBytes,
    IReadOnlyList<string> Notes, Exception? Failure = null);

/// <summary>
/// Removes points from a chain and releases what they alone used (I-3). Holds the append lock from begin to
/// dispose; readers of other points go on. A stop or a crash at any step leaves the other points whole:
/// what was removed stays as a tombstone, and whoever holds the append lock next finishes it from what the
/// newer neighbour uses, without reading the removed point's maps.
/// </summary>
internal sealed class PointRemoval : IDisposable
{
    private readonly Chain _chain;
    private readonly HeldLock _lock;
    private readonly List<string> _notes = [];

    private PointRemoval(Chain chain, HeldLock held)
    {
        _chain = chain;
        _lock = held;
    }

    private IStorage Storage => _chain.Repository.Storage;

    /// <summary>Takes the append lock.</summary>
    public static PointRemoval Begin(Chain chain, string purpose)
    {
        chain.Repository.EnsureWritable();
        return new PointRemoval(chain, chain.TakeAppendLock(purpose));
    }

    /// <summary>Finishes what earlier removals left, under an append lock that the caller holds.</summary>
    public static IReadOnlyList<BlockedRemoval> FinishTombstones_NeedsLock(
        Chain chain, IReadOnlyList<ChainPoint> points)
    {
        var tombstones = chain.Tombstones();
        if (tombstones.Count == 0)
        {
            return [];
        }

        var plan = RemovalPlanner.Plan(chain, points, tombstones, new HashSet<long>());
        new Releaser(chain, plan, []).Run();
        return plan.Blocked;
    }

    /// <summary>
    /// Removes the points of these sequences as far as nobody reads or holds them. Holds are looked at again
    /// once nobody else can have the point: whoever sets one shares its lock.
    /// </summary>
    /// <param name="stop">Looked at between steps; what was begun is finished by the next removal.</param>
    public RemovalOutcome Remove(IReadOnlyCollection<long> sequences, CancellationToken stop = default)
    {
        var points = _chain.Points_NeedsLock();
        var busy = new List<(long, LockHolder?)>();
        var spared = new List<long>();
        var locks = new List<HeldLock>();
        var going = new HashSet<long>();
        try
        {
            var wanted = points.Where(p => sequences.Contains(p.Sequence)).ToList();
            var read = _chain.TryTake(wanted, "removing the point", locks);
            busy.AddRange(read.Select(b => (b.Point.Sequence, b.Reader)));
            foreach (var point in wanted.Except(read.Select(b => b.Point)))
            {
                if (_chain.IsHeld(point))
                {
                    spared.Add(point.Sequence);
                }
                else
                {
                    going.Add(point.Sequence);
                }
            }

            stop.ThrowIfCancellationRequested();
            var plan = RemovalPlanner.Plan(_chain, points, _chain.Tombstones(), going);
            Bury(plan);
            var failure = Release(plan, points, stop);
            LetGo(locks, [.. plan.Points.Select(p => p.Stem), .. plan.Tombstones.Select(t => t.Stem)]);
            return new RemovalOutcome(
                [.. plan.Points.Select(p => p.Sequence)], busy, spared, plan.Blocked,
                failure is null ? plan.FreedBytes : 0, _notes, failure);
        }
        finally
        {
            locks.ForEach(l => l.Dispose());
        }
    }

    /// <summary>
    /// The same, and then writes files anew that hold little else than dead bytes. What went before is told
    /// whatever happens to that.
    /// </summary>
    public RemovalOutcome RemoveAndRewrite(IReadOnlyCollection<long> sequences, CancellationToken stop)
    {
        var outcome = Remove(sequences, stop);
        if (outcome.Failure is not null)
        {
            return outcome;
        }

        try
        {
            var returned = BlockFileRewrite.Run_NeedsLock(_chain, _notes, stop);
            return outcome with { FreedBytes = outcome.FreedBytes + returned };
        }
        catch (Exception error) when (error is BackupCopyException or OperationCanceledException)
        {
            return outcome with { Failure = error };
        }
    }

    /// <summary>
    /// Removes a point in the making whose writer is gone. Its block files are garbage from then on and go
    /// with the next <see cref="Remove"/>, if all points of the chain verify.
    /// </summary>
    /// <returns>The bytes of those block files.</returns>
    public long RemoveUnfinished(long sequence)
    {
        var points = _chain.Points_NeedsLock();
        var bytes = UnfinishedBytes(_chain, points, sequence);
        var high = HighWater.Of(_chain, points.Select(p => p.File));
        if (high.Sequence == sequence)
        {
            high.Keep();
        }

        foreach (var entry in Storage.List(_chain.Path))
        {
            if (Names.TryPoint(entry.Name, Names.Unfinished, out var found) && found == sequence)
            {
                _chain.DeleteFile(entry.Name);
            }
        }

        Storage.FlushDirectory(_chain.Path);
        return bytes;
    }

    /// <summary>The block files that only the point in the making of this sequence has.</summary>
    public static long UnfinishedBytes(Chain chain, IReadOnlyList<ChainPoint> points, long sequence)
    {
        if (points.Any(p => p.File is null))
        {
            return 0;
        }

        var listed = points.SelectMany(p => p.File!.BlockFiles).Select(f => f.Number).ToHashSet();
        return chain.Repository.Storage.List(chain.Path)
            .Where(e => Names.TryNumber(e.Name, Names.Blocks, out var number) && !listed.Contains(number)
                && BlockFileWalk.ReadHeader(
                    chain.Repository.Storage, Path.Combine(chain.Path, e.Name))?.BirthSequence == sequence)
            .Sum(e => e.Length);
    }

    public void Dispose() => _lock.Dispose();

    // The points are gone whatever happens now, and whoever removed them has to hear of it.
    private Exception? Release(
        RemovalPlan plan, IReadOnlyList<ChainPoint> points, CancellationToken stop)
    {
        try
        {
            new Releaser(_chain, plan, _notes) { Stop = stop }.Run();
            CollectGarbage(points, plan);
            return null;
        }
        catch (Exception error) when (error is BackupCopyException or OperationCanceledException)
        {
            return error;
        }
    }

    // Nobody can have the lock of a mark whose point is held here. The last are those that found no room for
    // a lock, and tombstones.
    private void LetGo(List<HeldLock> locks, HashSet<string> gone)
    {
        _chain.Locks.Forget(gone.Select(Chain.MarkLock));
        foreach (var held in locks)
        {
            if (gone.Remove(held.Name))
            {
                _chain.Locks.DisposeAndForget(held);
            }
            else
            {
                held.Dispose();
            }
        }

        _chain.Locks.Forget(gone);
    }

    // What a crash left unlisted. Only a chain whose points all verify can say what is listed, and only while
    // nobody has published one meanwhile, who took over from us.
    private void CollectGarbage(IReadOnlyList<ChainPoint> points, RemovalPlan plan)
    {
        var left = points.ExceptBy(plan.Points.Select(p => p.Sequence), p => p.Sequence).ToList();
        var known = points.Select(p => p.FileName).ToHashSet(StringComparer.Ordinal);
        if (left.TrueForAll(p => p.File is not null)
            && Storage.List(_chain.Path).All(
                e => !e.Name.EndsWith(Names.Point, StringComparison.Ordinal) || known.Contains(e.Name)))
        {
            Garbage.Collect_NeedsLock(
                _chain, left.SelectMany(p => p.File!.BlockFiles).Select(f => f.Number).ToHashSet());
        }
    }

    // From here on the points do not exist.
    private void Bury(RemovalPlan plan)
    {
        if (plan.Points.Count == 0)
        {
            return;
        }

        _chain.EnsureLock_NeedsLock();
        _chain.FenceUnfinished_NeedsLock();
        SecondCopies.DropPoints_NeedsLock(_chain, plan.Points.Select(p => p.FileName));
        foreach (var point in plan.Points)
        {
            Storage.Rename(PathOf(point.FileName), PathOf(point.Stem + Names.Removed));
        }

        Storage.FlushDirectory(_chain.Path);
    }

    private string PathOf(string name) => Path.Combine(_chain.Path, name);
}
