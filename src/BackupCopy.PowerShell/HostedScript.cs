using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;
using BackupCopy.Running.Scripts;
using HostedPipeline = System.Management.Automation.PowerShell;

namespace BackupCopy.PowerShell;

/// <summary>
/// Runs a .ps1 in a new runspace of this process, as pwsh -NoProfile -NonInteractive -File would: an `exit`
/// gives the exit code, an error that ends the script is 1, other errors are printed and no more.
/// </summary>
internal static partial class HostedScript
{
    private const int Failure = 1;

    /// <summary>The engine's <see cref="ScriptHost"/>.</summary>
    public static async Task<int> RunAsync(HostedScriptCall call, CancellationToken cancellation)
    {
        var before = call.Environment.Keys.ToDictionary(name => name, Environment.GetEnvironmentVariable);
        Set(call.Environment.Select(v => (v.Key, (string?)v.Value)));
        try
        {
            using var runspace = RunspaceFactory.CreateRunspace(
                new HostedScriptHost(call.Print), InitialSessionState.CreateDefault2());
            runspace.Open();
            using var pipeline = HostedPipeline.Create();
            pipeline.Runspace = runspace;
            return await RunAsync(pipeline, call, cancellation);
        }
        finally
        {
            Set(before.Select(v => (v.Key, v.Value)));
        }
    }

    private static async Task<int> RunAsync(
        HostedPipeline pipeline, HostedScriptCall call, CancellationToken cancellation)
    {
        // A script called by another one returns from `exit` with $? false unless it was 0.
        var code = new ExitCode();
        pipeline.AddScript($"& {ToCommand(call)}; $args[0].Value = $? ? 0 : $LASTEXITCODE ?? {Failure}")
            .AddArgument(code);
        pipeline.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);

        // A program whose output would go straight to Out-Default writes to this process's own.
        pipeline.AddCommand("ForEach-Object").AddArgument(ScriptBlock.Create("$_")).AddCommand("Out-Default");
        cancellation.ThrowIfCancellationRequested();
        var running = pipeline.BeginInvoke();
        try
        {
            await using var stopping = cancellation.Register(() => pipeline.BeginStop(null, null));
            await Task.Factory.FromAsync(running, pipeline.EndInvoke);
            return code.Value;
        }
        catch (PipelineStoppedException)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (RuntimeException error)
        {
            call.Print($"{error.Message}\n{error.ErrorRecord.InvocationInfo?.PositionMessage}\n");
            return Failure;
        }
    }

    private static void Set(IEnumerable<(string Name, string? Value)> variables)
    {
        foreach (var (name, value) in variables)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    // As one would type it: names of parameters stay names, everything else is quoted.
    private static string ToCommand(HostedScriptCall call) =>
        string.Join(' ', [Quote(call.Path), .. call.Arguments.Select(ToArgument)]);

    private static string ToArgument(string argument)
    {
        var name = ParameterName().Match(argument);
        var value = argument[name.Length..];
        return name.Value + (name.Success && (value.Length == 0 || SwitchValue().IsMatch(value))
            ? value : Quote(value));
    }

    private static string Quote(string text) =>
        "'" + CodeGeneration.EscapeSingleQuotedStringContent(text) + "'";

    /// <summary>Where the runspace leaves it.</summary>
    private sealed class ExitCode
    {
        public int Value { get; set; }
    }

    [GeneratedRegex("^-[A-Za-z_][A-Za-z0-9_]*(?:$|:)")]
    private static partial Regex ParameterName();

    [GeneratedRegex(@"^\$(true|false)$", RegexOptions.IgnoreCase)]
    private static partial Regex SwitchValue();
}
