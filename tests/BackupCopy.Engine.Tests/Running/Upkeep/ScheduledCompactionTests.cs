using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Tests.Running.Upkeep;

public sealed class ScheduledCompactionTests : IDisposable
{
    private readonly UpkeepLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Chains_are_compacted_once_on_the_day()
    {
        _lab.Schedule(compact: "Tuesday");
        var monday = await _lab.DayAsync("db01", "web01");
        Assert.Contains(monday.Events, e => e.Text == "The next compaction is due on 2026-11-03.");
        var tuesday = await _lab.DayAsync("db01", "web01");
        Assert.Equal(["db01", "web01"], _lab.Compacted);
        Assert.Equal((SessionResult.Success, 10_000), (tuesday.Result, tuesday.CompactedBytes));
        Assert.Equal(
            "db01: Compacted 4.88 KB: 4000 extents per GB and 1 MB dead before, 1 extents per GB and "
            + "1 MB dead now.",
            UpkeepLab.Texts(tuesday, SessionEventId.ChainCompacted).First());
        Assert.Contains(tuesday.Events, e => e.Text == "Old bytes stay for a reader.");
        await _lab.SyncAsync();
        Assert.Equal(2, _lab.Compacted.Count);
        Assert.Equal(new DateOnly(2026, 11, 3), _lab.Engine.Jobs.Get("Nightly").LastCompaction);
    }

    [Fact]
    public async Task Machine_with_an_active_full_of_this_session_is_left_out()
    {
        await _lab.DayAsync("db01", "web01");
        _lab.Schedule(compact: "Tuesday");
        await _lab.Lab.NewDayAsync("db01", "web01");
        var session = await _lab.SyncAsync(full: true);
        Assert.Empty(_lab.Compacted);
        Assert.Equal(2, session.Events.Count(e => e.Text.StartsWith("Not compacted: this session made")));
    }

    [Fact]
    public async Task Nothing_is_moved_where_it_is_not_worth_it()
    {
        await _lab.DayAsync("web01");
        _lab.Schedule(compact: "Tuesday");
        _lab.MovedBytes = 0;
        var session = await _lab.DayAsync("web01");
        Assert.Empty(_lab.Compacted);
        Assert.StartsWith(
            "web01: Nothing is worth compacting",
            Assert.Single(UpkeepLab.Texts(session, SessionEventId.ChainCompacted)));
    }

    [Theory]
    [InlineData(ErrorCode.TargetFull, 1, false)]
    [InlineData(ErrorCode.StorageError, 1, false)]
    [InlineData(ErrorCode.ChainLocked, 5, true)]
    public async Task Chain_that_cannot_be_compacted_is_a_warning_and_one_in_use_is_tried_again(
        ErrorCode code, int tries, bool isTriedAgain)
    {
        await _lab.DayAsync("db01", "web01");
        _lab.Schedule(compact: "Tuesday");
        _lab.Compacting = machine =>
        {
            if (machine == "db01")
            {
                throw new BackupCopyException(code, "It cannot be.", "Do something.");
            }
        };
        var session = await _lab.DayAsync("db01", "web01");
        Assert.Equal((SessionResult.Warning, 2), (session.Result, session.SuccessCount));
        Assert.Equal("db01 was not compacted: It cannot be.", session.Reason);
        Assert.Equal(
            ["db01: It cannot be. Do something."], UpkeepLab.Texts(session, SessionEventId.CompactingFailed));
        Assert.Equal(tries, _lab.Compacted.Count(m => m == "db01"));
        Assert.Equal("web01", _lab.Compacted[^1]);
        _lab.Compacted.Clear();
        await _lab.SyncAsync();
        Assert.Equal(isTriedAgain, _lab.Compacted.Count > 0);
    }

    [Fact]
    public async Task Stopped_compaction_goes_on_in_the_next_session()
    {
        await _lab.DayAsync("db01", "web01");
        _lab.Schedule(compact: "Tuesday");
        using var stop = new CancellationTokenSource();
        _lab.Compacting = _ => stop.Cancel();
        await _lab.Lab.NewDayAsync("db01", "web01");
        var stopped = await _lab.SyncAsync(cancellation: stop.Token);
        Assert.Equal((SessionResult.Stopped, SyncPhase.Compacting), (stopped.Result, stopped.Phase));
        Assert.Equal(["db01"], _lab.Compacted);
        _lab.Compacting = _ => { };
        await _lab.SyncAsync();
        Assert.Equal(["db01", "db01", "web01"], _lab.Compacted);
    }
}
