using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Chains.Compacting;

/// <summary>
/// Puts the newest state of a chain in disk order, so that it reads like a fresh full: segment by segment
/// into new files, to which all points switch at once. Every point can be restored at every instant; a stop
/// or a crash costs the segment in work, and the next run leaves alone what is in order. Verifies every
/// record that it moves; one that does not verify stays where it is.
/// </summary>
internal sealed class ChainCompact
{
    private const int MostDamageNotes = 20;

    private readonly Chain _chain;
    private readonly CompactRequest _request;
    private readonly CompactSurvey _survey;
    private readonly HighWater _given;
    private readonly List<string> _notes = [];
    private readonly Lock _gate = new();
    private int _damaged;
    private long _written;
    private long _returned;

    private ChainCompact(
        Chain chain, CompactRequest request, CompactSurvey survey, IReadOnlyList<ChainPoint> points)
    {
        _chain = chain;
        _request = request;
        _survey = survey;
        _given = HighWater.Of(chain, points.Select(p => p.File));
    }

    /// <summary>A look that changes nothing; null for a chain without a usable point.</summary>
    public static CompactPlan? Plan(Chain chain, CompactRequest request, CancellationToken cancellation)
    {
        EnsureMovable(chain);
        var points = Verified(chain, chain.Points());
        if (!points.Any(p => p.IsUsable))
        {
            return null;
        }

        var survey = CompactSurvey.Of(chain, points, request, cancellation);
        return new CompactPlan(
            survey.Found, survey.MovedBytes, survey.NeededBytes,
            chain.Repository.Storage.FreeBytes(chain.Path));
    }

    /// <summary>Takes the append lock; null for a chain without a usable point.</summary>
    public static async Task<CompactOutcome?> RunAsync(
        Chain chain, CompactRequest request, CancellationToken cancellation)
    {
        chain.Repository.EnsureWritable();
        EnsureMovable(chain);
        if (chain.Newest() is null)
        {
            return null;
        }

        using var held = chain.TakeAppendLock("compacting");
        var points = Verified(chain, chain.Points_NeedsLock());
        if (PointRemoval.FinishTombstones_NeedsLock(chain, points) is [var blocked, ..])
        {
            throw CompactError.Damaged(chain, blocked.Reason.Message, blocked.Reason);
        }

        if (!points.Any(p => p.IsUsable))
        {
            return null;
        }

        var survey = CompactSurvey.Of(chain, points, request, cancellation);
        var compact = new ChainCompact(chain, request, survey, points);
        return await compact.RunAsync(points, cancellation);
    }

    private static void EnsureMovable(Chain chain)
    {
        if (chain.Repository.File.EffectiveReleaseMode == ReleaseMode.WholeFiles)
        {
            throw CompactError.WholeFiles(chain);
        }
    }

    // What a point uses that does not verify, nobody can tell.
    private static IReadOnlyList<ChainPoint> Verified(Chain chain, IReadOnlyList<ChainPoint> points) =>
        points.FirstOrDefault(p => p.File is null) is { } damaged
            ? throw CompactError.Damaged(chain, damaged.Damage!.Message, damaged.Damage)
            : points;

    private async Task<CompactOutcome> RunAsync(
        IReadOnlyList<ChainPoint> points, CancellationToken cancellation)
    {
        // What a run before this one left, finished or not.
        Garbage.Collect_NeedsLock(_chain, _survey.Listed.Keys.ToHashSet());
        _returned += OldBytes.Release_NeedsLock(_chain, [], cancellation);
        EnsureRoom(_survey.NeededBytes);
        if (_survey.MovedBytes > 0)
        {
            await MoveAsync(cancellation);
        }

        // Where nothing is punched, files of which little is left are written anew like after a removal.
        _returned += BlockFileRewrite.Run_NeedsLock(_chain, _notes, cancellation);
        if (_damaged > MostDamageNotes)
        {
            _notes.Add($"{_damaged - MostDamageNotes} more records do not verify and stay where they are.");
        }

        var after = CompactSurvey.Of(
            _chain, points, _request with { Compression = null }, cancellation).Found;
        return new CompactOutcome(_survey.Found, after, _written, _returned, _notes);
    }

    private async Task MoveAsync(CancellationToken cancellation)
    {
        try
        {
            using var store = _chain.OpenStore(_survey.Newest.MachineId);
            foreach (var segment in _survey.Segments(store))
            {
                cancellation.ThrowIfCancellationRequested();
                if (_survey.IsWorthMoving(segment, store))
                {
                    await MoveAsync(segment, store, cancellation);
                }
            }
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            MakeRoom();
            throw;
        }
    }

    private async Task MoveAsync(Segment segment, RecordStore store, CancellationToken cancellation)
    {
        EnsureRoom(_survey.RoomFor(segment) + _survey.SpareRoom);
        var newest = _survey.Newest;
        using var to = MovedRecords.Begin_NeedsLock(
            _chain, _given.NextNumber(), segment.Kind, newest.Sequence, newest.MachineId, newest.WrittenUtc);
        var move = new SegmentMove(_chain, _request, segment, store, to, newest.MachineId)
        {
            OnDamage = NoteDamage,
            OnWritten = CountWritten,
        };
        await move.RunAsync(cancellation);
        if (!move.Moves.IsEmpty)
        {
            move.Moves.Seal_NeedsLock(to);
            move.Moves.Switch_NeedsLock(to, _survey.Listed);
        }
    }

    // What was asked for at the beginning may be gone to somebody else; old bytes of this run may make up.
    private void EnsureRoom(long bytes)
    {
        var free = _chain.Repository.Storage.FreeBytes(_chain.Path);
        if (free < bytes && _written > 0)
        {
            _returned += OldBytes.Release_NeedsLock(_chain, []);
            free = _chain.Repository.Storage.FreeBytes(_chain.Path);
        }

        if (free < bytes)
        {
            throw CompactError.NoRoom(_chain, bytes, free, _written);
        }
    }

    // Others may wait for room more urgently than for an error that is on its way.
    private void MakeRoom()
    {
        try
        {
            OldBytes.Release_NeedsLock(_chain, []);
        }
        catch (BackupCopyException)
        {
            // What is remembered is given back by the next removal.
        }
    }

    private void NoteDamage(StateRecord record, string reason)
    {
        if (++_damaged <= MostDamageNotes)
        {
            _notes.Add($"Record {record.Name} stays where it is: {reason}");
        }
    }

    private void CountWritten(long bytes)
    {
        lock (_gate)
        {
            _written += bytes;
            _request.Progress?.Invoke(_written, _survey.MovedBytes);
        }
    }
}
