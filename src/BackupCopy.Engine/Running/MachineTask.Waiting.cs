using BackupCopy.Jobs;
using BackupCopy.Running.Transferring;

namespace BackupCopy.Running;

/// <content>What a task waits for, and how it ends when the interval does.</content>
internal sealed partial class MachineTask
{
    // Whoever sets the system's clock moves the window; nobody waits past it for longer.
    private static readonly TimeSpan s_longestSleep = TimeSpan.FromSeconds(30);

    private async Task WaitForWindowAsync(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (_window.Now().IsOpen)
        {
            return;
        }

        Slot?.Release();
        while (_window.Now() is { IsOpen: false } closed)
        {
            var text = WindowWatch.Text(closed);
            _context.Session.WindowClosed(text);
            Show(SessionState.WaitingForWindow, text);
            var left = (closed.UntilUtc ?? DateTime.MaxValue) - Engine.NowUtc;
            await Task.Delay(
                TimeSpan.FromTicks(Math.Clamp(
                    left.Ticks, TimeSpan.TicksPerMillisecond, s_longestSleep.Ticks)),
                Engine.Time, stop);
        }

        _context.Session.WindowOpen();
    }

    // On a share a connection may be back before anybody looks. One that brought nothing further since the
    // last time is an error like others, and so is a disk of this machine that cannot read a sector.
    private bool IsShortCut(BackupCopyException error, RepositoryWatch repositories)
    {
        if (error.Code != ErrorCode.ConnectionLost || Copy.StoredBytes <= _storedWhenLost
            || !repositories.IsShared)
        {
            return false;
        }

        _storedWhenLost = Copy.StoredBytes;
        _context.Session.ConnectionLost(Point.Machine, error.Message);
        _context.Session.ConnectionBack(Point.Machine);
        return true;
    }

    /// <summary>Waits for a repository that is away; false when it stays away.</summary>
    private async Task<bool> IsBackAsync(
        RepositoryWatch repositories, BackupCopyException lost, CancellationToken stop)
    {
        var transfer = SyncOptions.Transfer;
        _context.Session.ConnectionLost(Point.Machine, lost.Message);
        Show(
            SessionState.WaitingForRepository,
            $"{lost.Message} It is looked for every {transfer.Look.TotalSeconds:0} s until "
            + $"{(Engine.NowUtc + transfer.GiveUpAfter).ToLocalText()}.");
        var since = Engine.Time.GetTimestamp();
        while (Engine.Time.GetElapsedTime(since) < transfer.GiveUpAfter)
        {
            await Task.Delay(transfer.Look, Engine.Time, stop);
            if (repositories.Lost() is null)
            {
                _context.Session.ConnectionBack(Point.Machine);
                return true;
            }
        }

        return false;
    }

    private void Expire()
    {
        var isClosed = _record.State == SessionState.WaitingForWindow;
        var code = isClosed ? ErrorCode.WindowClosed : ErrorCode.IntervalExpired;
        var why = _record.State is SessionState.Working ? "" : $" {_record.Reason}";
        if (!_transfer.HadPoint())
        {
            var reason = "The interval ended before the first full was complete; the full continues in the "
                + $"next interval.{why}";
            End(SessionResult.Warning, reason, error: code);
            SyncOptions.Warn?.Invoke($"{Point.Machine}: {reason}");
            return;
        }

        Fail(new BackupCopyException(
            code, $"The restore point of {Point.TimeUtc.ToLocalText()} was not transferred within the "
            + $"interval.{why}",
            "The next interval sends only what is missing; lengthen the interval, the window or the rate if "
            + "this happens again."));
    }

    private static string Activity(SessionState state) => state switch
    {
        SessionState.WaitingForLock => "Waiting for the chain",
        SessionState.WaitingForWindow => "Waiting for the window",
        SessionState.WaitingForRepository => "Waiting for the repository",
        SessionState.WaitingForRetry => "Waiting to try again",
        _ => "Copying",
    };
}
