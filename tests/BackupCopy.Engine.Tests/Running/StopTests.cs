using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

/// <summary>Sessions that are to end early, and those who wait for their end.</summary>
public sealed class StopTests : IDisposable
{
    private static readonly SyncOptions s_options = new()
    {
        Poll = TimeSpan.FromMilliseconds(10),
        StopPoll = TimeSpan.FromMilliseconds(10),
        Trigger = SessionTrigger.Schedule,
    };

    private readonly EngineLab _lab = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private JobDefinition Job => _lab.Engine.Job("Nightly");

    private JobRun Run => _lab.Engine.Catalog.Run(Job.Id);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Stop_from_another_process_ends_the_session_and_its_interval()
    {
        using var writer = await PrepareAsync();
        var syncing = _lab.SyncAsync(s_options, Cancellation);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        Assert.True(Run.IsOpen);

        var asked = new Engine(_lab.PathOf("catalog.db"), _lab.Clock).Sessions.Stop("Nightly");
        var session = await syncing;
        Assert.Equal(session.Id, asked!.Id);
        Assert.Equal((SessionResult.Stopped, SyncPhase.Synchronizing), (session.Result, session.Phase));
        Assert.StartsWith("Stopped by its user", session.Reason, StringComparison.Ordinal);
        var told = Assert.Single(session.Events, e => e.Text.StartsWith("Asked to stop now by ", 0));
        Assert.Contains($"{Environment.UserName}, process {Environment.ProcessId}", told.Text, 0);
        Assert.False(Run.IsOpen);
        Assert.Null(_lab.Engine.Catalog.StopRequestOf(Job.Id));
        Assert.Single(_lab.Points("Offsite"));
    }

    [Fact]
    public async Task Stop_after_the_current_machines_finishes_those_and_begins_no_other()
    {
        foreach (var (seed, machine) in "abc".Index())
        {
            await _lab.ImportAsync($"{machine}", _lab.NewImage($"{machine}", 4 << 20, seed));
        }

        _lab.NewJob();
        _lab.Engine.Catalog.UpdateJob(Job.Id, known => known with { Parallel = 1 });
        using var asked = new ManualResetEventSlim();
        using var reached = new ManualResetEventSlim();
        var engine = _lab.Hooked((operation, path) =>
        {
            if (operation == "write" && path.EndsWith(".bcblocks", StringComparison.Ordinal) && !asked.IsSet)
            {
                reached.Set();
                asked.Wait(Cancellation);
            }
        });
        var syncing = Task.Run(
            () => engine.Jobs.SyncAsync("Nightly", s_options, null, Cancellation), Cancellation);
        await Task.Run(() => reached.Wait(Cancellation), Cancellation);
        Assert.NotNull(_lab.Engine.Sessions.Stop("Nightly", afterCurrentMachines: true));
        await _lab.WaitForStateAsync(SessionState.Stopping);
        asked.Set();
        var session = await syncing;
        Assert.Equal((SessionResult.Stopped, SyncPhase.Synchronizing), (session.Result, session.Phase));
        Assert.StartsWith("Stopped by its user after the machines", session.Reason, StringComparison.Ordinal);
        Assert.Equal(
            SessionResult.Success, Assert.Single(session.Machines, m => m.TargetSequence > 0).Result);
        Assert.Single(_lab.Points("Offsite"));

        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync(s_options, Cancellation)).Result);
        Assert.Equal(3, _lab.Points("Offsite").Count);
    }

    [Fact]
    public async Task Stop_now_beats_one_after_the_current_machines_and_is_not_taken_back_by_it()
    {
        using var writer = await PrepareAsync();
        var syncing = _lab.SyncAsync(
            s_options with { StopPoll = TimeSpan.FromHours(1) }, Cancellation);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        _lab.Engine.Sessions.Stop("Nightly", afterCurrentMachines: true);
        Assert.True(_lab.Engine.Catalog.StopRequestOf(Job.Id)!.AfterCurrentMachines);
        _lab.Engine.Sessions.Stop("Nightly");
        _lab.Engine.Sessions.Stop("Nightly", afterCurrentMachines: true);
        Assert.False(_lab.Engine.Catalog.StopRequestOf(Job.Id)!.AfterCurrentMachines);
        writer.Dispose();
        await syncing;
        Assert.Null(_lab.Engine.Catalog.StopRequestOf(Job.Id));
    }

    [Fact]
    public async Task Job_that_is_disabled_is_stopped_and_its_interval_continued_once_it_is_enabled()
    {
        using var writer = await PrepareAsync();
        var syncing = _lab.SyncAsync(s_options, Cancellation);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        _lab.Engine.Catalog.UpdateJob(Job.Id, known => known with { IsEnabled = false });
        var session = await syncing;
        Assert.Equal(SessionResult.Stopped, session.Result);
        Assert.StartsWith("Stopped because the job was disabled", session.Reason, StringComparison.Ordinal);
        Assert.True(Run.IsOpen);
    }

    [Fact]
    public async Task Job_that_does_not_run_cannot_be_stopped_and_nothing_is_stored()
    {
        using (await PrepareAsync())
        {
            Assert.Null(_lab.Engine.Sessions.Stop("Nightly"));
            _lab.BeginDeadSession(_lab.Engine.Jobs.Get("Nightly"));
            Assert.Null(_lab.Engine.Sessions.Stop("Nightly"));
        }

        Assert.Null(_lab.Engine.Catalog.StopRequestOf(Job.Id));
        Assert.Throws<BackupCopyException>(() => _lab.Engine.Sessions.Stop("none"));
    }

    [Fact]
    public async Task Request_to_an_earlier_session_stops_no_later_one()
    {
        using var writer = await PrepareAsync();
        var syncing = _lab.SyncAsync(s_options with { StopPoll = TimeSpan.FromHours(1) }, Cancellation);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        _lab.Engine.Sessions.Stop("Nightly");
        var request = _lab.Engine.Catalog.StopRequestOf(Job.Id)!;
        writer.Dispose();
        var first = await syncing;
        Assert.False(_lab.Engine.Catalog.AskToStop(request));

        // The point that was waited for was given up; nobody stopped the session.
        Assert.Equal(SessionResult.Warning, first.Result);
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync(s_options, Cancellation)).Result);
    }

    [Fact]
    public async Task Waiting_tells_each_session_that_ended_and_nothing_where_none_runs()
    {
        using var writer = await PrepareAsync();
        Assert.Empty(await WaitAsync(null));
        var syncing = _lab.SyncAsync(s_options, Cancellation);
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        var timedOut = await Assert.ThrowsAsync<BackupCopyException>(() => WaitAsync(TimeSpan.Zero));
        Assert.Equal(ErrorCode.WaitTimedOut, timedOut.Code);
        Assert.Contains("Nightly still runs", timedOut.Message, StringComparison.Ordinal);
        var waiting = WaitAsync(null);
        writer.Dispose();
        var session = await syncing;
        Assert.Equal(session.Id, Assert.Single(await waiting).Id);
    }

    private async Task<List<SessionInfo>> WaitAsync(TimeSpan? limit)
    {
        var ended = new List<SessionInfo>();
        await foreach (var session in _lab.Engine.Sessions.WaitAsync(["Nightly"], limit, Cancellation))
        {
            ended.Add(session);
        }

        return ended;
    }

    // One machine that is copied at once, and one that is waited for until the result is disposed.
    private async Task<IDisposable> PrepareAsync()
    {
        await _lab.ImportAsync("web01", _lab.NewImage("web01.img", 600_000, 1));
        _lab.NewJob();
        return _lab.HoldUnfinished("web02");
    }
}
