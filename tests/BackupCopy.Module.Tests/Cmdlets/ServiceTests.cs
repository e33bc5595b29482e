using System.Diagnostics;
using System.Management.Automation;
using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;
using HostedPipeline = System.Management.Automation.PowerShell;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>The service as a process and as a cmdlet.</summary>
public sealed class ServiceTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public ServiceTests(HostedModule hosted)
    {
        _lab = Lab.Prepared(hosted);
        var catalog = new CatalogStore(_lab.Catalog);
        catalog.UpdateJob(catalog.FindJob("Nightly")!.Id, job => job with
        {
            Schedule = new JobSchedule { Every = TimeSpan.FromDays(7) },
        });
    }

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task A_signal_ends_the_process_with_0_and_its_session_as_stopped()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are sent with kill");
        _lab.Get("""
            Set-BackupCopyRepository Offsite -MaxRate 16KB/s
            Edit-LabImage vm/web01.img 77
            New-LabImage vm/big.img 4000 7
            $null = New-BackupCopyRestorePoint Primary big "$Lab/vm/big.img"
            """);
        var service = ChildProcess.Start(
            "dotnet", Places.Shell, "-Command", $"Invoke-BackupCopyService -CatalogPath '{_lab.Catalog}'");
        var result = ChildProcess.Run(service);
        while (!_lab.Get("Get-BackupCopySession -Running").Any(
            running => ((SessionInfo)running.BaseObject).Machines.Count > 0))
        {
            Assert.False(result.IsCompleted, result.IsCompleted ? (await result).Error : "");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Process.Start("kill", ["-TERM", $"{service.Id}"]).Dispose();
        var ended = await result;
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Contains("Nightly", ended.Output);
        var session = (SessionInfo)_lab.Get("Get-BackupCopySession Nightly -Newest 1").Single().BaseObject;
        Assert.Equal(SessionResult.Stopped, session.Result);
        Assert.StartsWith("Stopped with its service", session.Reason);
    }

    [Fact]
    public async Task Ctrl_C_ends_the_cmdlet_once_everything_has_let_go_and_a_second_service_is_refused()
    {
        // A session lasts until every machine has its point of the interval.
        _lab.Get("""
            Edit-LabImage vm/db01.img
            $null = New-BackupCopyRestorePoint Primary db01 "$Lab/vm/db01*.img"
            """);
        using var service = new Pipeline(_lab);
        while (service.Output.Count == 0)
        {
            Assert.False(service.Result.IsCompleted);
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        var session = (SessionInfo)Assert.Single(service.Output).BaseObject;
        var refused = _lab.Error("Invoke-BackupCopyService");
        await service.StopAsync();

        Assert.Equal(("Nightly", SessionResult.Success), (session.Job, session.Result));
        Assert.Equal("ServiceRunning", refused.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Empty(_lab.Get("Invoke-BackupCopyService -WhatIf"));
        using var next = new Pipeline(_lab);
        while (!next.Verbose.Any(line => line.Contains("The service runs the jobs of")))
        {
            Assert.False(next.Result.IsCompleted);
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        await next.StopAsync();
    }

    /// <summary>The service in a runspace of its own.</summary>
    private sealed class Pipeline : IDisposable
    {
        private readonly HostedModule _hosted = new();
        private readonly HostedPipeline _shell;

        public Pipeline(Lab lab)
        {
            _shell = _hosted.Create("Invoke-BackupCopyService -CatalogPath $args[0] -Verbose", lab.Catalog);
            Result = _shell.InvokeAsync<PSObject, PSObject>(null, Output);
        }

        public PSDataCollection<PSObject> Output { get; } = new() { EnumeratorNeverBlocks = true };

        public Task Result { get; }

        public IEnumerable<string> Verbose =>
            _shell.Streams.Verbose.ReadAll().Select(record => record.Message);

        public async Task StopAsync()
        {
            await _shell.StopAsync(null, null);
            await Assert.ThrowsAnyAsync<RuntimeException>(() => Result);
        }

        public void Dispose()
        {
            _shell.Stop();
            _shell.Dispose();
            _hosted.Dispose();
        }
    }
}
