using BackupCopy.Health;
using BackupCopy.Jobs;

namespace BackupCopy.Tests.Running.Upkeep;

/// <summary>
/// Whole sessions over real damage: found on the day, healed by the sync, restored byte for byte.
/// </summary>
public sealed class HealingSessionTests : IDisposable
{
    private readonly RetentionLab _lab = new(new JobRetention { KeepPoints = 9 }, new JumpingClock());

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Damaged_block_is_found_on_its_day_and_healed_by_the_sync(bool hasNewPoint)
    {
        await _lab.LiveAsync(3);
        ScheduleHealthCheck("Thursday");
        EngineLab.Damage(_lab.Engines.Points("Offsite")[0]);
        await _lab.NewDayAsync(hasNewPoint ? ["web01"] : []);
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Warning, session.Result);
        Assert.Equal((1, 1, 0), (session.FoundCount, session.HealedCount, session.LeftCount));
        Assert.True(session.CheckedBytes > 1_000_000);
        Assert.Equal(1, session.CheckedPointCount);
        Assert.Equal(hasNewPoint ? 4 : 3, _lab.Sequences().Count);
        await _lab.AssertWholeAsync();

        await _lab.NewDayAsync("web01");
        ScheduleHealthCheck("Friday");
        var next = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, 0), (next.Result, next.FoundCount));
    }

    [Fact]
    public async Task Damage_that_no_source_holds_any_more_stays_and_is_told_until_it_is_gone()
    {
        await _lab.NewDayAsync("web01");
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        ScheduleHealthCheck("Tuesday");
        EngineLab.Damage(_lab.Engines.Points("Offsite")[0]);
        Directory.Move(_lab.Engines.PathOf("Primary"), _lab.Engines.PathOf("Elsewhere"));
        await _lab.NewDayAsync();
        var session = await _lab.SyncAsync(RetentionLab.Options with { Trigger = SessionTrigger.Schedule });
        Assert.Equal(SessionResult.Failed, session.Result);
        Assert.Contains("DamageFound: web01: ", session.Reason, StringComparison.Ordinal);
        Assert.Equal((0, 1), (session.HealedCount, session.LeftCount));

        Directory.Move(_lab.Engines.PathOf("Elsewhere"), _lab.Engines.PathOf("Primary"));
        var healed = await _lab.SyncAsync();
        Assert.Equal((1, 1, 0), (healed.FoundCount, healed.HealedCount, healed.LeftCount));
        await _lab.AssertWholeAsync();
    }

    [Fact]
    public async Task Damaged_newest_point_file_is_healed_and_is_no_going_back()
    {
        await _lab.LiveAsync(2);
        ScheduleHealthCheck("Wednesday");
        var newest = _lab.Engines.Points("Offsite").MaxBy(p => p.Sequence)!.Path;
        var bytes = File.ReadAllBytes(newest);
        bytes[100] ^= 1;
        File.WriteAllBytes(newest, bytes);
        await _lab.NewDayAsync("web01");
        var session = await _lab.SyncAsync();
        Assert.DoesNotContain(session.Events, e => e.Id == (int)SessionEventId.RepositoryWentBack);
        Assert.Equal((1, 1, 0), (session.FoundCount, session.HealedCount, session.LeftCount));
        Assert.Equal([1L, 2, 3], _lab.Sequences());
        await _lab.AssertWholeAsync();
    }

    [Fact]
    public async Task Session_on_the_day_compacts_and_everything_restores()
    {
        await _lab.LiveAsync(6);
        _lab.Engine.Catalog.UpdateJob(_lab.Job.Id, job => job with
        {
            Upkeep = new JobUpkeep { HealthCheckOn = "Monday", CompactOn = "Sunday" },
        });
        await _lab.NewDayAsync("web01");
        var session = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, ""), (session.Result, session.Reason));
        Assert.Single(session.Events, e => e.Id == (int)SessionEventId.ChainCompacted);
        await _lab.AssertWholeAsync();
        await _lab.NewDayAsync("web01");
        var next = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, 0), (next.Result, next.FoundCount));
        Assert.True(next.CheckedBytes > 0);
        Assert.Empty(ChainMemory.Damage(_lab.Chain()));
        await _lab.AssertWholeAsync();
    }

    private void ScheduleHealthCheck(string days) => _lab.Engine.Catalog.UpdateJob(
        _lab.Job.Id, job => job with { Upkeep = new JobUpkeep { HealthCheckOn = days } });
}
