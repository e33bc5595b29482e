using System.Management.Automation;
using HostedPipeline = System.Management.Automation.PowerShell;

namespace BackupCopy.ModuleTests.Fixtures;

/// <summary>A script that runs beside the test in a runspace of its own, on the catalog of a lab.</summary>
internal sealed class LabJob : IDisposable
{
    private readonly HostedModule _hosted = new();
    private readonly HostedPipeline _pipeline;
    private readonly TaskCompletionSource _atWork = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LabJob(Lab lab, string script)
    {
        _hosted.Run($". '{Places.LabScript}'; Enter-Lab '{lab.Root}'");
        _pipeline = _hosted.Create(script);
        _pipeline.Streams.Progress.DataAdded += (_, _) => _atWork.TrySetResult();
        Result = _pipeline.InvokeAsync();
    }

    public Task<PSDataCollection<PSObject>> Result { get; }

    public IEnumerable<ErrorRecord> Errors => _pipeline.Streams.Error;

    public IEnumerable<ProgressRecord> Progress => _pipeline.Streams.Progress;

    /// <summary>Starts the script and returns once it has shown progress: it is in the middle.</summary>
    public static async Task<LabJob> StartAsync(Lab lab, string script)
    {
        var job = new LabJob(lab, script);
        var first = await Task.WhenAny(job._atWork.Task, job.Result);
        Assert.True(first != job.Result, "the script ended before it showed any progress");
        return job;
    }

    /// <summary>Stops the script as Ctrl+C does, and waits until it has ended.</summary>
    public async Task StopAsync()
    {
        await _pipeline.StopAsync(null, null);
        await Assert.ThrowsAnyAsync<RuntimeException>(() => Result);
    }

    public void Dispose()
    {
        _pipeline.Stop();
        _pipeline.Dispose();
        _hosted.Dispose();
    }
}
