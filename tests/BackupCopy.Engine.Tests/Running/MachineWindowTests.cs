using BackupCopy.Chains;
using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running;

/// <summary>A machine whose window closes, and one whose interval ends, while it is transferred.</summary>
public sealed class MachineWindowTests : IDisposable
{
    // The clock starts on a Sunday at 22:00 UTC, and an hour later with each import.
    private readonly TransferLab _lab = new(new JobSchedule { Deny = ["Mon 00:00-06:00"] });

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Window_that_closes_holds_the_copy_and_sends_nothing_twice_when_it_opens()
    {
        await _lab.ImportAsync("web01");
        var written = 0;
        var looks = 0;
        _lab.OnDataWrite(6, () =>
        {
            _lab.Clock.Advance(TimeSpan.FromHours(2));
            written = Directory.GetFiles(_lab.Target, "*.bcblocks", SearchOption.AllDirectories).Length;
            _lab.Clock.Plan(TimeSpan.FromHours(1), () =>
            {
                looks++;
                AssertNothingIsHeld();
            });
        });
        var task = await _lab.RunAsync("web01");

        Assert.Equal((SessionResult.Success, "Full.", 1), (task.Result, task.Reason, task.Attempts));
        Assert.Equal((1, 1), (written, looks));
        Assert.Equal(6, _lab.Clock.GetUtcNow().Hour);
        Assert.Equal(
            [SessionEventId.WindowClosed, SessionEventId.WindowOpen],
            _lab.Events(SessionEventId.WindowClosed, SessionEventId.WindowOpen));
        Assert.InRange(task.ReusedBytes, 5 << 20, 11 << 20);
        Assert.InRange(
            task.TransferredBytes, TransferLab.Megabytes << 20, (TransferLab.Megabytes << 20) * 1.02);
        _lab.AssertNothingWasSentTwice();
        await _lab.AssertRestoresAsync("web01");
    }

    [Fact]
    public async Task Copy_that_was_held_goes_on_with_the_same_point_though_a_newer_one_came()
    {
        await _lab.ImportAsync("web01");
        var first = _lab.Engines.Points("Primary")[0].Time;
        _lab.OnDataWrite(6, () =>
        {
            _lab.Clock.Advance(TimeSpan.FromHours(2));
            _lab.Clock.Plan(
                TimeSpan.FromHours(1), () => _lab.ImportAsync("web01").GetAwaiter().GetResult());
        });
        await _lab.RunAsync("web01");
        Assert.Equal(first, Assert.Single(_lab.Engines.Points("Offsite")).Time);
    }

    [Fact]
    public async Task Copy_that_was_held_goes_on_with_the_newest_point_when_its_own_is_gone()
    {
        await _lab.ImportAsync("web01");
        _lab.OnDataWrite(6, () =>
        {
            _lab.Clock.Advance(TimeSpan.FromHours(2));
            _lab.Clock.Plan(TimeSpan.FromHours(1), () =>
            {
                var old = _lab.Engines.Points("Primary")[0];
                _lab.ImportAsync("web01", changedFrom: 4 << 20).GetAwaiter().GetResult();
                File.Delete(old.Path);
            });
        });
        var task = await _lab.RunAsync("web01");
        Assert.Equal(SessionResult.Success, task.Result);
        Assert.Equal(
            _lab.Engines.Points("Primary")[^1].Time, Assert.Single(_lab.Engines.Points("Offsite")).Time);
        Assert.True(task.ReusedBytes > 4 << 20, $"Only {task.ReusedBytes} bytes were taken over.");
        await _lab.AssertRestoresAsync("web01");
    }

    [Fact]
    public async Task Machine_that_begins_in_a_closed_window_waits_for_it()
    {
        await _lab.ImportAsync("web01");
        _lab.Clock.Advance(TimeSpan.FromHours(3));
        SessionState? seen = null;
        _lab.Clock.Plan(TimeSpan.FromMinutes(1), () => seen = Running().State);
        var task = await _lab.RunAsync("web01");
        Assert.Equal(SessionState.WaitingForWindow, seen);
        Assert.Equal(SessionResult.Success, task.Result);
        Assert.Equal(6, _lab.Clock.GetUtcNow().Hour);
    }

    [Fact]
    public async Task First_full_that_the_interval_cuts_off_is_a_warning_and_the_next_point_sends_the_rest()
    {
        await _lab.ImportAsync("web01");
        using var expired = new CancellationTokenSource();
        _lab.OnDataWrite(7, expired.Cancel);
        var cut = await _lab.RunAsync("web01", expired: expired.Token);
        Assert.Equal((SessionResult.Warning, "IntervalExpired"), (cut.Result, cut.Error));
        Assert.Contains("the full continues in the next interval", cut.Reason, StringComparison.Ordinal);
        Assert.Equal(SessionResult.Warning, _lab.Session!.Result);
        Assert.Empty(_lab.Engines.Points("Offsite"));

        await _lab.ImportAsync("web01", changedFrom: 6 << 20, changedBytes: 1 << 20);
        _lab.Before = null;
        var next = await _lab.RunAsync("web01");
        Assert.Equal(SessionResult.Success, next.Result);
        var whole = (double)(TransferLab.Megabytes << 20);
        Assert.InRange((cut.TransferredBytes + next.TransferredBytes) / whole, 1, 1.4);
        Assert.InRange(next.ReusedBytes / whole, 0.4, 0.95);
        await _lab.AssertRestoresAsync("web01");
    }

    [Fact]
    public async Task Increment_that_the_interval_cuts_off_fails_and_no_other_machine_with_it()
    {
        await _lab.ImportAsync("a");
        await _lab.ImportAsync("other");
        _lab.Clock.Advance(TimeSpan.FromHours(12));
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        await _lab.ImportAsync("a", 1 << 20, 8 << 20);
        await _lab.ImportAsync("other", 1 << 20, 8 << 20);
        Assert.Equal(SessionResult.Success, (await _lab.RunAsync("a")).Result);
        var failed = new List<ErrorCode>();
        using var expired = new CancellationTokenSource();
        _lab.OnDataWrite(3, expired.Cancel);
        var cut = await _lab.RunAsync(
            "other", new SyncOptions { Fail = (_, error) => failed.Add(error.Code) }, expired.Token);
        Assert.Equal((SessionResult.Failed, "IntervalExpired"), (cut.Result, cut.Error));
        Assert.Contains("was not transferred within the interval", cut.Reason, StringComparison.Ordinal);
        Assert.Equal([ErrorCode.IntervalExpired], failed);
        Assert.Equal(2, _lab.Engines.Points("Offsite").Count(p => p.Machine == "a"));
        await _lab.AssertRestoresAsync("a");

        _lab.Before = null;
        Assert.True((await _lab.RunAsync("other")).ReusedBytes > 0);
        await _lab.AssertRestoresAsync("other");
    }

    [Fact]
    public async Task Interval_that_ends_in_a_closed_window_says_that_the_window_was_closed()
    {
        await _lab.ImportAsync("web01");
        _lab.Clock.Advance(TimeSpan.FromHours(3));
        using var expired = new CancellationTokenSource();
        _lab.Clock.Plan(TimeSpan.FromHours(2), expired.Cancel);
        var task = await _lab.RunAsync("web01", expired: expired.Token);
        Assert.Equal((SessionResult.Warning, "WindowClosed"), (task.Result, task.Error));
        Assert.Contains("The window is closed until ", task.Reason, StringComparison.Ordinal);
        Assert.Equal(0, task.TransferredBytes);
    }

    [Theory]
    [InlineData("any time at 4MB/s", 1, 8)]
    [InlineData("any time at 1MB/s", 4, 8)]
    [InlineData("any time", 8, 1)]
    public async Task Lowest_of_all_rates_counts_from_the_first_byte_and_is_the_bottleneck(
        string window, int jobMegabytes, int repositoryMegabytes)
    {
        using var lab = new TransferLab(new JobSchedule
        {
            Allow = [window],
            MaxRateBytesPerSecond = jobMegabytes << 20,
        });
        lab.Engine.Repositories.Update("Offsite", null, null, null, repositoryMegabytes << 20);
        await lab.ImportAsync("web01");
        var task = await lab.RunAsync("web01");
        Assert.Equal((SessionResult.Success, Bottleneck.Limit), (task.Result, task.Bottleneck));
        var seconds = (double)task.TransferredBytes / (1 << 20);
        Assert.InRange(lab.Clock.Waited.TotalSeconds, 0.95 * seconds, 1.05 * seconds);
    }

    [Fact]
    public async Task Global_rate_counts_too()
    {
        _lab.Engine.Catalog.UpdateGlobalSettings(g => g with { MaxRateBytesPerSecond = 2 << 20 });
        await _lab.ImportAsync("web01");
        var task = await _lab.RunAsync("web01");
        var seconds = (double)task.TransferredBytes / (2 << 20);
        Assert.InRange(_lab.Clock.Waited.TotalSeconds, 0.95 * seconds, 1.05 * seconds);
    }

    [Fact]
    public async Task Rate_of_the_window_changes_while_the_copy_runs()
    {
        using var lab = new TransferLab(new JobSchedule
        {
            Allow = ["Sun at 1MB/s", "Mon at 4MB/s"],
        });
        await lab.ImportAsync("web01");
        lab.OnDataWrite(7, () => lab.Clock.Advance(TimeSpan.FromHours(2)));
        var task = await lab.RunAsync("web01");
        Assert.Equal(SessionResult.Success, task.Result);
        Assert.InRange(lab.Clock.Waited.TotalSeconds, 4, 10);
    }

    private MachineTaskRecord Running() =>
        _lab.Engine.Catalog.Sessions(new() { IsRunning = true }).Single().Tasks.Single();

    private void AssertNothingIsHeld()
    {
        Assert.Equal(SessionState.WaitingForWindow, Running().State);
        var target = RepositoryFolder.Open(LocalStorage.Instance, _lab.Target);
        var source = RepositoryFolder.Open(LocalStorage.Instance, _lab.Engines.PathOf("Primary"));
        var from = source.Backups().Single().Chains().Single();
        var to = target.Backups().Single().Chains().Single();
        Assert.NotNull(to.Unfinished());
        foreach (var (folder, name) in new[]
        {
            (from.Path, from.Points()[0].Stem), (to.Path, "append"), (target.Path, "task-1"),
            (source.Path, "task-1"),
        })
        {
            Assert.False(new FolderLocks(_lab.Storage, folder).IsHeld(name), $"{name} is held.");
        }
    }
}
