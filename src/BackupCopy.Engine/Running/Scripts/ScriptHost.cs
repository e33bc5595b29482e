namespace BackupCopy.Running.Scripts;

/// <summary>
/// Runs a .ps1 inside this process where no pwsh is installed. A script's end is its exit code, an error that
/// ends it is 1; cancellation stops it and is thrown once it has stopped.
/// </summary>
public delegate Task<int> ScriptHost(HostedScriptCall call, CancellationToken cancellation);

/// <summary>A .ps1 that is to be run inside this process.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Environment">Variables that the script and what it starts can see.</param>
/// <param name="Print">
/// Told of what it prints, piece by piece and with its line ends, from any thread. What it throws ends the
/// script.
/// </param>
public sealed record HostedScriptCall(
    string Path, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment,
    Action<string> Print);
