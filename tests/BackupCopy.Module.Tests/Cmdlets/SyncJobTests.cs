using System.Management.Automation;
using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.PowerShell;
using BackupCopy.Reporting;
using JobState = System.Management.Automation.JobState;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>A sync as a job of PowerShell.</summary>
public sealed class SyncJobTests : IDisposable
{
    private const string Slow = "-MaxRate 128KB/s";

    private readonly HostedModule _hosted = new();
    private readonly Lab _lab;

    public SyncJobTests() => _lab = Lab.Prepared(_hosted);

    public void Dispose()
    {
        _lab.Dispose();
        _hosted.Dispose();
    }

    [Fact]
    public void The_job_completes_and_brings_the_session()
    {
        var job = Started("Start-BackupCopySync Nightly -AsJob");

        Assert.Equal(("Nightly", "BackupCopySync"), (job.Name, job.PSJobTypeName));
        Assert.Contains("Start-BackupCopySync Nightly -AsJob", job.Command);
        Assert.Same(job, _lab.Get("Get-Job -Name Nightly").Single().BaseObject);
        var session = _lab.Get("Get-Job | Wait-Job | Receive-Job").Single();
        Assert.Equal(JobState.Completed, job.JobStateInfo.State);
        Assert.Equal(SessionResult.Success, ((SessionInfo)session.BaseObject).Result);
        Assert.Empty(job.Error);
        Assert.Empty(_lab.Get("Receive-Job -Name Nightly; Remove-Job -Name Nightly; Get-Job"));
    }

    [Fact]
    public void Receiving_can_wait_and_remove_the_job()
    {
        var result = _lab.Run("Start-BackupCopySync Nightly -AsJob | Receive-Job -Wait -AutoRemoveJob");

        Assert.Empty(result.Errors);
        Assert.IsType<SessionInfo>(Assert.Single(result.Output).BaseObject);
        Assert.Empty(_lab.Get("Get-Job"));
    }

    [Fact]
    public void Each_copy_job_is_a_job_and_options_and_whatif_count()
    {
        _lab.Get("$null = New-BackupCopyJob Weekly -Source Primary -Target Offsite");

        Assert.Empty(_lab.Get("Start-BackupCopySync * -AsJob -WhatIf; Get-Job"));
        var sessions = _lab
            .Get("Start-BackupCopySync * -AsJob -Machine db* -FullBackup | Wait-Job | Receive-Job")
            .Select(session => (SessionInfo)session.BaseObject).ToArray();

        Assert.Equal(["Nightly", "Weekly"], sessions.Select(session => session.Job).Order());
        Assert.All(sessions, session => Assert.Equal("db01", Assert.Single(session.Machines).Machine));
    }

    [Fact]
    public void A_machine_that_failed_is_an_error_of_a_job_that_completed()
    {
        foreach (var blocks in Directory.GetFiles(
            _lab.PathOf("backup"), "*.bcblocks", SearchOption.AllDirectories)
            .Where(path => Path.GetDirectoryName(path)!.Contains("web01.")))
        {
            File.Delete(blocks);
        }

        var job = Started("Start-BackupCopySync Nightly -FullBackup -AsJob");
        var result = _lab.Run("Get-Job | Wait-Job | Receive-Job");

        Assert.Equal(JobState.Completed, job.JobStateInfo.State);
        Assert.Equal(SessionResult.Failed, ((SessionInfo)result.Output.Single().BaseObject).Result);
        var error = Assert.Single(result.Errors);
        Assert.StartsWith("web01: ", error.Exception.Message);
        Assert.Equal("web01", error.TargetObject);
    }

    [Theory]
    [InlineData("Disable-BackupCopyJob Nightly", "Nightly", "JobDisabled", 0)]
    [InlineData("", "none", "JobNotFound", 0)]
    [InlineData("[IO.Directory]::Move(\"$Lab/mnt/offsite\", \"$Lab/mnt/away\")", "Nightly",
        "RepositoryUnavailable", 1)]
    public void A_session_that_cannot_work_fails_the_job(string before, string name, string id, int sessions)
    {
        _lab.Get(before);

        var job = Started($"Start-BackupCopySync {name} -AsJob");
        var result = _lab.Run("Get-Job | Wait-Job | Receive-Job");

        Assert.Equal(JobState.Failed, job.JobStateInfo.State);
        Assert.Equal(sessions, result.Output.Count);
        Assert.Equal(id, Assert.Single(result.Errors).FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void A_warning_is_one_of_the_job()
    {
        _lab.Get("""
            $null = New-BackupCopyRepository Second -Path backup/second
            Set-BackupCopyJob Nightly -Source Primary, Second
            [IO.Directory]::Move("$Lab/backup/second", "$Lab/backup/away")
            """);

        var result = _lab.Run("Start-BackupCopySync Nightly -AsJob | Wait-Job | Receive-Job");

        Assert.Contains("second", Assert.Single(result.Warnings));
        Assert.Single(result.Output);
    }

    [Fact]
    public void Stopping_returns_when_the_engine_has_let_go_and_the_next_sync_goes_on()
    {
        var job = StartedSlowly();
        Assert.Equal(JobState.Running, job.JobStateInfo.State);
        var second = _lab.Error("Start-BackupCopySync Nightly");
        Assert.Equal("JobRunning", second.FullyQualifiedErrorId.Split(',')[0]);

        Assert.Empty(_lab.Get("Stop-Job -Name Nightly"));

        Assert.Equal(JobState.Stopped, job.JobStateInfo.State);
        Assert.Equal(SessionResult.Stopped, Last().Result);
        var received = _lab.Get("Receive-Job -Name Nightly; Remove-Job -Name Nightly");
        Assert.Equal(SessionResult.Stopped, ((SessionInfo)received.Single().BaseObject).Result);
        _lab.Get("Set-BackupCopyRepository Offsite -MaxRate 0");
        var next = _lab.Get("Start-BackupCopySync Nightly").Single();
        Assert.Equal(SessionResult.Success, ((SessionInfo)next.BaseObject).Result);
    }

    [Fact]
    public void Removing_by_force_stops_it_first()
    {
        var job = StartedSlowly();
        Assert.NotEmpty(_lab.Run("Remove-Job -Name Nightly").Errors);

        Assert.Empty(_lab.Get("Remove-Job -Name Nightly -Force; Get-Job"));

        Assert.Equal(JobState.Stopped, job.JobStateInfo.State);
        Assert.NotNull(Last().EndTime);
    }

    [Fact]
    public void A_runspace_that_closes_takes_its_jobs_with_it()
    {
        SyncJob job;
        using (var other = new HostedModule())
        {
            other.Run($". '{Places.LabScript}'; Enter-Lab '{_lab.Root}'");
            job = StartedSlowly(other);
        }

        Assert.Equal(JobState.Stopped, job.JobStateInfo.State);
        Assert.Equal(SessionResult.Stopped, Last().Result);
    }

    [Fact]
    public void Progress_holds_the_newest_state_of_each_activity_and_ends()
    {
        var job = StartedSlowly();
        SpinWait.SpinUntil(
            () => job.StatusMessage.Contains(" of ") || job.JobStateInfo.State != JobState.Running);

        Assert.Contains(" of ", job.StatusMessage);
        Assert.True(job.HasMoreData);
        _lab.Get("Stop-Job -Name Nightly");
        Assert.Equal(
            job.Progress.Select(record => record.ActivityId).Distinct().Count(), job.Progress.Count);
        Assert.All(job.Progress, record => Assert.Equal(ProgressRecordType.Completed, record.RecordType));
        job.Dispose();
        job.Dispose();
    }

    // A rate at which the images of the lab take many seconds.
    private SyncJob StartedSlowly(HostedModule? runspace = null)
    {
        Assert.SkipWhen(
            File.ReadAllText(_lab.PathOf("mnt", "offsite", "repository.json")).Contains("\"clones\":true"),
            "The file system of the temporary folder clones: a copy takes no time there.");
        _lab.Get($"Set-BackupCopyRepository Offsite {Slow}");
        const string script = "Start-BackupCopySync Nightly -FullBackup -AsJob";
        var job = runspace is null
            ? Started(script) : (SyncJob)runspace.Run(script).Output.Single().BaseObject;
        SpinWait.SpinUntil(() => job.Progress.Count > 0 || job.JobStateInfo.State != JobState.Running);
        return job;
    }

    private SyncJob Started(string script) => (SyncJob)Assert.Single(_lab.Get(script)).BaseObject;

    private SessionInfo Last() =>
        (SessionInfo)_lab.Get("Get-BackupCopySession -Newest 1").Single().BaseObject;
}
