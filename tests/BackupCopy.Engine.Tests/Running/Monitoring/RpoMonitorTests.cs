using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Running.Monitoring;
using BackupCopy.Tests.Running.Logging;

namespace BackupCopy.Tests.Running.Monitoring;

/// <summary>A job that warns after a day, and machines whose copies are late.</summary>
public sealed class RpoMonitorTests : IDisposable
{
    private readonly JumpingClock _clock = new();
    private readonly EngineLab _lab;

    public RpoMonitorTests() => _lab = new EngineLab(_clock);

    private JobDefinition Job => _lab.Engine.Job("Nightly");

    [Fact]
    public async Task Late_copy_is_warned_of_once_and_again_after_it_was_made()
    {
        await PrepareAsync("web01");
        await CopyAsync();
        await PointAsync("web01", afterHours: 1);
        Assert.Empty(Look(afterHours: 24));
        Assert.Equal(["web01 480"], Look(afterHours: 1));
        Assert.Empty(Look(afterHours: 1));
        await PointAsync("web01", afterHours: 24);
        Assert.Empty(Look(afterHours: 48));
        await CopyAsync();
        Assert.Empty(Look(afterHours: 100));
        await PointAsync("web01", afterHours: 1);
        Assert.Empty(Look(afterHours: 2));
        Assert.Equal(["web01 480"], Look(afterHours: 23));
        Assert.Empty(Look(afterHours: 1));
        var told = Sessions()[0].Events[^1];
        Assert.Equal((EventLevel.Warning, SyncPhase.Idle), (told.Level, told.Phase));
        Assert.Contains("and is not copied; the job warns after 1 day.", told.Text);
        Assert.Equal(2, LogLab.Entries(_lab.PathOf("")).Count(e => e.Id() == 480));
    }

    [Fact]
    public async Task Points_that_come_faster_than_the_warning_do_not_put_it_off()
    {
        await PrepareAsync("web01");
        await CopyAsync();
        var monitor = new RpoMonitor(_lab.Engine, Job.Id);
        for (var point = 0; point < 5; point++)
        {
            await PointAsync("web01", afterHours: 5);
            Assert.Empty(Look(afterHours: 0, point % 2 == 0 ? monitor : null));
        }

        // The first one is from 20 hours ago.
        Assert.Empty(Look(afterHours: 4, monitor));
        Assert.Equal(["web01 480"], Look(afterHours: 1, monitor));
    }

    [Fact]
    public async Task Machine_without_any_copy_is_told_in_the_log_while_the_job_has_no_session()
    {
        await PointAsync("web01");
        _clock.Advance(TimeSpan.FromDays(30));
        NewJob();
        Assert.Empty(Look(afterHours: 24));
        Assert.Empty(LogLab.Entries(_lab.PathOf("")));
        Assert.Empty(Look(afterHours: 1));
        Assert.Empty(Look(afterHours: 1));
        var told = Assert.Single(LogLab.Entries(_lab.PathOf("")));
        Assert.Equal(
            (481, "Warning", "web01", $"{Job.Id}"),
            (told.Id(), told.Text("level"), told.Text("machine"), told.Text("jobId")));
        Assert.StartsWith("Nightly: web01: The machine has no copy at all. ", told.Text());
    }

    [Fact]
    public async Task Each_machine_has_its_own_breach()
    {
        await PrepareAsync("db01", "web01");
        await CopyAsync();
        await PointAsync("web01", afterHours: 1);
        await PointAsync("db01", afterHours: 10);
        Assert.Equal(["web01 480"], Look(afterHours: 15));
        Assert.Equal(["db01 480"], Look(afterHours: 10));
        Assert.Empty(Look(afterHours: 1));
    }

    [Fact]
    public async Task Point_that_is_being_written_is_not_late_and_hides_none_that_is()
    {
        await PrepareAsync("web01");
        await CopyAsync();
        using (_lab.HoldUnfinished("web01"))
        {
            Assert.Empty(Look(afterHours: 100));
        }

        await PointAsync("web01", afterHours: 1);
        using (_lab.HoldUnfinished("web01"))
        {
            Assert.Equal(["web01 480"], Look(afterHours: 25));
        }
    }

    [Theory]
    [InlineData("Primary")]
    [InlineData("Offsite")]
    public async Task Repository_that_is_away_says_nothing(string repository)
    {
        await PrepareAsync("web01");
        await CopyAsync();
        await PointAsync("web01", afterHours: 1);
        Directory.Move(_lab.PathOf(repository), _lab.PathOf("Away"));
        Assert.Empty(Look(afterHours: 100));
        Directory.Move(_lab.PathOf("Away"), _lab.PathOf(repository));
        Assert.Equal(["web01 480"], Look(afterHours: 0));
    }

    [Fact]
    public async Task Clock_that_jumps_either_way_makes_no_second_warning()
    {
        await PrepareAsync("web01");
        await CopyAsync();
        await PointAsync("web01", afterHours: 1);
        Assert.Empty(Look(afterHours: -1000));
        Assert.Equal(["web01 480"], Look(afterHours: 2000));
        Assert.Empty(Look(afterHours: -2000));
        Assert.Empty(Look(afterHours: 3000));
        Assert.Empty(Look(afterHours: -1000));
    }

    [Fact]
    public async Task Session_in_which_a_copy_is_late_is_one_with_a_warning()
    {
        await PrepareAsync("web01");
        await CopyAsync();
        await PointAsync("web01", afterHours: 1);
        _clock.Advance(TimeSpan.FromHours(25));
        var session = new SessionLog(_lab.Engine, Job);
        session.Begin(() => null);
        var target = TargetBackup.Open(_lab.Engine, Job);
        var monitor = new RpoMonitor(_lab.Engine, Job.Id);
        var warned = new List<string>();
        Assert.Empty(Look(afterHours: 0));
        monitor.Look(session, target, warned.Add);
        monitor.Look(session, target, warned.Add, isEnd: true);
        var ended = session.End();
        Assert.Equal(SessionResult.Warning, ended.Result);
        Assert.StartsWith("web01: The restore point of ", Assert.Single(warned));
        Assert.Equal(warned[0], ended.Reason);
        Assert.Equal("web01", Assert.Single(ended.Events, e => e.Level == EventLevel.Warning).Machine);
        Assert.Empty(Look(afterHours: 1));
    }

    [Fact]
    public async Task It_looks_once_a_minute_at_most()
    {
        await PrepareAsync("web01");
        await CopyAsync();
        await PointAsync("web01", afterHours: 1);
        var monitor = new RpoMonitor(_lab.Engine, Job.Id);
        Assert.Empty(Events(monitor));
        _clock.Advance(TimeSpan.FromHours(100));
        Assert.Empty(Events(monitor));
        await Task.Delay(TimeSpan.FromSeconds(59), _clock, TestContext.Current.CancellationToken);
        Assert.Empty(Events(monitor));
        await Task.Delay(TimeSpan.FromSeconds(1), _clock, TestContext.Current.CancellationToken);
        Assert.Equal(["web01 480"], Events(monitor));
    }

    [Fact]
    public async Task Job_that_is_disabled_or_has_no_limit_is_not_watched()
    {
        await PrepareAsync("web01");
        _lab.Engine.Catalog.UpdateJob(Job.Id, job => job with { IsEnabled = false });
        Assert.Empty(Look(afterHours: 100));
        _lab.Engine.Catalog.UpdateJob(Job.Id, job => job with { IsEnabled = true, Reports = new() });
        Assert.Empty(Look(afterHours: 100));
        Assert.Empty(LogLab.Entries(_lab.PathOf("")));
    }

    [Fact]
    public async Task Machine_that_no_job_takes_is_told_once_until_a_job_has_had_it()
    {
        await PrepareAsync("web01");
        Select(new JobSelection { Machines = ["web*"], Exclude = ["scratch"] });
        await CopyAsync();
        await PointAsync("db01");
        await PointAsync("scratch");
        Assert.Equal(["db01 482"], Look(afterHours: 0));
        Assert.Empty(Look(afterHours: 0));
        Select(new JobSelection());
        Assert.Empty(Look(afterHours: 0));
        Select(new JobSelection { Machines = ["web*"] });
        Assert.Equal(["db01 482", "scratch 482"], Look(afterHours: 0));

        var other = Job with { Id = Guid.NewGuid(), Name = "Databases" };
        _lab.Engine.Catalog.AddJob(other with { Selection = new() { Machines = ["db*"] } });
        Directory.Move(_lab.PathOf("Primary"), _lab.PathOf("Away"));
        Assert.Empty(Look(afterHours: 0));
        Directory.Move(_lab.PathOf("Away"), _lab.PathOf("Primary"));
        Assert.Empty(Look(afterHours: 0));
        _lab.Engine.Catalog.RemoveJob(other.Id);
        Assert.Equal(["db01 482"], Look(afterHours: 0));
    }

    [Fact]
    public async Task Machine_that_only_another_jobs_selection_by_backup_takes_is_in_a_job()
    {
        await PrepareAsync("web01");
        await PointAsync("db01");
        await CopyAsync();
        Select(new JobSelection { Machines = ["web*"] });
        var other = Job with { Id = Guid.NewGuid(), Name = "Other", IsEnabled = false };
        _lab.Engine.Catalog.AddJob(other with { Selection = new() { FromJobs = ["Manual"] } });
        Assert.Empty(Look(afterHours: 0));
        _lab.Engine.Catalog.UpdateJob(
            other.Id, job => job with { Selection = new() { FromJobs = ["Something"] } });
        Assert.Equal(["db01 482"], Look(afterHours: 0));
    }

    public void Dispose() => _lab.Dispose();

    /// <summary>What one look tells that was not told before, as kept with the last session.</summary>
    private List<string> Look(int afterHours, RpoMonitor? monitor = null)
    {
        // A monitor looks once a minute; one of its own is what a restarted service has.
        _clock.Advance(TimeSpan.FromHours(afterHours));
        if (monitor is not null)
        {
            Task.Delay(TimeSpan.FromMinutes(1), _clock).GetAwaiter().GetResult();
            _clock.Advance(TimeSpan.FromMinutes(-1));
        }

        return Events(monitor ?? new RpoMonitor(_lab.Engine, Job.Id));
    }

    private List<string> Events(RpoMonitor monitor)
    {
        var before = Count();
        monitor.LookBetweenSessions();
        return [.. Sessions().SelectMany(s => s.Events).TakeLast(Count() - before)
            .Select(e => $"{e.Machine} {(int)e.Id}")];
    }

    private int Count() => Sessions().Sum(s => s.Events.Count);

    private IReadOnlyList<SessionRecord> Sessions() => _lab.Engine.Catalog.Sessions(
        new SessionQuery { Newest = 1 });

    private void Select(JobSelection selection) =>
        _lab.Engine.Catalog.UpdateJob(Job.Id, job => job with { Selection = selection });

    private async Task PrepareAsync(params string[] machines)
    {
        foreach (var machine in machines)
        {
            await PointAsync(machine);
        }

        NewJob();
    }

    private void NewJob()
    {
        _lab.NewJob();
        _lab.Engine.Catalog.UpdateJob(
            Job.Id, job => job with { Reports = new() { RpoWarning = TimeSpan.FromDays(1) } });
    }

    private async Task PointAsync(string machine, int afterHours = 0)
    {
        _clock.Advance(TimeSpan.FromHours(afterHours));
        var seed = machine.GetHashCode(StringComparison.Ordinal) ^ _clock.GetUtcNow().GetHashCode();
        await _lab.ImportAsync(machine, _lab.NewImage($"{machine}.img", 100_000, seed));
    }

    private async Task CopyAsync()
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
    }
}
