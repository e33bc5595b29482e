using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <summary>
/// Notices, while a session runs, that it is to end early: by the token of whoever runs it, by a request that
/// somebody stored in the catalog from whatever process, or because its job was disabled.
/// </summary>
internal sealed class SessionStop : IAsyncDisposable
{
    private readonly Engine _engine;
    private readonly JobDefinition _job;
    private readonly SessionLog _session;
    private readonly SyncOptions _options;
    private readonly CancellationTokenSource _now;
    private readonly CancellationTokenSource _noMoreMachines = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _watching;
    private volatile Cause _cause;

    /// <param name="runner">The token of whoever runs the session.</param>
    public SessionStop(
        Engine engine, JobDefinition job, SessionLog session, SyncOptions options, CancellationToken runner)
    {
        _engine = engine;
        _job = job;
        _session = session;
        _options = options;
        _now = CancellationTokenSource.CreateLinkedTokenSource(runner);
        _watching = WatchAsync();
    }

    private enum Cause
    {
        Runner,
        Disabled,
        UserAfterMachines,
        User,
    }

    /// <summary>Cancelled when the session is to end at once.</summary>
    public CancellationToken Now => _now.Token;

    /// <summary>Cancelled when no further machine is to be begun.</summary>
    public CancellationToken NoMoreMachines => _noMoreMachines.Token;

    /// <summary>
    /// Whether the interval is over with the session: its user does not want more of it. After the end of a
    /// service, or once a job is enabled again, it is continued.
    /// </summary>
    public bool EndsInterval => _cause switch
    {
        Cause.Disabled => false,
        Cause.Runner => _options.Trigger == SessionTrigger.Manual,
        _ => true,
    };

    public string Reason => _cause switch
    {
        Cause.Disabled =>
            "Stopped because the job was disabled; once it is enabled the next sync goes on from there.",
        Cause.UserAfterMachines =>
            "Stopped by its user after the machines that were being copied; the next sync goes on from "
            + "there.",
        Cause.Runner when !EndsInterval => "Stopped with its service; the next one goes on from there.",
        _ => "Stopped by its user; the next sync goes on from there.",
    };

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _watching;
        _now.Dispose();
        _noMoreMachines.Dispose();
        _ended.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(_options.StopPoll, _engine.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                await LookAsync(_engine.StopBoard.Look(_options.StopPoll / 2));
            }
        }
        catch (OperationCanceledException)
        {
            // The session has ended.
        }
    }

    private async Task LookAsync(StopOrders orders)
    {
        if (_now.IsCancellationRequested)
        {
            return;
        }

        if (orders.RequestByJobId.TryGetValue(_job.Id, out var request)
            && request.SessionId == _session.Record.Id)
        {
            var after = request.AfterCurrentMachines;
            if (!after || !_noMoreMachines.IsCancellationRequested)
            {
                _cause = after ? Cause.UserAfterMachines : Cause.User;
                Tell($"Asked to stop {(after ? "after the current machines" : "now")} by {request.AskedBy}.");
                await (after ? _noMoreMachines : _now).CancelAsync();
            }
        }

        if (orders.DisabledJobIds.Contains(_job.Id) && !_now.IsCancellationRequested)
        {
            _cause = Cause.Disabled;
            Tell("The job was disabled.");
            await _now.CancelAsync();
        }
    }

    private void Tell(string text)
    {
        try
        {
            _session.StopAsked(text);
        }
        catch (BackupCopyException)
        {
            // It ends all the same, and its end says why.
        }
    }
}
