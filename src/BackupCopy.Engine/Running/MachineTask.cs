using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Running.Keeping;

namespace BackupCopy.Running;

/// <summary>
/// Copies one machine in one session. An error is this machine's result and goes no further.
/// </summary>
internal sealed class MachineTask
{
    private readonly PhaseContext _context;
    private readonly Chain _chain;
    private readonly Guid _chainMachine;
    private readonly CopyProgress _copy = new();
    private CandidatePoint _point;
    private long _start;
    private MachineTaskRecord _record;

    /// <param name="chainMachine">
    /// The machine id of the target's chain: its own also where it was matched by name.
    /// </param>
    public MachineTask(PhaseContext context, Chain chain, Guid chainMachine, CandidatePoint point)
    {
        _context = context;
        _chain = chain;
        _chainMachine = chainMachine;
        _point = point;
        _start = context.Engine.Time.GetTimestamp();
        _record = new MachineTaskRecord
        {
            MachineId = point.MachineId,
            Machine = point.Machine,
            State = SessionState.Working,
            Result = SessionResult.None,
            PointTimeUtc = point.TimeUtc,
            SourceRepository = point.Repository,
            SourceBackup = point.JobName,
            StartUtc = context.Engine.NowUtc,
        };
    }

    /// <summary>The source point that is or was copied.</summary>
    public CandidatePoint Point => _point;

    /// <summary>How far the task is, and how it ended.</summary>
    public MachineTaskRecord Record => _record;

    private Engine Engine => _context.Engine;

    private JobDefinition Job => _context.Job;

    private SyncOptions SyncOptions => _context.Options;

    public MachineProgress Progress => new(
        _point.Machine, _record.State == SessionState.WaitingForLock ? "Waiting for the chain" : "Copying",
        _copy.DoneBytes, _copy.TotalBytes, _copy.StoredBytes, Engine.Time.GetElapsedTime(_start));

    /// <param name="expired">The interval is over: what is there is kept for the next one.</param>
    /// <param name="cancellation">The session is stopped.</param>
    public async Task RunAsync(CancellationToken expired, CancellationToken cancellation)
    {
        _start = Engine.Time.GetTimestamp();
        _record = _record with { StartUtc = Engine.NowUtc };
        _context.Session.Put(_record);
        PointFile made;
        try
        {
            made = await CopyWhenFreeAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            End(SessionResult.Stopped, "Stopped; the next sync sends only what is missing.");
            return;
        }
        catch (BackupCopyException error)
        {
            var isTarget = error.Message.Contains(_context.Target.Repository.Path, StringComparison.Ordinal);
            var told = error.Code == ErrorCode.TargetFull && isTarget
                ? Limits.Full(error, Engine.Repository(Job.TargetRepositoryId), _copy) : error;
            Fail(told);
            return;
        }
        catch (Exception error)
        {
            // Whatever it is, it is this machine's; the others go on and the session says so.
            Fail(new BackupCopyException(
                ErrorCode.MachineFailed, $"{_point.Machine}: {error.GetType().Name}: {error.Message}",
                "Run the sync again; if it stays, report it with this message.", error));
            return;
        }

        End(SessionResult.Success, made.IsFull ? "Full." : "Increment.", made);
    }

    private void Fail(BackupCopyException error)
    {
        End(SessionResult.Failed, $"{error.Message} {error.Remedy}", error: error.Code);
        SyncOptions.Fail?.Invoke(_point.Machine, error);
    }

    // Another writer of the chain, such as a rescan or a job of another host, ends by itself, and so does
    // whoever wants the source point; the wait is shown.
    private async Task<PointFile> CopyWhenFreeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await CopyAsync(cancellation);
            }
            catch (BackupCopyException error) when (
                error.Code is ErrorCode.ChainLocked or ErrorCode.PointLocked or ErrorCode.PointWanted
                && !(Engine.Time.GetElapsedTime(_start) >= SyncOptions.Wait))
            {
                _record = _record with { State = SessionState.WaitingForLock, Reason = error.Message };
                _context.Session.Put(_record);
            }

            await Task.Delay(SyncOptions.Poll, Engine.Time, cancellation);
        }
    }

    // The point that was chosen may have gone while it was waited for; then the newest one is as good.
    private ChainPoint Find(Chain chain)
    {
        var points = chain.Points();
        var found = points.FirstOrDefault(p => p.Sequence == _point.Sequence)
            ?? points.LastOrDefault(p => p.IsUsable)
            ?? throw new BackupCopyException(
                ErrorCode.PointGone,
                $"Restore point {LocalText.OfPoint(_point.Sequence, _point.TimeUtc)} of {_point.Machine} was "
                + $"removed from {_point.Repository} meanwhile, and no other is left.",
                "Make a new restore point there, then run the sync again.");
        if (found.Sequence != _point.Sequence && found.File is { } newer)
        {
            _point = _point with { Sequence = newer.Sequence, TimeUtc = newer.TimeUtc };
            _record = _record with { PointTimeUtc = newer.TimeUtc };
        }

        return found;
    }

    private async Task<PointFile> CopyAsync(CancellationToken cancellation)
    {
        var sourceDefinition = Engine.Repository(_point.RepositoryId);
        var targetDefinition = Engine.Repository(Job.TargetRepositoryId);
        var sourceRepository = Engine.Open(sourceDefinition);
        using var slots = await Limits.TakeSlotsAsync(
            [(sourceRepository, sourceDefinition), (_context.Target.Repository, targetDefinition)],
            Engine.Time, cancellation);
        var chain = new Chain(sourceRepository, _point.ChainPath);
        using var source = chain.OpenPoint(Find(chain), $"copying {_point.Machine} for job {Job.Name}");
        if (source.IsWanted)
        {
            throw new BackupCopyException(
                ErrorCode.PointLocked,
                $"Restore point {LocalText.OfPoint(_point.Sequence, _point.TimeUtc)} of {_point.Machine} is "
                + "about to be removed.",
                "The copy goes on by itself with the newest restore point.");
        }

        var options = Options(sourceDefinition, targetDefinition) with { GivesWay = () => source.IsWanted };
        return await PointCopy.FromPointAsync(source, _chain, Request(source), options, _copy, cancellation);
    }

    private AppendRequest Request(PointReader source)
    {
        var target = _context.Target.Repository.File;
        var point = NewPoint.Of(source.Point.TimeUtc, _chain.Points(), Job.Retention, SyncOptions.Full);
        return new AppendRequest
        {
            MachineId = _chainMachine,
            MachineName = source.Point.MachineName,
            JobId = Job.Id,
            JobName = Job.Name,
            TimeUtc = source.Point.TimeUtc,
            NowUtc = Engine.NowUtc,
            BlockSizeBytes = target.BlockSizeBytes,
            Compression = Job.Compression is { } own ? Enum.Parse<Compression>(own) : target.Compression,
            Origin = new PointOrigin(
                _point.RepositoryId, source.Point.JobId, source.Point.Sequence, source.Point.PointId),
            Gfs = point.Gfs,
            GfsReason = point.GfsReason,
            Full = point.WantsFull.Length > 0,
            Purpose = $"copying {_point.Machine} for job {Job.Name}",
        };
    }

    private CopyOptions Options(RepositoryDefinition source, RepositoryDefinition target)
    {
        var workers = new CopyOptions();
        return workers with
        {
            Workers = Math.Max(3, workers.Workers / Job.Parallel + 1),
            Throttles =
            [
                .. Limits.Of(source, Engine.Time),
                .. Limits.Of(target, Engine.Time),
            ],
        };
    }

    private void End(SessionResult result, string reason, PointFile? made = null, ErrorCode? error = null)
    {
        _record = _record with
        {
            State = SessionState.Completed,
            Result = result,
            Reason = reason,
            Error = error?.ToString() ?? "",
            TargetSequence = made?.Sequence ?? 0,
            SizeBytes = made?.SizeBytes ?? 0,
            ReadBytes = _copy.ReadBytes,
            TransferredBytes = _copy.StoredBytes,
            ClonedBytes = _copy.ClonedBytes,
            ReusedBytes = _copy.ReusedBytes,
            EndUtc = Engine.NowUtc,
        };
        _context.Session.Put(_record);
    }
}
