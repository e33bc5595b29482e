using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Running.Service;

namespace BackupCopy.Tests.Running;

/// <summary>A service beside the times of its jobs: its lock, end, catalog, and what it costs.</summary>
public sealed class ServiceTests : IAsyncDisposable
{
    private static readonly JobSchedule s_daily = new() { Every = TimeSpan.FromDays(1) };

    private readonly ServiceLab _lab = new();

    private string Catalog => _lab.Engines.PathOf("catalog.db");

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Fact]
    public async Task Second_service_of_a_catalog_is_refused_and_told_who_runs_it()
    {
        await _lab.StartAsync();
        var error = await Assert.ThrowsAsync<BackupCopyException>(
            () => _lab.Engines.Engine.Service.RunAsync(new ServiceOptions(), default));
        Assert.Equal(ErrorCode.ServiceRunning, error.Code);
        Assert.Contains($"process {Environment.ProcessId} on", error.Message, StringComparison.Ordinal);
        Assert.True(_lab.Engines.Engine.Service.IsRunning);
        await _lab.StopAsync();
        Assert.False(_lab.Engines.Engine.Service.IsRunning);
        using var second = new CancellationTokenSource();
        var running = _lab.Engines.Engine.Service.RunAsync(
            new ServiceOptions { Sleeping = (_, _) => second.Cancel() }, second.Token);
        await running;
    }

    [Fact]
    public async Task Stopped_service_ends_its_sessions_and_the_next_one_continues_the_interval()
    {
        _lab.Schedule(s_daily);
        await _lab.ImportAsync();
        var writer = _lab.Engines.HoldUnfinished("web01");
        var starting = _lab.StartAsync();
        await _lab.Engines.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        await _lab.StopAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => starting);

        var stopped = Assert.Single(_lab.Ended);
        Assert.Equal((SessionResult.Stopped, SyncPhase.Synchronizing), (stopped.Result, stopped.Phase));
        Assert.StartsWith("Stopped with its service", stopped.Reason, StringComparison.Ordinal);
        Assert.Equal([SessionEventId.ServiceStarted, SessionEventId.ServiceStopped], _lab.Told);
        var interval = _lab.Run.Interval;
        Assert.True(_lab.Run.IsOpen);

        writer.Dispose();
        _lab.Clock.Advance(TimeSpan.FromHours(1));
        await _lab.StartAsync();
        Assert.Equal(SessionResult.Success, _lab.Ended[1].Result);
        Assert.Equal((interval, false), (_lab.Run.Interval, _lab.Run.IsOpen));
    }

    [Fact]
    public async Task Catalog_that_is_moved_away_is_told_once_and_the_service_goes_on_when_it_is_back()
    {
        _lab.Schedule(s_daily);
        await _lab.ImportAsync();
        await _lab.StartAsync(new ServiceOptions { Poll = TimeSpan.FromMinutes(1) });
        File.Move(Catalog, Catalog + ".away");
        var sleeps = _lab.Sleeps;
        await _lab.PassAsync(TimeSpan.FromHours(3));
        Assert.Equal(ErrorCode.CatalogUnavailable, Assert.Single(_lab.Troubles).Code);
        Assert.InRange(_lab.Sleeps - sleeps, 1, 3 * 60 + 10);
        Assert.False(File.Exists(Catalog));

        File.Move(Catalog + ".away", Catalog);
        await _lab.ImportAsync();
        await _lab.PassToAsync(0, 1);
        Assert.Equal(
            ["01 22:00 Success", "02 01:01 Success", "03 00:00 Success"],
            _lab.Ended.Select(s => $"{s.StartTime.ToUniversalTime():dd HH:mm} {s.Result}"));
        File.Move(Catalog, Catalog + ".away");
        await _lab.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(2, _lab.Troubles.Count);
        File.Move(Catalog + ".away", Catalog);
    }

    [Fact]
    public async Task Catalog_that_is_moved_away_during_a_session_is_not_made_anew_and_the_session_continued()
    {
        _lab.Schedule(s_daily);
        await _lab.ImportAsync();
        await _lab.StartAsync(new ServiceOptions
        {
            Poll = TimeSpan.FromSeconds(10),
            Session = options => options with
            {
                EnteringPhase = phase =>
                {
                    if (phase == SyncPhase.Transforming && _lab.Troubles.Count == 0)
                    {
                        File.Move(Catalog, Catalog + ".away");
                    }
                },
            },
        });
        await _lab.PassAsync(TimeSpan.FromMinutes(2));
        Assert.False(File.Exists(Catalog));
        Assert.All(_lab.Troubles, t => Assert.Equal(ErrorCode.CatalogUnavailable, t.Code));
        Assert.Empty(_lab.Ended);

        File.Move(Catalog + ".away", Catalog);
        await _lab.PassAsync(TimeSpan.FromMinutes(20));
        var session = Assert.Single(_lab.Ended);
        Assert.Equal(SessionResult.Success, session.Result);
        Assert.Contains("interrupted in", session.Events[0].Text, StringComparison.Ordinal);
        Assert.Single(_lab.Engines.Points("Offsite"));
    }

    [Fact]
    public async Task Catalog_that_is_damaged_is_looked_at_less_and_less_often()
    {
        _lab.Schedule(s_daily);
        await _lab.StartAsync(new ServiceOptions { Poll = TimeSpan.FromSeconds(10) });
        var whole = await File.ReadAllBytesAsync(Catalog);
        await File.WriteAllBytesAsync(Catalog, whole[..9000]);
        await _lab.PassAsync(TimeSpan.FromMinutes(1));
        var opened = _lab.Storage.OpenedFiles;
        await _lab.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(ErrorCode.CatalogDamaged, Assert.Single(_lab.Troubles).Code);
        Assert.InRange(_lab.Storage.OpenedFiles - opened, 1, 20 * 5);
        await File.WriteAllBytesAsync(Catalog, whole);
        await _lab.PassAsync(TimeSpan.FromMinutes(6));
        await _lab.ImportAsync();
        await _lab.PassToAsync(0, 1);
        Assert.Equal(SessionResult.Success, _lab.Ended[^1].Result);
    }

    [Fact]
    public async Task Idle_service_opens_nothing()
    {
        _lab.Schedule(s_daily);
        await _lab.ImportAsync();
        _lab.Engine.Service.Duties.AddRange(ServiceDuties.Of(_lab.Engine));
        await _lab.StartAsync(new ServiceOptions { Poll = TimeSpan.FromSeconds(10) });

        // A change this young could hide another; it is read again until it is older than a second.
        var changed = File.GetLastWriteTimeUtc(Catalog);
        await _lab.WaitAsync(() => DateTime.UtcNow - changed > TimeSpan.FromSeconds(2));
        await _lab.PassAsync(TimeSpan.FromMinutes(3));
        var (opened, sleeps) = (_lab.Storage.OpenedFiles, _lab.Sleeps);
        await _lab.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(0, _lab.Storage.OpenedFiles - opened);
        // One look every 10 seconds, and what its duties wake it for every minute.
        Assert.InRange(_lab.Sleeps - sleeps, 1, 361 + 4 * 60);
    }

    [Fact]
    public async Task Duty_that_fails_is_told_once_and_ends_nothing()
    {
        var runs = 0;
        _lab.Engine.Service.Duties.Add(new ServiceDuty("counting", TimeSpan.FromMinutes(10), (_, _) =>
        {
            runs++;
            throw runs % 2 == 0 ? new InvalidOperationException("Odd.") : new BackupCopyException(
                ErrorCode.MailFailed, "No route.", "Wait.");
        }));
        await _lab.StartAsync();
        await _lab.PassAsync(TimeSpan.FromMinutes(21));
        Assert.Equal(3, runs);
        Assert.Equal(
            ["While counting: No route.", "While counting: InvalidOperationException: Odd.",
                "While counting: No route."],
            _lab.Troubles.Select(t => t.Message));
    }

    [Fact]
    public async Task Same_trouble_is_told_again_only_after_it_was_over()
    {
        var fails = true;
        _lab.Engine.Service.Duties.Add(new ServiceDuty("mailing", TimeSpan.FromMinutes(1), (_, _) => fails
            ? throw new BackupCopyException(ErrorCode.MailFailed, "No route.", "Wait.")
            : Task.CompletedTask));
        await _lab.StartAsync();
        await _lab.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Single(_lab.Troubles);
        fails = false;
        await _lab.PassAsync(TimeSpan.FromMinutes(2));
        fails = true;
        await _lab.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(2, _lab.Troubles.Count);
    }

    [Fact]
    public async Task Jobs_can_be_chosen_by_name()
    {
        _lab.Schedule(s_daily);
        await _lab.ImportAsync();
        await _lab.StartAsync(new ServiceOptions { Jobs = ["Week*"], Poll = TimeSpan.FromHours(1) });
        await _lab.PassAsync(TimeSpan.FromDays(2));
        Assert.Empty(_lab.Ended);
    }

    [Fact]
    public async Task Tasks_of_all_sessions_share_one_limit_that_can_be_changed()
    {
        var limit = new TaskLimit();
        limit.Set(1);
        await limit.Slots.WaitAsync(TestContext.Current.CancellationToken);
        var second = limit.Slots.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        limit.Set(2);
        await second;
        limit.Set(1);
        limit.Slots.Release();
        limit.Slots.Release();
        Assert.Equal(1, limit.Slots.CurrentCount);
        limit.Set(0);
        Assert.Equal(4096, limit.Slots.CurrentCount);
    }

    [Fact]
    public async Task Two_jobs_of_a_service_with_one_task_copy_one_machine_at_a_time()
    {
        await _lab.ImportAsync();
        await _lab.ImportAsync("db01");
        _lab.Schedule(s_daily);
        _lab.Engine.Jobs.Create(
            new JobSettings { Name = "Second", Sources = ["Primary"], Target = "Offsite" });
        _lab.Schedule(s_daily, "Second");
        _lab.Engine.Catalog.UpdateGlobalSettings(s => s with { MaxTasks = 1 });
        var (writing, most, gate) = (new HashSet<string>(), 0, new Lock());
        _lab.Before = (operation, path) =>
        {
            if (path.EndsWith(".bcblocks", StringComparison.Ordinal)
                && path.StartsWith(_lab.Engines.PathOf("Offsite"), StringComparison.Ordinal))
            {
                lock (gate)
                {
                    writing.Add(Path.GetDirectoryName(path)!);
                    most = Math.Max(most, writing.Count);
                }
            }
            else if (operation == "rename" && path.EndsWith(".bcpoint", StringComparison.Ordinal))
            {
                lock (gate)
                {
                    writing.Remove(Path.GetDirectoryName(path)!);
                }
            }
        };
        await _lab.StartAsync();
        Assert.Equal([SessionResult.Success, SessionResult.Success], _lab.Ended.Select(s => s.Result));
        Assert.Equal(4, _lab.Ended.Sum(s => s.MachineCount));
        Assert.Equal(1, most);
    }
}
