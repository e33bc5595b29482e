using System.Diagnostics;
using BackupCopy.Jobs;
using BackupCopy.Running.Scripts;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Running.Scripts;

/// <summary>A folder for real scripts, and a runner for them.</summary>
internal sealed class ScriptLab : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ScriptLab() =>
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The scripts of the tests are for bash.");

    public string this[string name] => _folder[name];

    public string Folder => _folder.Path;

    public SessionRecord Session { get; init; } = new()
    {
        Id = Guid.NewGuid(),
        JobId = Guid.NewGuid(),
        JobName = "Nightly \"ä\"\nsecond line",
        State = SessionState.Working,
        Result = SessionResult.None,
        StartUtc = new DateTime(2026, 11, 1, 22, 0, 0, DateTimeKind.Utc),
        Runner = "",
    };

    public List<ScriptLogLine> Logged { get; } = [];

    /// <summary>Both streams of a script tell at once.</summary>
    public void Log(IReadOnlyList<ScriptLogLine> lines)
    {
        lock (Logged)
        {
            Logged.AddRange(lines);
        }
    }

    public static string Path { get; } = Environment.GetEnvironmentVariable("PATH") ?? "";

    /// <summary>A bash script of these lines, executable.</summary>
    public string Bash(string name, string body) => Executable(name, "#!/bin/bash\n" + body);

    public string Executable(string name, string text)
    {
        var path = _folder[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".text", text);

        // Another process writes it: what a process of another test inherits for a moment would be a script
        // that is open for writing, which the system does not run.
        using var install = Process.Start("install", ["-m", "755", path + ".text", path]);
        install.WaitForExit();
        Assert.Equal(0, install.ExitCode);
        File.Delete(path + ".text");
        return path;
    }

    public Task<ScriptEnd> RunAsync(
        string script, string[]? arguments = null, TimeProvider? time = null, ScriptOutput? output = null,
        JobScripts? settings = null, ScriptHost? host = null, string? searchPath = null,
        CancellationToken cancellation = default) =>
        new ScriptRunner(
            LocalStorage.Instance, time ?? TimeProvider.System, host, searchPath ?? Path).RunAsync(
                new JobScript(script, arguments ?? []), settings ?? new JobScripts(),
                new ScriptVariables(Session, SyncPhase.PreJob, null, "/report.json"),
                output ?? new ScriptOutput(Log), cancellation);

    /// <summary>The number that a script writes into the file, once it is there.</summary>
    public async Task<int> NumberAsync(string file)
    {
        int number;
        while (!File.Exists(_folder[file]) || !int.TryParse(File.ReadAllText(_folder[file]), out number))
        {
            await Task.Delay(10);
        }

        return number;
    }

    /// <summary>Whether the process runs; one that ended and that nobody asked for does not.</summary>
    public static bool Runs(int id) => ProcessTable.Read().Any(p => p.Id == id);

    public void Dispose() => _folder.Dispose();
}
