using System.Runtime.ExceptionServices;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Running.Transferring;

namespace BackupCopy.Running;

/// <summary>
/// Copies one machine in one session: waits where it has to, for locks, the window and lost repositories, and
/// tries again what may go better the next time. An error is this machine's result and goes no further; what
/// was stored stays for the next attempt, also that of another session.
/// </summary>
internal sealed partial class MachineTask
{
    private readonly PhaseContext _context;
    private readonly PointTransfer _transfer;
    private readonly WindowWatch _window;
    private MachineTaskRecord _record;
    private long _start;
    private long? _lockedSince;
    private long _storedWhenLocked;
    private long _saved;
    private long _storedWhenLost;
    private int _failures;
    private int _changes;

    /// <param name="chainMachine">
    /// The machine id of the target's chain: its own also where it was matched by name.
    /// </param>
    public MachineTask(PhaseContext context, Chain chain, Guid chainMachine, CandidatePoint point)
    {
        _context = context;
        _window = new WindowWatch(context.Window, context.Engine.Time);
        Chain = chain;
        _transfer = new PointTransfer(context, chain, chainMachine, point, _window) { Goes = Save };
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
    public CandidatePoint Point => _transfer.Point;

    /// <summary>The target's chain.</summary>
    public Chain Chain { get; }

    /// <summary>How far the task is, and how it ended.</summary>
    public MachineTaskRecord Record => _record;

    public MachineProgress Progress => new(
        Point.Machine, Activity(_record.State), Copy.DoneBytes, Copy.TotalBytes, Copy.StoredBytes,
        Engine.Time.GetElapsedTime(_start));

    /// <summary>Its place among those that work at once; null for one that may always work.</summary>
    public TaskSlot? Slot { get; init; }

    private Engine Engine => _context.Engine;

    private SyncOptions SyncOptions => _context.Options;

    private CopyProgress Copy => _transfer.Progress;

    /// <param name="expired">The interval is over: what is there is kept for the next one.</param>
    /// <param name="cancellation">The session is stopped.</param>
    public async Task RunAsync(CancellationToken expired, CancellationToken cancellation)
    {
        _start = Engine.Time.GetTimestamp();
        _saved = _start;
        _record = _record with { StartUtc = Engine.NowUtc };
        _context.Session.Put(_record);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(expired, cancellation);
        PointFile made;
        try
        {
            made = await CopyAndTellAsync(stop.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            End(SessionResult.Stopped, "Stopped; the next sync sends only what is missing.");
            return;
        }
        catch (OperationCanceledException) when (expired.IsCancellationRequested)
        {
            Expire();
            return;
        }
        catch (BackupCopyException error)
        {
            var isTarget = error.Message.Contains(_context.Target.Repository.Path, StringComparison.Ordinal);
            var told = error.Code == ErrorCode.TargetFull && isTarget
                ? Limits.Full(error, Engine.Repository(_context.Job.TargetRepositoryId), Copy) : error;
            Fail(told);
            return;
        }
        catch (Exception error)
        {
            // Whatever it is, it is this machine's; the others go on and the session says so.
            Fail(new BackupCopyException(
                ErrorCode.MachineFailed, $"{Point.Machine}: {error.GetType().Name}: {error.Message}",
                "Run the sync again; if it stays, report it with this message.", error));
            return;
        }

        var kind = made.IsFull ? "Full" : "Increment";
        End(
            SessionResult.Success,
            (_failures == 0 ? $"{kind}. {Mended}" : $"{kind}, after {_failures + 1} attempts. {Mended}")
                .TrimEnd(),
            made);
    }

    // Another writer of the chain, such as a rescan or a job of another host, ends by itself, and so does
    // whoever wants the source point; the wait is shown.
    private async Task<PointFile> CopyAsync(CancellationToken stop)
    {
        while (true)
        {
            await WaitForWindowAsync(stop);
            try
            {
                if (Slot is not null)
                {
                    await Slot.TakeAsync(stop);
                }

                Show(SessionState.Working, "");
                return await _transfer.RunAsync(stop);
            }
            catch (BackupCopyException error) when (error.Code == ErrorCode.WindowClosed)
            {
                continue;
            }
            catch (BackupCopyException error) when (
                error.Code == ErrorCode.PointWanted
                || (IsBusy(error.Code) && !HasWaited() && !ChangesAlways(error.Code)))
            {
                Slot?.Release();
                Show(SessionState.WaitingForLock, error.Message);
                await Task.Delay(SyncOptions.Poll, Engine.Time, stop);
            }
            catch (BackupCopyException error)
            {
                stop.ThrowIfCancellationRequested();
                Slot?.Release();
                await BeforeNextAttemptAsync(error, stop);
            }
        }
    }

    // Somebody is at work with what is wanted, and will have finished.
    private static bool IsBusy(ErrorCode code) => code is ErrorCode.ChainLocked or ErrorCode.PointLocked
        or ErrorCode.ImageLocked or ErrorCode.ImageChanged;

    // An image that changes again and again is one of a machine that runs.
    private bool ChangesAlways(ErrorCode code) =>
        code == ErrorCode.ImageChanged && ++_changes > SyncOptions.MostChanges;

    // The wait for a lock is limited, not the copy before it; what was copied meanwhile begins it anew.
    private bool HasWaited()
    {
        if (_lockedSince is null || Copy.StoredBytes > _storedWhenLocked)
        {
            _lockedSince = Engine.Time.GetTimestamp();
            _storedWhenLocked = Copy.StoredBytes;
        }

        return Engine.Time.GetElapsedTime(_lockedSince.Value) >= SyncOptions.Wait;
    }

    /// <summary>Returns when the copy may be tried again; throws the error when it may not.</summary>
    private async Task BeforeNextAttemptAsync(BackupCopyException error, CancellationToken stop)
    {
        var repositories = _transfer.Repositories();
        var lost = error.Code == ErrorCode.TargetFull ? null : repositories.Lost();
        if (lost is null ? IsShortCut(error, repositories)
            : await IsBackAsync(repositories, lost, stop))
        {
            return;
        }

        error = lost ?? error;
        if (!IsRetried(error, _failures) || _failures >= SyncOptions.Retries.Count)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        var pause = SyncOptions.Retries[_failures++];
        var text = $"{error.Message} Attempt {_failures + 1} of {SyncOptions.Retries.Count + 1} begins "
            + (pause > TimeSpan.Zero ? $"in {pause.TotalSeconds:0} s." : "at once.");
        _record = _record with { Attempts = _failures + 1 };
        _context.Session.Retries(Point.Machine, text);
        Show(SessionState.WaitingForRetry, text);
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, Engine.Time, stop);
        }
    }

    // What will be the same in some minutes is not tried again: damage, formats, names, space. A file that is
    // missing from a repository that is there is looked for once more: its mount may have come back just now.
    private static bool IsRetried(BackupCopyException error, int failures) => error.Code switch
    {
        ErrorCode.StorageError or ErrorCode.ConnectionLost or ErrorCode.RepositoryUnavailable
            or ErrorCode.NotARepository => true,
        ErrorCode.ImageUnreadable => error.InnerException is IOException,
        ErrorCode.MissingFile => failures == 0,
        _ => false,
    };

    private void End(SessionResult result, string reason, PointFile? made = null, ErrorCode? error = null)
    {
        _record = Measured() with
        {
            State = SessionState.Completed,
            Result = result,
            Reason = reason,
            Error = error?.ToString() ?? "",
            TargetSequence = made?.Sequence ?? 0,
            SizeBytes = made?.SizeBytes ?? 0,
            EndUtc = Engine.NowUtc,
        };
        _context.Session.Put(_record);
    }

    private void Fail(BackupCopyException error)
    {
        End(SessionResult.Failed, $"{error.Message} {error.Remedy}", error: error.Code);
        SyncOptions.Fail?.Invoke(Point.Machine, error);
    }

    private void Show(SessionState state, string reason)
    {
        if (_record.State != state || _record.Reason != reason)
        {
            _record = Measured() with { State = state, Reason = reason };
            _context.Session.Put(_record);
        }
    }

    // By a worker of the copy, one at a time, while nothing else changes the record.
    private void Save()
    {
        if (Engine.Time.GetElapsedTime(_saved) >= SyncOptions.Transfer.Save)
        {
            _saved = Engine.Time.GetTimestamp();
            _record = Measured();
            _context.Session.Refresh(_record);
        }
    }

    private MachineTaskRecord Measured() => _record with
    {
        PointTimeUtc = Point.TimeUtc,
        ReadBytes = Copy.ReadBytes,
        TransferredBytes = Copy.StoredBytes,
        ClonedBytes = Copy.ClonedBytes,
        ReusedBytes = Copy.ReusedBytes,
        DoneBytes = Copy.DoneBytes,
        TotalBytes = Copy.TotalBytes,
        Bottleneck = Bottlenecks.Of(Copy),
    };
}
