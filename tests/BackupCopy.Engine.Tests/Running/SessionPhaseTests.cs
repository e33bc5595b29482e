using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

/// <summary>A session's way through its phases, and what it says of it.</summary>
public sealed class SessionPhaseTests : IDisposable
{
    private readonly EngineLab _lab = new();

    // The time of the lab's clock as an admin reads it.
    private string Start => $"{_lab.Clock.GetUtcNow().LocalDateTime:yyyy-MM-dd HH:mm:ss}";

    public static TheoryData<SyncPhase> Phases => [.. Enum.GetValues<SyncPhase>().SkipLast(1)];

    [Fact]
    public async Task Session_goes_through_every_phase_in_order_and_says_what_it_did()
    {
        await PrepareAsync("web01");
        var entered = new List<SyncPhase>();
        var session = await _lab.SyncAsync(new SyncOptions { EnteringPhase = entered.Add });
        Assert.Equal(Enum.GetValues<SyncPhase>().SkipLast(1), entered);
        Assert.Equal(SyncPhase.Idle, session.Phase);
        Assert.Equal(
            [
                (SyncPhase.PreJob, "", "No script is set."),
                (SyncPhase.HealthCheck, "", "No health check is scheduled."),
                (SyncPhase.Synchronizing, "", "Looking for newer restore points."),
                (SyncPhase.Synchronizing, "web01", $"Copied the restore point of {Start}. Full."),
                (SyncPhase.Synchronizing, "", "1 of 1 machines have their newest restore point."),
                (SyncPhase.Transforming, "", "Retention: 7 points."),
                (SyncPhase.Compacting, "", "Compacting is not scheduled."),
                (SyncPhase.PostJob, "", "No script is set."),
            ],
            session.Events.Select(e => (e.Phase, e.Machine, e.Text)));
        Assert.All(session.Events, e => Assert.Equal(EventLevel.Info, e.Level));
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public async Task Stop_in_any_phase_ends_the_session_there_and_the_next_one_continues_it(SyncPhase phase)
    {
        await PrepareAsync("web01");
        using var stop = new CancellationTokenSource();
        var entered = new List<SyncPhase>();
        var stopped = await _lab.SyncAsync(
            new SyncOptions
            {
                EnteringPhase = entering =>
                {
                    entered.Add(entering);
                    if (entering == phase)
                    {
                        stop.Cancel();
                    }
                },
            },
            stop.Token);
        Assert.Equal((SessionResult.Stopped, phase), (stopped.Result, stopped.Phase));
        Assert.NotNull(stopped.EndTime);
        Assert.Equal(phase, entered[^1]);
        Assert.StartsWith("Stopped by its user", stopped.Events[^1].Text, StringComparison.Ordinal);

        var next = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, SyncPhase.Idle), (next.Result, next.Phase));
        Assert.Equal(
            $"The session of {Start} was stopped in {phase}; this one continues it.",
            next.Events[0].Text);
        Assert.Single(_lab.Points("Offsite"));
    }

    [Fact]
    public async Task Failed_machine_is_an_error_among_the_events_and_the_later_phases_run()
    {
        await _lab.ImportAsync("good", _lab.NewImage("good.img", 1_000_000, 1));
        EngineLab.Damage(await _lab.ImportAsync("bad", _lab.NewImage("bad.img", 1_000_000, 2)));
        _lab.NewJob();
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Failed, session.Result);
        Assert.Equal("bad", Assert.Single(session.Events, e => e.Level == EventLevel.Error).Machine);
        Assert.Contains(session.Events, e => e.Text == "1 of 2 machines have their newest restore point.");
        Assert.Equal(SyncPhase.PostJob, session.Events[^1].Phase);
        Assert.DoesNotContain((await _lab.SyncAsync()).Events, e => e.Text.Contains("continues"));
    }

    [Fact]
    public async Task Expired_wait_leads_on_to_the_later_phases()
    {
        await PrepareAsync("web01");
        using var writer = _lab.HoldUnfinished("web01");
        var session = await _lab.SyncAsync(new SyncOptions { Wait = TimeSpan.Zero });
        Assert.Equal(SessionResult.Warning, session.Result);
        Assert.Equal("web01", Assert.Single(session.Events, e => e.Level == EventLevel.Warning).Machine);
        Assert.Equal(SyncPhase.PostJob, session.Events[^1].Phase);
    }

    [Fact]
    public async Task Target_that_cannot_be_opened_leads_on_to_what_follows_the_job()
    {
        await PrepareAsync("web01");
        Directory.Move(_lab.PathOf("Offsite"), _lab.PathOf("Elsewhere"));
        var entered = new List<SyncPhase>();
        var session = await _lab.SyncAsync(new SyncOptions { EnteringPhase = entered.Add });
        Assert.Equal(
            [SyncPhase.PreJob, SyncPhase.HealthCheck, SyncPhase.Synchronizing, SyncPhase.PostJob], entered);
        Assert.Equal((SessionResult.Failed, SyncPhase.Idle), (session.Result, session.Phase));
        Assert.StartsWith("RepositoryUnavailable: ", session.Reason, StringComparison.Ordinal);
        Assert.Equal(
            SyncPhase.Synchronizing, Assert.Single(session.Events, e => e.Level == EventLevel.Error).Phase);
        Directory.Move(_lab.PathOf("Elsewhere"), _lab.PathOf("Offsite"));
        Assert.Equal("No script is set.", (await _lab.SyncAsync()).Events[0].Text);
    }

    [Fact]
    public async Task Session_of_a_dead_process_is_ended_also_when_it_is_asked_for_by_its_id()
    {
        await PrepareAsync("web01");
        _lab.BeginDeadSession(_lab.Engine.Jobs.Get("Nightly"));
        var id = Assert.Single(_lab.Engine.Catalog.Sessions(new BackupCopy.Catalog.SessionQuery())).Id;
        var dead = _lab.Engine.Sessions.Get(id);
        Assert.Equal((SessionResult.Failed, SessionState.Completed), (dead.Result, dead.State));
        Assert.Equal("Interrupted in PreJob: its process ended without finishing it.", dead.Reason);
        Assert.Equal((EventLevel.Error, dead.Reason), (dead.Events[^1].Level, dead.Events[^1].Text));
    }

    public void Dispose() => _lab.Dispose();

    private async Task PrepareAsync(string machine)
    {
        await _lab.ImportAsync(machine, _lab.NewImage($"{machine}.img", 1_000_000, 1));
        _lab.NewJob();
    }
}
