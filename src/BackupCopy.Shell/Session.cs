using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;

namespace BackupCopy.Shell;

/// <summary>
/// One runspace with the module imported. Runs a script file, commands or a prompt, prints what they return,
/// and says with which exit code pwsh would end.
/// </summary>
internal sealed class Session : IDisposable
{
    private readonly ShellHost _host = new();
    private readonly Runspace _runspace;
    private readonly Lock _running = new();
    private Pipeline? _current;

    public Session()
    {
        // The engine of PowerShell reports module imports to its makers unless it is told not to.
        if (Environment.GetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT") is null)
        {
            Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        }

        var state = InitialSessionState.CreateDefault2();
        state.ThreadOptions = PSThreadOptions.UseCurrentThread;
        if (OperatingSystem.IsWindows())
        {
            // What an installed pwsh starts with; without its configuration file a client would run no
            // script.
            state.ExecutionPolicy = ExecutionPolicy.RemoteSigned;
        }

        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
    }

    /// <summary>Imports the module; false when that failed, after saying why.</summary>
    public bool Import(string manifest)
    {
        var import = new Command("Import-Module");
        import.Parameters.Add("Name", manifest);
        import.Parameters.Add("ErrorAction", ActionPreference.Stop);
        using var pipeline = _runspace.CreatePipeline();
        pipeline.Commands.Add(import);
        return Invoke(pipeline);
    }

    public int Run(CommandLine request) => request switch
    {
        CommandLine.File file => RunFile(file),
        CommandLine.Commands commands => RunCommands(commands.Text),
        _ => new Prompt(this, _host).Run(),
    };

    public int RunCommands(string text)
    {
        // Only what goes into the history leaves $? behind.
        using var pipeline = _runspace.CreatePipeline(text, addToHistory: true);
        var completed = Invoke(pipeline);
        return _host.ExitCode
            ?? (completed && Evaluate("$?") == bool.TrueString ? ExitCode.Success : ExitCode.Failure);
    }

    /// <summary>Runs commands without printing what they return.</summary>
    public string Evaluate(string text)
    {
        using var pipeline = _runspace.CreatePipeline(text);
        return string.Concat(pipeline.Invoke());
    }

    /// <summary>Stops the running pipeline; false when none runs.</summary>
    /// <param name="leave">No further commands are read.</param>
    public bool Stop(bool leave)
    {
        lock (_running)
        {
            if (leave)
            {
                _host.SetShouldExit(ExitCode.Terminated);
            }

            _current?.StopAsync();
            return _current is not null;
        }
    }

    public void Dispose() => _runspace.Dispose();

    private int RunFile(CommandLine.File file)
    {
        // `exit n` in a script file only returns from the file, and fails it unless n is 0; pwsh takes it for
        // its own exit. What a program left in $LASTEXITCODE does not fail the file.
        var call = $"& {file.ToCommand()}; if (-not $?) {{ exit ($LASTEXITCODE ?? 1) }}";
        using var pipeline = _runspace.CreatePipeline(call);
        var completed = Invoke(pipeline);
        return _host.ExitCode ?? (completed ? ExitCode.Success : ExitCode.Failure);
    }

    /// <summary>Runs a pipeline and prints what it writes; false if something ended it early.</summary>
    private bool Invoke(Pipeline pipeline)
    {
        pipeline.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.Commands.Add("Out-Default");
        pipeline.Input.Close();
        SetCurrent(pipeline);
        try
        {
            pipeline.Invoke();
            return pipeline.PipelineStateInfo.State == PipelineState.Completed;
        }
        catch (PipelineStoppedException)
        {
            return false;
        }
        catch (RuntimeException exception)
        {
            PrintError(exception);
            return false;
        }
        finally
        {
            SetCurrent(null);
            _host.EndProgress();
        }
    }

    /// <summary>Prints the error that ended a pipeline as any other error is printed.</summary>
    private void PrintError(RuntimeException exception)
    {
        // Out-Default knows an error by where it came from, and nothing public can say that for this one.
        using var pipeline = _runspace.CreatePipeline("$input | Out-Default");
        pipeline.Input.Write(new ErrorRecord(exception.ErrorRecord, exception));
        pipeline.Input.Close();
        _host.ToStandardError(() => pipeline.Invoke());
    }

    private void SetCurrent(Pipeline? pipeline)
    {
        lock (_running)
        {
            _current = pipeline;
        }
    }
}
