using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Compacting;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// The compaction of a job's day, chain by chain. A chain that got an active full in this session lies in
/// order already; one chain's trouble is its own.
/// </summary>
internal sealed class ScheduledCompaction
{
    // How often a chain that somebody writes is tried.
    private const int MostTurns = 5;

    private readonly PhaseContext _context;
    private readonly RepositoryDefinition _repository;
    private volatile MachineProgress? _now;

    public ScheduledCompaction(PhaseContext context)
    {
        _context = context;
        _repository = context.Engine.Repository(context.Job.TargetRepositoryId);
    }

    private SessionLog Session => _context.Session;

    private Engine Engine => _context.Engine;

    private UpkeepWork Work => _context.Options.Upkeep;

    /// <returns>False when the next session has to go on with it.</returns>
    public async Task<bool> IsThroughAsync(CancellationToken cancellation)
    {
        var isThrough = _context.Options.Machines.Count == 0;
        await using var pump = new ProgressPump(
            _context.Progress, () => _now is { } now ? [now] : [], Engine.Time);
        foreach (var chain in _context.Target.Folder.Chains())
        {
            var machine = TargetBackup.MachineOf(chain);
            if (!Wildcard.MatchesAny(_context.Options.Machines, machine))
            {
                continue;
            }

            cancellation.ThrowIfCancellationRequested();
            _context.NoMoreMachines.ThrowIfCancellationRequested();
            if (MadeFulls.Has(_context, chain))
            {
                Session.Tell(
                    EventLevel.Info, "Not compacted: this session made a full, which lies in disk order.",
                    machine, SessionEventId.Note);
            }
            else
            {
                isThrough &= await IsDoneAsync(chain, machine, cancellation);
            }

            Session.Done(TargetBackup.OwnerOf(chain)?.MachineId ?? Guid.Empty);
        }

        return isThrough;
    }

    /// <summary>False for a chain that was being written all the time.</summary>
    private async Task<bool> IsDoneAsync(Chain chain, string machine, CancellationToken cancellation)
    {
        for (var turn = 1; ; turn++)
        {
            try
            {
                await CompactAsync(chain, machine, cancellation);
                return true;
            }
            catch (BackupCopyException error) when (
                error.Code == ErrorCode.ChainLocked && turn < MostTurns)
            {
                using var waiting = Session.WaitingForLock(error.Message);
                await Task.Delay(_context.Options.Poll, Engine.Time, cancellation);
            }
            catch (Exception thrown) when (thrown is not OperationCanceledException)
            {
                var error = OwnTrouble.Tell(
                    _context, machine, thrown, "was not compacted", SessionEventId.CompactingFailed);
                return error.Code != ErrorCode.ChainLocked;
            }
        }
    }

    private async Task CompactAsync(Chain chain, string machine, CancellationToken cancellation)
    {
        var share = Limits.ShareOf(_context, _repository);
        var start = Engine.Time.GetTimestamp();
        var request = new CompactRequest
        {
            Compression = _context.Job.Compression is { } own ? Enum.Parse<Compression>(own) : null,
            Take = share.Take,
            Progress = (done, total) => _now = new MachineProgress(
                machine, "Compacting", done, total, done, Engine.Time.GetElapsedTime(start)),
        };
        using var slot = await Limits.TakeSlotAsync(
            _context.Target.Repository, _repository, Engine.Time, cancellation);
        if (Work.Plan(chain, request, cancellation) is not { } plan)
        {
            return;
        }

        if (plan.MovedBytes == 0)
        {
            Session.Tell(
                EventLevel.Info, $"Nothing is worth compacting: {Text(plan.Before)}.", machine,
                SessionEventId.ChainCompacted);
            return;
        }

        if (await Work.Compact(chain, request, cancellation) is { } done)
        {
            Session.Compacted(done.MovedBytes);
            Session.Tell(
                EventLevel.Info,
                $"Compacted {ReadableText.Size(done.MovedBytes)}: {Text(done.Before)} before, "
                + $"{Text(done.After)} now.", machine, SessionEventId.ChainCompacted);
            foreach (var note in done.Notes)
            {
                Session.Tell(EventLevel.Info, note, machine, SessionEventId.Note);
            }
        }
    }

    private static string Text(Fragmentation state) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{state.ExtentsPerGigabyte:0} extents per GB and {ReadableText.Size(state.DeadBytes)} dead");
}
