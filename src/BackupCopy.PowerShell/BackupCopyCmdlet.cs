using System.Management.Automation;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.PowerShell;

/// <summary>
/// The base of every cmdlet: the catalog's place, and the boundary where an error of the engine becomes an
/// error record. A failed input does not end the pipeline; the next one is still processed.
/// </summary>
public abstract class BackupCopyCmdlet : PSCmdlet
{
    private Engine? _engine;
    private string[] _typed = [];

    /// <summary>The catalog, a file or its folder; else the environment decides, then the user.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CatalogPath { get; set; }

    private protected Engine Engine => _engine!;

    protected sealed override void BeginProcessing()
    {
        _typed = [.. MyInvocation.BoundParameters.Keys];
        try
        {
            _engine = new Engine(CatalogPath is null ? null : FullPath(CatalogPath))
            {
                ScriptHost = HostedScript.RunAsync,
            };
        }
        catch (BackupCopyException exception)
        {
            ThrowTerminatingError(exception.ToErrorRecord(CatalogPath));
        }
    }

    /// <summary>Runs for each object of the pipeline, on the pipeline's thread.</summary>
    private protected abstract void Process();

    protected sealed override void ProcessRecord() => Guard(Process);

    private protected void Guard(Action work, object? target = null)
    {
        try
        {
            work();
        }
        catch (BackupCopyException exception)
        {
            WriteError(exception.ToErrorRecord(target));
        }
    }

    /// <summary>Runs the work for each of the things; a failed one is reported and stops no other.</summary>
    private protected void ForEach<T>(IEnumerable<T> things, Action<T> work)
    {
        foreach (var thing in things)
        {
            Guard(() => work(thing), thing);
        }
    }

    /// <summary>The one thing of that name, an error if there is none; or all that match a pattern.</summary>
    private protected IEnumerable<RepositoryInfo> RepositoriesNamed(string name) =>
        IsPattern(name) ? Engine.Repositories.List(name) : [Engine.Repositories.Get(name)];

    private protected IEnumerable<string> JobsNamed(string name) =>
        IsPattern(name) ? Engine.Jobs.Names(name) : [name];

    private protected static bool IsPattern(string name) => name.AsSpan().IndexOfAny('*', '?', '[') >= 0;

    /// <summary>The absolute path of one that may start at the prompt's place or at a drive of its.</summary>
    private protected string FullPath(string path)
    {
        var full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        return provider.Name == "FileSystem" ? full : throw new BackupCopyException(
            ErrorCode.InvalidArgument, $"{path} lies in {provider.Name}, not in a file system.",
            "Give the path of a file or folder.");
    }

    /// <summary>Whether the parameter was given on the command line, not by a piped object.</summary>
    private protected bool IsTyped(string parameter) =>
        _typed.Contains(parameter, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the parameter was given in any way.</summary>
    private protected bool IsGiven(string parameter) =>
        MyInvocation.BoundParameters.ContainsKey(parameter);

    /// <summary>Whether changes are only to be told, by parameter or preference.</summary>
    private protected bool IsWhatIf =>
        LanguagePrimitives.IsTrue(MyInvocation.BoundParameters.TryGetValue("WhatIf", out var given)
            ? given : GetVariableValue("WhatIfPreference"));

    /// <summary>Whether nothing was said of asking, so that only what has a high impact is asked.</summary>
    private protected bool AsksForGraveOnly => !IsGiven("Confirm") && LanguagePrimitives.TryConvertTo(
        GetVariableValue("ConfirmPreference"), out ConfirmImpact impact) && impact == ConfirmImpact.High;

    /// <summary>Whether the debug stream is shown, by parameter or preference.</summary>
    private protected bool IsDebugging => MyInvocation.BoundParameters.TryGetValue("Debug", out var given)
        ? LanguagePrimitives.IsTrue(given)
        : GetVariableValue("DebugPreference") is not (null or ActionPreference.SilentlyContinue);

    /// <summary>Tells the person at the prompt something that scripts have no use for.</summary>
    private protected void Tell(string message) => WriteInformation(
        new HostInformationMessage { Message = message }, ["PSHOST"]);
}
