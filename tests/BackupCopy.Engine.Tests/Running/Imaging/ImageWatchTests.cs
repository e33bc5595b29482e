using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Running.Monitoring;

namespace BackupCopy.Tests.Running.Imaging;

/// <summary>
/// What is said and done over days about machines whose images come late, or not any more.
/// </summary>
public sealed class ImageWatchTests : IDisposable
{
    private const string NotLookedFor = "Deleted machines are not looked for in this session: ";

    private readonly JumpingClock _clock = new();
    private readonly ImageLab _lab;

    public ImageWatchTests() => _lab = new ImageLab(_clock);

    private JobDefinition Job => _lab.Engine.Job("Nightly");

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Plan_says_what_would_be_copied_and_reads_no_more_than_it_must()
    {
        _lab.Dump("web");
        var first = Assert.Single(_lab.Engine.Jobs.Plan("Nightly", []));
        Assert.Equal(
            (SyncAction.Copy, RestorePointType.Full, "Dumps", (long)ImageLab.ImageBytes, true),
            (first.Action, first.Type, first.SourceRepository, first.ReadBytes, first.Fits));
        await _lab.SyncAsync();
        Assert.Equal(SyncAction.UpToDate, Assert.Single(_lab.Engine.Jobs.Plan("Nightly", [])).Action);
        _lab.Dump("web");
        var next = Assert.Single(_lab.Engine.Jobs.Plan("Nightly", []));
        Assert.Equal(
            (SyncAction.Copy, RestorePointType.Increment, 1), (next.Action, next.Type, next.LagPoints));
        Assert.Equal(
            "Newer than what was copied last; how much of it has changed shows when it is read.",
            next.Reason);

        _lab.Engines.Clock.Advance(TimeSpan.FromHours(1));
        _lab.Put(_lab.NameOf("web"), new byte[] { 1, 2, 3 });
        var failing = Assert.Single(_lab.Engine.Jobs.Plan("Nightly", []));
        Assert.Equal(SyncAction.Fail, failing.Action);
        Assert.Contains(_lab.NameOf("web"), failing.Reason, StringComparison.Ordinal);
        _lab.Put(_lab.NameOf("web") + ".part", [1]);
        var waiting = Assert.Single(_lab.Engine.Jobs.Plan("Nightly", []));
        Assert.Equal(SyncAction.Wait, waiting.Action);
    }

    [Fact]
    public async Task Lag_counts_the_images_that_are_not_copied()
    {
        _lab.Dump("web");
        await _lab.SyncAsync();
        Assert.Equal((0, TimeSpan.Zero), Lag());
        _lab.Dump("web");
        _lab.Dump("web");
        Assert.Equal((2, TimeSpan.FromHours(2)), Lag());
        _lab.Put(_lab.NameOf("web") + ".part", [1]);
        Assert.Equal((1, TimeSpan.FromHours(1)), Lag());
        File.Delete(_lab.PathOf(_lab.NameOf("web") + ".part"));
        await _lab.SyncAsync();
        Assert.Equal((0, TimeSpan.Zero), Lag());
        Directory.Move(_lab.Folder, _lab.Folder + ".away");
        Assert.Null(_lab.Engine.Jobs.Get("Nightly").Lag);
    }

    [Fact]
    public async Task Image_that_is_not_copied_in_time_is_warned_of_once()
    {
        _lab.Change(job => job with
        {
            Reports = job.Reports with { RpoWarning = TimeSpan.FromDays(1) },
        });
        _lab.Dump("web");
        await _lab.SyncAsync();
        _lab.Dump("web");
        Assert.Equal([0, 0, 1, 1], Enumerable.Range(0, 4).Select(_ =>
        {
            new RpoMonitor(_lab.Engine, Job.Id).LookBetweenSessions();
            _clock.Advance(TimeSpan.FromHours(12.5));
            return Warnings();
        }));
        await _lab.SyncAsync();
        _lab.Dump("web");
        Directory.Move(_lab.Folder, _lab.Folder + ".away");
        _clock.Advance(TimeSpan.FromDays(2));
        new RpoMonitor(_lab.Engine, Job.Id).LookBetweenSessions();
        Assert.Equal(1, Warnings());
        Directory.Move(_lab.Folder + ".away", _lab.Folder);
        _clock.Advance(TimeSpan.FromMinutes(2));
        new RpoMonitor(_lab.Engine, Job.Id).LookBetweenSessions();
        Assert.Equal(2, Warnings());

        int Warnings() => _lab.Engine.Sessions.List().Sum(s => s.Events.Count(
            e => e.Text.Contains("is not copied; the job warns after 1 day", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Machine_without_images_is_deleted_after_the_time_that_the_job_says()
    {
        RemoveDeletedAfter(days: 3);
        _lab.Dump("db");
        _lab.Dump("web");
        await _lab.SyncAsync();
        RemoveImages("web");
        for (var day = 0; day < 3; day++)
        {
            Assert.Equal(SessionResult.Success, (await DayAsync("db")).Result);
        }

        Assert.Equal(SessionResult.Warning, (await DayAsync("db")).Result);
        Assert.Single(_lab.Copies("web"));
        await DayAsync("db");
        Assert.Empty(_lab.Copies("web"));
        Assert.Equal(6, _lab.Copies("db").Count);
    }

    [Theory]
    [InlineData("away")]
    [InlineData("empty")]
    [InlineData("unreadable")]
    [InlineData("unfinished")]
    public async Task Folder_that_is_not_seen_whole_deletes_no_machine(string how)
    {
        RemoveDeletedAfter(days: 3);
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Sources = ["Dumps", "Primary"] });
        _lab.Dump("web");
        await _lab.Engines.ImportAsync("db", _lab.Engines.NewImage("db.img", 300_000, seed: 2));
        await _lab.SyncAsync();
        Assert.Equal(["db", "web"], _lab.Copies().Select(c => c.Machine));
        switch (how)
        {
            case "away":
                Directory.Move(_lab.Folder, _lab.Folder + ".away");
                break;
            case "empty":
                // As the folder where a share is not mounted.
                Directory.Move(_lab.Folder, _lab.Folder + ".away");
                Directory.CreateDirectory(_lab.Folder);
                break;
            case "unreadable":
                RemoveImages("web");
                _lab.Dump("mail");
                _lab.Put($"web-{_lab.NowUtc:yyyy-MM-dd_HHmm}Z.img.part", [1], _lab.NowUtc.AddDays(-9));
                break;
            default:
                RemoveImages("web");
                _lab.Put($"web-{_lab.NowUtc:yyyy-MM-dd_HHmm}Z.img.part", [1], _lab.NowUtc.AddDays(9));
                break;
        }

        for (var day = 0; day < 8; day++)
        {
            _clock.Advance(TimeSpan.FromDays(1));
            var session = await _lab.SyncAsync(ImageLab.Options with { Wait = TimeSpan.Zero });
            Assert.Equal(
                how != "unfinished",
                session.Events.Any(e => e.Text.StartsWith(NotLookedFor, StringComparison.Ordinal)));
        }

        Assert.Single(_lab.Copies("web"));
        Assert.All(
            _lab.Engine.Catalog.AbsentMachines(Job.Id), m => Assert.Null(m.AnnouncedUtc));
    }

    private (int Points, TimeSpan Behind) Lag()
    {
        var job = _lab.Engine.Jobs.Get("Nightly");
        return (job.LagPoints!.Value, job.Lag!.Value);
    }

    private void RemoveDeletedAfter(int days) => _lab.Change(job => job with
    {
        Retention = job.Retention with { KeepPoints = 30, RemoveDeletedAfterDays = days },
    });

    private Task<SessionInfo> DayAsync(string machine)
    {
        _clock.Advance(TimeSpan.FromHours(23));
        _lab.Dump(machine);
        return _lab.SyncAsync();
    }

    private void RemoveImages(string machine) =>
        Array.ForEach(Directory.GetFiles(_lab.Folder, machine + "-*"), File.Delete);
}
