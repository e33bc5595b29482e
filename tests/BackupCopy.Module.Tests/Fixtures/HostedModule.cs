using System.Management.Automation;
using System.Management.Automation.Runspaces;
using HostedPipeline = System.Management.Automation.PowerShell;

namespace BackupCopy.ModuleTests.Fixtures;

/// <summary>
/// A runspace of this process with the module imported. Scripts run in it one after the other; what they
/// return and write comes back as data.
/// </summary>
public sealed class HostedModule : IDisposable
{
    private readonly Runspace _runspace;

    public HostedModule()
    {
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Test-Probe", typeof(TestProbeCommand), null));
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        var import = Run("Import-Module -Name $args[0] -PassThru", Places.Manifest);
        Assert.Empty(import.Errors);
        Module = (PSModuleInfo)import.Output[0].BaseObject;
    }

    public PSModuleInfo Module { get; }

    /// <summary>A pipeline to run by hand, for a test that stops it or looks at its streams.</summary>
    public HostedPipeline Create(string script, params object?[] arguments)
    {
        var powershell = HostedPipeline.Create(_runspace).AddScript(script);
        Array.ForEach(arguments, argument => powershell.AddArgument(argument));
        return powershell;
    }

    /// <summary>Runs a script to its end; an error that ends it is returned like the others.</summary>
    public HostedResult Run(string script, params object?[] arguments)
    {
        using var powershell = Create(script, arguments);
        var output = new PSDataCollection<PSObject>();
        RuntimeException? terminating = null;
        try
        {
            powershell.Invoke(null, output);
        }
        catch (RuntimeException exception)
        {
            terminating = exception;
        }

        var streams = powershell.Streams;
        return new HostedResult(
            [.. output],
            terminating is null ? [.. streams.Error] : [.. streams.Error, terminating.ErrorRecord],
            [.. streams.Warning.Select(record => record.Message)],
            [.. streams.Verbose.Select(record => record.Message)],
            [.. streams.Progress]);
    }

    public void Dispose() => _runspace.Dispose();
}

/// <summary>What a script returned and wrote.</summary>
public sealed record HostedResult(
    IReadOnlyList<PSObject> Output,
    IReadOnlyList<ErrorRecord> Errors,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Verbose,
    IReadOnlyList<ProgressRecord> Progress);
