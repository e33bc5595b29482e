using BackupCopy.Jobs;
using BackupCopy.Running.Service;

namespace BackupCopy.Tests.Running;

/// <summary>What a service does for jobs that copy each point as it appears.</summary>
public sealed class ImmediateServiceTests : IAsyncDisposable
{
    private static readonly JobSchedule s_immediate = new() { Mode = JobMode.Immediate };

    private readonly ServiceLab _lab = new();

    private IEnumerable<string> Starts =>
        _lab.Ended.Select(s => $"{s.StartTime.ToUniversalTime():dd HH:mm:ss}");

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Fact]
    public async Task Session_begins_when_a_point_appears_and_not_before()
    {
        await StartAsync(s_immediate);
        await _lab.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Empty(_lab.Ended);
        await _lab.ImportAsync();
        await _lab.PassAsync(TimeSpan.FromSeconds(20));
        var session = Assert.Single(_lab.Ended);
        Assert.Equal(SessionResult.Success, session.Result);
        Assert.Equal(SessionTrigger.NewPoint, _lab.Engine.Catalog.FindSession(session.Id)!.Trigger);
        await _lab.PassAsync(TimeSpan.FromHours(1));
        Assert.Single(_lab.Ended);
    }

    [Fact]
    public async Task Point_in_a_local_source_wakes_the_service_before_its_next_look()
    {
        await StartAsync(s_immediate);
        await _lab.ImportAsync();
        await _lab.WaitAsync(() => _lab.Ended.Count == 1);
        Assert.Equal(SessionResult.Success, _lab.Ended[0].Result);
    }

    [Fact]
    public async Task Point_that_appears_while_the_window_is_closed_waits_for_it()
    {
        await StartAsync(s_immediate with { Allow = ["02:00-04:00"] });
        await _lab.ImportAsync();
        await _lab.PassAsync(TimeSpan.FromHours(3.9));
        Assert.Empty(_lab.Ended);
        await _lab.PassToAsync(2, 1);
        Assert.Equal(["02 02:00:00"], Starts);
    }

    [Fact]
    public async Task Point_that_cannot_be_copied_is_tried_after_1_5_and_15_minutes()
    {
        var point = await _lab.Engines.ImportAsync("bad", _lab.Engines.NewImage("bad.img", 300_000, seed: 9));
        EngineLab.Damage(point);
        await StartAsync(s_immediate);
        await _lab.PassAsync(TimeSpan.FromMinutes(40));
        Assert.All(_lab.Ended, s => Assert.Equal(SessionResult.Failed, s.Result));
        var starts = _lab.Ended.Select(s => s.StartTime).ToList();
        Assert.Equal(
            [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15)],
            starts.Zip(starts.Skip(1), (one, next) => next - one).Take(3));
    }

    [Fact]
    public async Task Target_that_is_away_is_told_once_and_no_session_fails_for_it()
    {
        await StartAsync(s_immediate);
        Directory.Move(_lab.Engines.PathOf("Offsite"), _lab.Engines.PathOf("Elsewhere"));
        await _lab.ImportAsync();
        await _lab.PassAsync(TimeSpan.FromHours(2));
        Assert.Empty(_lab.Ended);
        var trouble = Assert.Single(_lab.Troubles);
        Assert.Equal(ErrorCode.RepositoryUnavailable, trouble.Code);
        Assert.StartsWith("The job Nightly: ", trouble.Message, StringComparison.Ordinal);
        Directory.Move(_lab.Engines.PathOf("Elsewhere"), _lab.Engines.PathOf("Offsite"));
        await _lab.PassAsync(TimeSpan.FromMinutes(16));
        Assert.Equal(SessionResult.Success, Assert.Single(_lab.Ended).Result);
    }

    private Task StartAsync(JobSchedule schedule)
    {
        _lab.Schedule(schedule);
        return _lab.StartAsync(new ServiceOptions { Poll = TimeSpan.FromSeconds(10) });
    }
}
