using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Keeping;

/// <summary>A restore point that was to be removed and stays.</summary>
public sealed record RefusedRemoval(RestorePointInfo Point, BackupCopyException Reason);

/// <summary>What the removal of points of one machine in one backup did, or would do.</summary>
public sealed record RemovalResult
{
    /// <summary>The points that went, or would go.</summary>
    public required IReadOnlyList<RestorePointInfo> Removed { get; init; }

    /// <summary>The points that stay, each with its error.</summary>
    public required IReadOnlyList<RefusedRemoval> Refused { get; init; }

    /// <summary>The bytes that returned, or would return.</summary>
    public long FreedBytes { get; init; }

    /// <summary>What went otherwise than planned and harms nothing.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>
    /// Why not all space returned of the points that went; null when it did, or when it was stopped.
    /// </summary>
    public BackupCopyException? Failure { get; init; }
}

/// <summary>
/// Removes the points of one chain that an admin named, one in the making that was left behind included. What
/// is held, read or beside damage stays, and so does the last good point unless it is forced.
/// </summary>
internal sealed class ManualRemoval
{
    private readonly Chain _chain;
    private readonly IReadOnlyList<RestorePointInfo> _asked;
    private readonly bool _force;
    private readonly List<RefusedRemoval> _refused = [];

    public ManualRemoval(Chain chain, IReadOnlyList<RestorePointInfo> asked, bool force)
    {
        _chain = chain;
        _asked = asked;
        _force = force;
    }

    public RemovalResult Plan()
    {
        _chain.Repository.EnsureWritable();
        if (_chain.IsBeingWritten(out var writer))
        {
            throw _chain.BeingWritten(writer);
        }

        var points = _chain.Points();
        var going = Choose(points, out var unfinished);
        foreach (var busy in going.Where(p => _chain.Locks.IsHeld(p.Stem)).ToList())
        {
            going.Remove(busy);
            Refuse(
                busy.Sequence,
                Chain.BeingRead(busy, _chain.Locks.HolderOf(busy.Stem)?.ToString() ?? "a reader"));
        }

        var plan = RemovalPlanner.Plan(
            _chain, points, _chain.Tombstones(), going.Select(p => p.Sequence).ToHashSet());
        Refuse(plan.Blocked);
        return new RemovalResult
        {
            Removed = Left(),
            Refused = _refused,
            FreedBytes = plan.FreedBytes + (unfinished is null
                ? 0 : PointRemoval.UnfinishedBytes(_chain, points, unfinished.Sequence)),
        };
    }

    public RemovalResult Run(CancellationToken stop)
    {
        // A lock would make the folder again.
        if (!_chain.Repository.Storage.DirectoryExists(_chain.Path))
        {
            return new RemovalResult
            {
                Removed = [],
                Refused = [.. _asked.Select(p => new RefusedRemoval(p, RestorePoints.Gone(p)))],
            };
        }

        using var removal = PointRemoval.Begin(_chain, "removing restore points");
        var going = Choose(_chain.Points_NeedsLock(), out var unfinished);
        var freed = unfinished is null ? 0 : removal.RemoveUnfinished(unfinished.Sequence);
        var outcome = removal.RemoveAndRewrite([.. going.Select(p => p.Sequence)], stop);
        foreach (var (sequence, reader) in outcome.Busy)
        {
            Refuse(sequence, Chain.BeingRead(
                going.Single(p => p.Sequence == sequence), reader?.ToString() ?? "a reader"));
        }

        foreach (var point in going.Where(p => outcome.Held.Contains(p.Sequence)))
        {
            Refuse(point.Sequence, Held(point));
        }

        Refuse(outcome.Blocked);
        return new RemovalResult
        {
            Removed = Left(),
            Refused = _refused,
            FreedBytes = outcome.FreedBytes + freed,
            Notes = outcome.Notes,
            Failure = outcome.Failure as BackupCopyException,
        };
    }

    /// <summary>The points that may go, as far as that is known before their locks are taken.</summary>
    private List<ChainPoint> Choose(IReadOnlyList<ChainPoint> points, out UnfinishedPoint? unfinished)
    {
        var left = _chain.Unfinished();
        unfinished = null;
        var going = new List<ChainPoint>();
        foreach (var asked in _asked)
        {
            var point = points.FirstOrDefault(p => p.Sequence == asked.Sequence);
            if (IsUnfinished(asked))
            {
                unfinished = left?.Sequence == asked.Sequence && point is null ? left : unfinished;
                if (unfinished?.Sequence != asked.Sequence)
                {
                    Refuse(asked.Sequence, RestorePoints.Gone(asked));
                }
            }
            else if (point is null)
            {
                Refuse(asked.Sequence, RestorePoints.Gone(asked));
            }
            else if (points.LastOrDefault(p => p.Sequence == asked.Sequence && p.HasTwin) is { } twin)
            {
                _refused.Add(new RefusedRemoval(asked, twin.Damage!));
            }
            else if (_chain.IsHeld(point))
            {
                Refuse(asked.Sequence, Held(point));
            }
            else
            {
                going.Add(point);
            }
        }

        SpareLastGood(points, going);
        return going;
    }

    private void SpareLastGood(IReadOnlyList<ChainPoint> points, List<ChainPoint> going)
    {
        var last = going.Where(p => p.IsUsable).MaxBy(p => p.Sequence);
        if (_force || last is null || points.Any(p => p.IsUsable && !going.Contains(p)))
        {
            return;
        }

        going.Remove(last);
        Refuse(last.Sequence, new BackupCopyException(
            ErrorCode.LastGoodPoint,
            $"Restore point {last.Title} of {last.File!.MachineName} is the last good one in "
            + $"{_chain.Path}.",
            "Remove it with -Force, if the machine needs no restore point there."));
    }

    private BackupCopyException Held(ChainPoint point)
    {
        var reason = point.MarkDamage?.Message ?? point.Mark?.Reason ?? "";
        return new BackupCopyException(
            ErrorCode.PointHeld,
            $"Restore point {point.Title} of {point.File?.MachineName ?? "a machine"} in {_chain.Path} is "
            + "held" + (reason.Length == 0 ? "." : $": {reason}"),
            "Release it with Set-BackupCopyRestorePoint -Release.");
    }

    private void Refuse(IEnumerable<BlockedRemoval> blocked)
    {
        foreach (var run in blocked)
        {
            foreach (var sequence in run.Sequences)
            {
                Refuse(sequence, run.Reason);
            }
        }
    }

    // Tombstones of earlier removals are nobody's point any more.
    private void Refuse(long sequence, BackupCopyException reason)
    {
        if (_asked.FirstOrDefault(p => p.Sequence == sequence) is { } point)
        {
            _refused.Add(new RefusedRemoval(point, reason));
        }
    }

    private List<RestorePointInfo> Left() => [.. _asked.Except(_refused.Select(r => r.Point))];

    private static bool IsUnfinished(RestorePointInfo point) =>
        point.State is RestorePointState.Locked or RestorePointState.Incomplete;
}
