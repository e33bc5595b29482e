using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running;

/// <summary>A machine whose attempts fail, and one whose repository goes away meanwhile.</summary>
public sealed class MachineRetryTests : IDisposable
{
    private readonly TransferLab _lab = new();

    /// <summary>EIO, ENOTCONN, ETIMEDOUT, ESTALE.</summary>
    public static TheoryData<int> LostConnections => [5, 107, 110, 116];

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Attempts_that_fail_are_repeated_after_longer_and_longer_pauses_and_keep_what_they_sent()
    {
        await _lab.ImportAsync("web01");
        FailData(times: 3, path => StorageError.From(new UnauthorizedAccessException(), path));
        var states = new List<SessionState>();
        _lab.Clock.Plan(TimeSpan.FromSeconds(1), () => states.Add(Running().State));
        var task = await _lab.RunAsync("web01");
        Assert.Equal(
            (SessionResult.Success, "Full, after 4 attempts.", 4),
            (task.Result, task.Reason, task.Attempts));
        Assert.Equal(TimeSpan.FromSeconds(0 + 5 + 15), _lab.Clock.Waited);
        Assert.Equal([SessionState.WaitingForRetry], states);
        Assert.Equal(3, _lab.Events(SessionEventId.MachineRetries).Count);
        _lab.AssertNothingWasSentTwice();
        await _lab.AssertRestoresAsync("web01");
    }

    [Fact]
    public async Task Error_that_stays_fails_the_machine_after_all_retries()
    {
        await _lab.ImportAsync("web01");
        FailData(int.MaxValue, path => StorageError.From(new UnauthorizedAccessException(), path));
        var task = await _lab.RunAsync("web01");
        Assert.Equal((SessionResult.Failed, "StorageError", 6), (task.Result, task.Error, task.Attempts));
        Assert.Equal(TimeSpan.FromSeconds(200), _lab.Clock.Waited);
    }

    [Fact]
    public async Task Full_target_is_not_hammered_and_what_was_sent_stays()
    {
        await _lab.ImportAsync("web01");
        FailData(int.MaxValue, path => StorageError.Full(path), after: 4);
        var task = await _lab.RunAsync("web01");
        Assert.Equal((SessionResult.Failed, "TargetFull", 1), (task.Result, task.Error, task.Attempts));
        Assert.Equal(TimeSpan.Zero, _lab.Clock.Waited);
        Assert.Empty(_lab.Events(SessionEventId.MachineRetries));

        _lab.Before = null;
        Assert.True((await _lab.RunAsync("web01")).ReusedBytes > 1 << 20);
        _lab.AssertNothingWasSentTwice();
        await _lab.AssertRestoresAsync("web01");
    }

    [Theory]
    [MemberData(nameof(LostConnections))]
    public async Task Target_that_is_away_for_ten_minutes_costs_no_attempt_and_no_byte(int error)
    {
        await _lab.ImportAsync("web01");
        CutOnDataWrite(TimeSpan.FromMinutes(10), () => _lab.Storage.CutOff(_lab.Target, error));
        var task = await _lab.RunAsync("web01");
        Assert.Equal((SessionResult.Success, "Full.", 1), (task.Result, task.Reason, task.Attempts));
        Assert.InRange(_lab.Clock.Waited, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10.5));
        AssertEvents(SessionEventId.ConnectionLost, SessionEventId.ConnectionBack);
        _lab.AssertNothingWasSentTwice();
        await _lab.AssertRestoresAsync("web01");
    }

    [Theory]
    [MemberData(nameof(LostConnections))]
    public async Task Source_that_is_away_for_ten_minutes_costs_no_attempt_either(int error)
    {
        await _lab.ImportAsync("web01");
        CutOnDataWrite(
            TimeSpan.FromMinutes(10), () => _lab.Storage.CutOff(_lab.Engines.PathOf("Primary"), error));
        var task = await _lab.RunAsync("web01");
        Assert.Equal((SessionResult.Success, "Full.", 1), (task.Result, task.Reason, task.Attempts));
        AssertEvents(SessionEventId.ConnectionLost, SessionEventId.ConnectionBack);
        _lab.AssertNothingWasSentTwice();
    }

    [Fact]
    public async Task Forty_minutes_are_one_failed_attempt_and_the_next_one_goes_on()
    {
        await _lab.ImportAsync("web01");
        CutOnDataWrite(TimeSpan.FromMinutes(40), () => _lab.Storage.CutOff(_lab.Target, 107));
        SessionState? state = null;
        _lab.Clock.Plan(TimeSpan.FromMinutes(5), () => state = Running().State);
        var task = await _lab.RunAsync("web01");
        Assert.Equal(
            (SessionResult.Success, "Full, after 2 attempts.", 2),
            (task.Result, task.Reason, task.Attempts));
        Assert.Equal(SessionState.WaitingForRepository, state);
        AssertEvents(
            SessionEventId.ConnectionLost, SessionEventId.MachineRetries, SessionEventId.ConnectionLost,
            SessionEventId.ConnectionBack);
        _lab.AssertNothingWasSentTwice();
        await _lab.AssertRestoresAsync("web01");
    }

    [Fact]
    public async Task Target_that_never_comes_back_fails_the_machine_by_its_name()
    {
        await _lab.ImportAsync("web01");
        CutOnDataWrite(TimeSpan.FromDays(1), () => _lab.Storage.CutOff(_lab.Target, 107));
        var task = await _lab.RunAsync("web01");
        Assert.Equal((SessionResult.Failed, "ConnectionLost", 6), (task.Result, task.Error, task.Attempts));
        Assert.Contains("Offsite is away", task.Reason, StringComparison.Ordinal);
        Assert.InRange(_lab.Clock.Waited, TimeSpan.FromHours(3), TimeSpan.FromHours(3.1));
    }

    [Fact]
    public async Task Interval_that_ends_while_the_target_is_away_says_so()
    {
        await _lab.ImportAsync("web01");
        using var expired = new CancellationTokenSource();
        CutOnDataWrite(TimeSpan.FromDays(1), () => _lab.Storage.CutOff(_lab.Target, 107));
        _lab.Clock.Plan(TimeSpan.FromMinutes(20), expired.Cancel);
        var task = await _lab.RunAsync("web01", expired: expired.Token);
        Assert.Equal((SessionResult.Warning, "IntervalExpired"), (task.Result, task.Error));
        Assert.Contains("Offsite is away", task.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sector_that_cannot_be_read_is_an_error_and_no_lost_connection()
    {
        await _lab.ImportAsync("web01");
        var source = _lab.Engines.PathOf("Primary");
        var reads = 0;
        _lab.Before = (what, path) =>
        {
            if (what == "read" && path.StartsWith(source, StringComparison.Ordinal)
                && path.EndsWith(".bcblocks", StringComparison.Ordinal)
                && Interlocked.Increment(ref reads) > 8)
            {
                throw StorageError.From(new IOException("EIO", 5), path);
            }
        };
        var task = await _lab.RunAsync("web01");
        Assert.Equal((SessionResult.Failed, "ConnectionLost", 6), (task.Result, task.Error, task.Attempts));
        Assert.Equal(TimeSpan.FromSeconds(200), _lab.Clock.Waited);
        Assert.Empty(_lab.Events(SessionEventId.ConnectionLost));
    }

    [Fact]
    public async Task Detached_mount_that_keeps_taking_bytes_is_noticed_and_nothing_is_made_in_its_place()
    {
        await _lab.ImportAsync("web01");
        CutOnDataWrite(TimeSpan.FromMinutes(10), () => _lab.Storage.Detach(_lab.Target));
        var task = await _lab.RunAsync("web01", AlwaysChecking);
        Assert.Equal((SessionResult.Success, "Full.", 1), (task.Result, task.Reason, task.Attempts));
        AssertEvents(SessionEventId.ConnectionLost, SessionEventId.ConnectionBack);
        Assert.Empty(_lab.Storage.MadeInEmptyFolder);
        await _lab.AssertRestoresAsync("web01");
    }

    [Theory]
    [InlineData("open", ".bcunfinished")]
    [InlineData("rename", ".bcpoint")]
    [InlineData("flush", "")]
    [InlineData("list", "")]
    public async Task Mount_that_is_detached_while_the_point_is_published_never_counts_as_copied(
        string operation, string ending)
    {
        await _lab.ImportAsync("web01");
        var (isPublishing, isCut) = (false, false);
        _lab.Before = (what, path) =>
        {
            isPublishing |= what is "open" or "rename" && IsOfPoint(path) && HasData();
            if (isPublishing && !isCut && what == operation
                && path.EndsWith(ending, StringComparison.Ordinal)
                && path.StartsWith(_lab.Target, StringComparison.Ordinal))
            {
                isCut = true;
                _lab.Storage.Detach(_lab.Target);
                _lab.Clock.Plan(TimeSpan.FromMinutes(10), _lab.Storage.Mend);
            }
        };
        var task = await _lab.RunAsync("web01");
        Assert.True(isCut, $"Nothing did {operation} {ending}.");
        Assert.Equal((SessionResult.Success, "Full.", 1), (task.Result, task.Reason, task.Attempts));
        Assert.True(_lab.Clock.Waited >= TimeSpan.FromMinutes(10));
        Assert.Single(_lab.Engines.Points("Offsite"));
        Assert.Empty(_lab.Storage.MadeInEmptyFolder);
        await _lab.AssertRestoresAsync("web01");
    }

    [Fact]
    public async Task Progress_reaches_the_catalog_while_the_copy_runs_and_totals_stay_at_its_end()
    {
        await _lab.ImportAsync("web01");
        MachineTaskRecord? seen = null;
        _lab.OnDataWrite(8, () => seen = Running());
        var options = new SyncOptions { Transfer = new() { Save = TimeSpan.Zero } };
        var task = await _lab.RunAsync("web01", options);
        Assert.Equal(TransferLab.Megabytes << 20, seen!.TotalBytes);
        Assert.InRange(seen.DoneBytes, 1, TransferLab.Megabytes << 20);
        Assert.Equal((seen.TotalBytes, seen.TotalBytes), (task.DoneBytes, task.TotalBytes));
    }

    private static SyncOptions AlwaysChecking => new() { Transfer = new() { Recheck = TimeSpan.Zero } };

    private static bool IsOfPoint(string path) =>
        path.EndsWith(".bcunfinished", StringComparison.Ordinal)
        || path.EndsWith(".bcpoint", StringComparison.Ordinal);

    // The file of the point is opened once when it begins, and again when it is published.
    private bool HasData() =>
        Directory.GetFiles(_lab.Target, "*.bcindex", SearchOption.AllDirectories).Length > 0;

    private void FailData(int times, Func<string, Exception> error, int after = 2)
    {
        var (writes, failed) = (0, 0);
        _lab.Before = (what, path) =>
        {
            if (_lab.IsDataWrite(what, path) && Interlocked.Increment(ref writes) > after * (failed + 1)
                && failed < times)
            {
                failed++;
                throw error(path);
            }
        };
    }

    private void CutOnDataWrite(TimeSpan length, Action cut) => _lab.OnDataWrite(6, () =>
    {
        cut();
        _lab.Clock.Plan(length, _lab.Storage.Mend);
    });

    private void AssertEvents(params SessionEventId[] expected) => Assert.Equal(
        expected,
        _lab.Events(
            SessionEventId.ConnectionLost, SessionEventId.ConnectionBack, SessionEventId.MachineRetries));

    private MachineTaskRecord Running() =>
        _lab.Engines.Engine.Catalog.Sessions(new() { IsRunning = true }).Single().Tasks.Single();
}
