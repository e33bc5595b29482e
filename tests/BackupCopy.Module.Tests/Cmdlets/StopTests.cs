using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>Stopping sessions and waiting for them, from another place than where they run.</summary>
public sealed class StopTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public StopTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task A_running_job_is_stopped_and_waited_for()
    {
        using var running = await StartSlowAsync();

        var late = _lab.Error("Wait-BackupCopySync Nightly -Timeout 0s");
        var asked = (SessionInfo)_lab.Get("Stop-BackupCopySync N* -PassThru").Single().BaseObject;
        var ended = (SessionInfo)_lab.Get("Wait-BackupCopySync -Timeout 1h").Single().BaseObject;
        await running.Result;

        Assert.Equal("WaitTimedOut", late.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(asked.Id, ended.Id);
        Assert.Equal((SessionResult.None, SessionResult.Stopped), (asked.Result, ended.Result));
        Assert.StartsWith("Stopped by its user", ended.Reason);
    }

    [Fact]
    public async Task Sessions_and_jobs_of_the_pipeline_name_what_to_stop_and_to_wait_for()
    {
        using var running = await StartSlowAsync();

        Assert.Empty(_lab.Get("Stop-BackupCopySync Nightly -WhatIf"));
        Assert.Equal(SessionResult.None, Running("Result"));
        Assert.Empty(_lab.Get("Get-BackupCopySession -Running | Stop-BackupCopySync -AfterCurrentMachines"));
        _lab.Get("Set-BackupCopyRepository Offsite -MaxRate 0; Stop-BackupCopySync Nightly");
        var ended = _lab.Get("Get-BackupCopyJob | Wait-BackupCopySync").Single();

        Assert.Equal(SessionResult.Stopped, ((SessionInfo)ended.BaseObject).Result);
        Assert.Contains(
            ((SessionInfo)ended.BaseObject).Events, e => e.Text.StartsWith("Asked to stop"));
    }

    [Theory]
    [InlineData("Nightly", "The job Nightly does not run: there is nothing to stop.")]
    [InlineData("N*", "No job like N* runs: there is nothing to stop.")]
    public void A_job_that_does_not_run_is_a_warning(string name, string warning)
    {
        var result = _lab.Run("Stop-BackupCopySync $args[0] -PassThru", name);

        Assert.Empty(result.Output);
        Assert.Empty(result.Errors);
        Assert.Equal([warning], result.Warnings);
    }

    [Theory]
    [InlineData("Stop-BackupCopySync none", "JobNotFound")]
    [InlineData("Wait-BackupCopySync none", "JobNotFound")]
    [InlineData("Wait-BackupCopySync -Timeout 5", "ParameterArgumentTransformationError")]
    public void What_cannot_be_is_an_error(string script, string id) =>
        Assert.Equal(id, _lab.Error(script).FullyQualifiedErrorId.Split(',')[0]);

    [Fact]
    public void Nothing_to_wait_for_is_no_wait() => Assert.Empty(_lab.Get("""
        Wait-BackupCopySync
        Wait-BackupCopySync Nightly -Timeout 1s
        """));

    private object Running(string property) =>
        _lab.Get("Get-BackupCopySession -Running").Single().Properties[property].Value;

    private Task<LabJob> StartSlowAsync()
    {
        Assert.SkipWhen(
            File.ReadAllText(_lab.PathOf("mnt", "offsite", "repository.json")).Contains("\"clones\":true"),
            "The file system of the temporary folder clones: a copy takes no time there.");
        _lab.Get("Set-BackupCopyRepository Offsite -MaxRate 128KB/s");
        return LabJob.StartAsync(_lab, "Start-BackupCopySync Nightly -FullBackup");
    }
}
