using System.Management.Automation;
using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>What happens while something else is at work, and when it is stopped.</summary>
public sealed class BusyTests : IClassFixture<HostedModule>, IDisposable
{
    // A rate at which the images of the lab take many seconds, so that what is tested happens in between.
    private const string Slow = "-MaxRate 128KB/s";

    private readonly Lab _lab;

    public BusyTests(HostedModule hosted)
    {
        _lab = Lab.Prepared(hosted);
        _lab.Get("New-LabImage vm/big.img 8000 7");
    }

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task A_job_that_runs_is_not_started_again_nor_removed()
    {
        SkipWhereCopiesAreClones();
        _lab.Get($"Set-BackupCopyRepository Offsite {Slow}");
        using var running = await LabJob.StartAsync(_lab, "Start-BackupCopySync Nightly -FullBackup");

        var started = _lab.Run("Start-BackupCopySync Nightly");
        var removed = _lab.Run("Remove-BackupCopyJob Nightly");
        var seen = (SessionInfo)_lab.Get("Get-BackupCopySession -Running").Single().BaseObject;

        Assert.Empty(started.Output);
        Assert.Equal("JobRunning", Id(Assert.Single(started.Errors)));
        Assert.Equal("JobRunning", Id(Assert.Single(removed.Errors)));
        Assert.Equal((SessionResult.None, null), (seen.Result, seen.EndTime));
        Assert.Equal("Running", Property("Get-BackupCopyJob Nightly", "State"));
    }

    [Fact]
    public async Task A_stopped_sync_has_let_go_and_the_next_one_goes_on()
    {
        SkipWhereCopiesAreClones();
        _lab.Get($"""
            $null = New-BackupCopyRestorePoint Primary big vm/big.img
            Set-BackupCopyRepository Offsite {Slow}
            """);
        using var running = await LabJob.StartAsync(_lab, "Start-BackupCopySync Nightly -Machine big");

        await running.StopAsync();

        var stopped = (SessionInfo)_lab.Get("Get-BackupCopySession -Newest 1").Single().BaseObject;
        Assert.Equal(SessionResult.Stopped, stopped.Result);
        Assert.NotNull(stopped.EndTime);
        var next = (SessionInfo)_lab.Get("""
            Set-BackupCopyRepository Offsite -MaxRate 0
            Start-BackupCopySync Nightly
            """).Single().BaseObject;
        Assert.Equal(SessionResult.Success, next.Result);
        var file = _lab.Get("""
            Export-BackupCopyRestorePoint -Repository Offsite -Machine big -Destination restore
            """).Single();
        Assert.Equal(
            File.ReadAllBytes(_lab.PathOf("vm", "big.img")),
            File.ReadAllBytes(((FileInfo)file.BaseObject).FullName));
    }

    [Fact]
    public async Task A_point_that_is_being_written_is_waited_for_and_then_a_warning()
    {
        _lab.Get($"Set-BackupCopyRepository Primary {Slow}");
        using var running = await LabJob.StartAsync(
            _lab, "New-BackupCopyRestorePoint Primary big vm/big.img");

        var plan = _lab.Get("Measure-BackupCopySync Nightly -Machine big").Single();
        var locked = _lab.Get("Get-BackupCopyRestorePoint big -IncludeIncomplete").Single();
        var export = _lab.Error(
            "Export-BackupCopyRestorePoint $args[0] -Destination restore", locked);
        var result = _lab.Run("Start-BackupCopySync Nightly -Machine big -Wait 0s");

        Assert.Equal(SyncAction.Wait, ((SyncPlanInfo)plan.BaseObject).Action);
        Assert.Equal(RestorePointState.Locked, ((RestorePointInfo)locked.BaseObject).State);
        Assert.Equal("PointLocked", Id(export));
        Assert.Empty(result.Errors);
        Assert.StartsWith("big: ", Assert.Single(result.Warnings));
        var session = (SessionInfo)Assert.Single(result.Output).BaseObject;
        Assert.Equal(SessionResult.Warning, session.Result);
        Assert.Equal("WaitTimedOut", Assert.Single(session.Machines).Error);
    }

    [Fact]
    public async Task An_image_that_grows_while_it_is_read_makes_no_point()
    {
        _lab.Get("New-LabImage vm/growing.img 1500; Set-BackupCopyRepository Primary -MaxRate 300KB/s");
        using var running = await LabJob.StartAsync(
            _lab, "New-BackupCopyRestorePoint Primary growing vm/growing.img");

        await File.AppendAllTextAsync(_lab.PathOf("vm", "growing.img"), "more");
        await running.Result;

        Assert.Equal("ImageChanged", Id(Assert.Single(running.Errors)));
        Assert.Empty(_lab.Get("Get-BackupCopyRestorePoint grow*"));
    }

    [Fact]
    public async Task Progress_has_a_record_for_all_and_below_it_the_machines_at_work()
    {
        SkipWhereCopiesAreClones();
        _lab.Get("Set-BackupCopyRepository Offsite -MaxRate 1MB/s");
        using var running = await LabJob.StartAsync(_lab, "Start-BackupCopySync Nightly -FullBackup");
        await running.Result;

        var records = running.Progress.ToArray();
        var all = records.First(record => record.Activity == "Syncing Nightly");
        var machines = records.Where(record => record.ActivityId != all.ActivityId).ToArray();
        Assert.NotEmpty(machines);
        Assert.All(machines, record => Assert.True(record.Activity is "db01" or "web01", record.Activity));
        Assert.All(machines, record => Assert.Equal(all.ActivityId, record.ParentActivityId));
        Assert.All(records.GroupBy(record => record.ActivityId), activity =>
            Assert.Equal(ProgressRecordType.Completed, activity.Last().RecordType));
        Assert.Contains(machines, record => record.StatusDescription.Contains(" of "));
    }

    // A rate slows down what is written; a clone is over before anything can happen in between.
    private void SkipWhereCopiesAreClones() => Assert.SkipWhen(
        File.ReadAllText(_lab.PathOf("mnt", "offsite", "repository.json")).Contains("\"clones\":true"),
        "The file system of the temporary folder clones: a copy takes no time there.");

    private string Property(string script, string property) =>
        $"{_lab.Get(script).Single().Properties[property].Value}";

    private static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];
}
