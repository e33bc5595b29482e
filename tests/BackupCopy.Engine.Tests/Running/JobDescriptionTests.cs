using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

/// <summary>
/// What a job and its sessions show of schedule, window and waiting. It is 22:00 UTC, a Sunday.
/// </summary>
public sealed class JobDescriptionTests : IDisposable
{
    private readonly EngineLab _lab = new();

    public void Dispose() => _lab.Dispose();

    private DateTime Now => _lab.Clock.GetUtcNow().UtcDateTime;

    private JobInfo Job => _lab.Engine.Jobs.Get("Nightly");

    [Fact]
    public async Task Next_run_is_now_before_the_first_and_then_the_end_of_the_interval()
    {
        NewJob(new() { Every = TimeSpan.FromDays(1), At = "23:00" });
        Assert.Equal(Now, Job.NextRun?.ToUniversalTime());

        await _lab.SyncAsync();
        Assert.Equal(Now.AddHours(1), Job.NextRun?.ToUniversalTime());

        Set(new() { Every = TimeSpan.FromHours(4) });
        Assert.Equal(Now.AddHours(4), Job.NextRun?.ToUniversalTime());
        _lab.Clock.Advance(TimeSpan.FromHours(3));
        Assert.Equal(Now.AddHours(1), Job.NextRun?.ToUniversalTime());
        _lab.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(Now.AddHours(-1), Job.NextRun?.ToUniversalTime());
    }

    [Fact]
    public async Task There_is_no_next_run_by_hand_immediate_or_disabled()
    {
        NewJob(new());
        Assert.Null(Job.NextRun);
        Set(new() { Mode = JobMode.Immediate });
        Assert.Null(Job.NextRun);
        Set(new() { Mode = JobMode.Periodic, Every = TimeSpan.FromHours(1) });
        Assert.NotNull(Job.NextRun);

        var disabled = _lab.Engine.Jobs.Enable("nightly", false);

        Assert.Equal((false, JobState.Disabled), (disabled.IsEnabled, disabled.State));
        Assert.Null(disabled.NextRun);
        var refused = await Assert.ThrowsAsync<BackupCopyException>(() => _lab.SyncAsync());
        Assert.Equal(ErrorCode.JobDisabled, refused.Code);
        Assert.Equal(JobState.Idle, _lab.Engine.Jobs.Enable("Nightly", true).State);
    }

    [Fact]
    public void A_job_is_disabled_also_while_its_target_is_away()
    {
        NewJob(new());
        Directory.Move(_lab.PathOf("Offsite"), _lab.PathOf("away"));

        Assert.False(_lab.Engine.Jobs.Enable("Nightly", false).IsEnabled);
    }

    [Theory]
    [InlineData("", "", "open")]
    [InlineData("Sun 20:00-23:00", "", "open until 2026-11-01 23:00")]
    [InlineData("Sun 20:00-23:00 at 20MB/s", "", "open at 20MB/s until 2026-11-01 23:00")]
    [InlineData("Mon 06:00-07:00", "", "closed until 2026-11-02 06:00")]
    [InlineData("", "22:00-22:01", "closed until 2026-11-01 22:01")]
    public void The_window_is_told_with_its_end(string allow, string deny, string expected)
    {
        NewJob(new() { Allow = [allow], Deny = [deny] });

        var local = expected.Split(" until ") is [var state, var until]
            ? $"{state} until {DateTime.SpecifyKind(DateTime.Parse(until), DateTimeKind.Utc).ToLocalText()}"
            : expected;
        Assert.Equal(local, Job.CurrentWindow);
    }

    [Theory]
    [InlineData(SessionState.WaitingForWindow, JobState.WaitingForWindow)]
    [InlineData(SessionState.WaitingForLock, JobState.WaitingForLock)]
    [InlineData(SessionState.WaitingForRestorePoint, JobState.WaitingForRestorePoint)]
    [InlineData(SessionState.WaitingForRepository, JobState.WaitingForRepository)]
    [InlineData(SessionState.Stopping, JobState.Running)]
    public async Task A_job_that_runs_shows_what_it_waits_for(SessionState state, JobState expected)
    {
        await ImportAsync("web01");
        NewJob(new() { Every = TimeSpan.FromDays(1), At = "23:00" });
        JobInfo? seen = null;
        await _lab.SyncAsync(At(SyncPhase.Synchronizing, running =>
        {
            _lab.Engine.Catalog.SaveSession(running with { State = state });
            _lab.Engine.Jobs.Enable("Nightly", false);
            seen = Job;
            _lab.Engine.Jobs.Enable("Nightly", true);
            Assert.Equal(Now.AddHours(1), Job.NextRun?.ToUniversalTime());
        }));

        Assert.Equal((expected, false), (seen!.State, seen.IsEnabled));
    }

    [Fact]
    public async Task A_session_waits_when_all_its_machines_at_work_wait()
    {
        await ImportAsync("web01");
        NewJob(new());
        await _lab.SyncAsync(At(SyncPhase.Synchronizing, running =>
        {
            var done = Machine(SessionState.Completed) with { EndUtc = Now, Result = SessionResult.Success };
            var waiting = Machine(SessionState.WaitingForWindow);
            Save(running, done, waiting, waiting);
            Assert.Equal(SessionState.WaitingForWindow, Running.State);
            Assert.Equal(JobState.WaitingForWindow, Job.State);

            Save(running, done, waiting, Machine(SessionState.Working));
            Assert.Equal(SessionState.Working, Running.State);

            Save(running, done);
            Assert.Equal(SessionState.Working, Running.State);
        }));
    }

    [Fact]
    public void A_machine_at_work_tells_how_far_it_is_and_when_it_will_be_done()
    {
        var start = Now;
        _lab.Clock.Advance(TimeSpan.FromMinutes(10));
        var working = Machine(SessionState.Working) with
        {
            StartUtc = start,
            DoneBytes = 1 << 30,
            TotalBytes = 4L << 30,
            Attempts = 3,
            Bottleneck = Bottleneck.Target,
        };

        var shown = Shown(working);
        Assert.Equal((25, Now.AddMinutes(30)), (shown.PercentComplete, shown.Eta?.ToUniversalTime()));
        Assert.Equal((3, Bottleneck.Target), (shown.Attempts, shown.Bottleneck));
        Assert.Null(Shown(working with { DoneBytes = 0 }).Eta);
        Assert.Null(Shown(working with { TotalBytes = 0 }).Eta);
        Assert.Null(Shown(working with { EndUtc = Now }).Eta);
        Assert.Null(Shown(working with { DoneBytes = 1, TotalBytes = long.MaxValue }).Eta);
        var done = working with { Result = SessionResult.Success, EndUtc = Now };
        Assert.Equal(100, Shown(done).PercentComplete);
    }

    [Fact]
    public async Task A_session_tells_its_interval_counts_and_events_by_number()
    {
        await ImportAsync("web01");
        NewJob(new() { Every = TimeSpan.FromHours(6) });

        var session = await _lab.SyncAsync();

        Assert.Equal(
            (SessionTrigger.Manual, Now, Now.AddHours(6)),
            (session.Trigger, session.IntervalStart?.ToUniversalTime(),
                session.IntervalEnd?.ToUniversalTime()));
        Assert.Equal((1, 0, 0), (session.SuccessCount, session.WarningCount, session.FailedCount));
        Assert.NotEmpty(session.Events);
        Assert.All(session.Events, happened =>
        {
            Assert.Equal(((SessionEventId)happened.Id).ToString(), happened.Name);
            Assert.Equal((session.Job, session.Id), (happened.Job, happened.SessionId));
        });
    }

    private SessionInfo Running => _lab.Engine.Sessions.List(running: true).Single();

    private SyncOptions At(SyncPhase phase, Action<SessionRecord> then) => new()
    {
        EnteringPhase = entered =>
        {
            if (entered == phase)
            {
                then(_lab.Engine.Catalog.FindSession(Running.Id)!);
            }
        },
    };

    private void Save(SessionRecord session, params MachineTaskRecord[] tasks) =>
        _lab.Engine.Catalog.SaveSession(session with { Tasks = tasks });

    private MachineTaskRecord Machine(SessionState state) => new()
    {
        MachineId = Guid.NewGuid(),
        Machine = "web01",
        State = state,
        Result = SessionResult.None,
        StartUtc = Now,
    };

    private MachineTaskInfo Shown(MachineTaskRecord task) => SessionInfo.From(
        new SessionRecord
        {
            Id = Guid.NewGuid(),
            JobId = Guid.NewGuid(),
            JobName = "Nightly",
            State = SessionState.Working,
            Result = SessionResult.None,
            StartUtc = task.StartUtc,
            Runner = "test",
            Tasks = [task],
        },
        Now).Machines[0];

    private Task<RestorePointInfo> ImportAsync(string machine) =>
        _lab.ImportAsync(machine, _lab.NewImage($"{machine}.img", 300_000, 1));

    private void NewJob(ControlSettings control) => _lab.Engine.Jobs.Create(new JobSettings
    {
        Name = "Nightly",
        Sources = ["Primary"],
        Target = "Offsite",
        Control = control,
        Retention = new() { TimeZone = "UTC" },
    });

    private void Set(ControlSettings control) =>
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Control = control });
}
