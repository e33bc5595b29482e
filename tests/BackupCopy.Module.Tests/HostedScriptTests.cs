using System.Management.Automation;
using BackupCopy.PowerShell;
using BackupCopy.Running.Scripts;

namespace BackupCopy.ModuleTests;

/// <summary>A job's .ps1 that runs inside the module's own process.</summary>
public sealed class HostedScriptTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("backupcopy-hosted ' ");
    private readonly List<string> _printed = [];

    [Theory]
    [InlineData("'done'", 0, "done")]
    [InlineData("exit 5", 5, "")]
    [InlineData("exit 0", 0, "")]
    [InlineData("'a'; & { exit 7 }; 'b'", 7, "a")]
    [InlineData("Get-Command no-such-command; 'goes on'", 0, "*no-such-command*goes on")]
    [InlineData("$null.Method(); 'goes on'", 0, "*null*goes on")]
    [InlineData("'first'; throw 'oh dear'; 'never'", 1, "first*oh dear*script.ps1:1*")]
    [InlineData("$ErrorActionPreference = 'Stop'; Get-Command no-such-command; exit 2", 1, "*no-such-*")]
    [InlineData("if (", 1, "*Missing*")]
    [InlineData(
        "[CmdletBinding()] param() $PSCmdlet.WriteWarning('careful'); 'a', 'b' | % { $Host.UI.Write($_) }",
        0, "WARNING: careful*ab")]
    [InlineData("'LOG:WARN careful'; Get-Module", 0, "LOG:WARN careful")]
    [InlineData("@{ one = 1 }", 0, "*Name*Value*one*1*")]
    [InlineData("dotnet no-such-thing *> $null; 'done'", 0, "done")]
    [InlineData("$Host.UI.ReadLine()", 0, "*nobody can answer*")]
    [InlineData("$Host.SetShouldExit(4); 'done'", 0, "done")]
    public async Task Script_ends_and_prints_as_in_pwsh(string script, int code, string printed)
    {
        Assert.Equal(code, await RunAsync(script));
        var all = string.Concat(_printed).Trim();
        Assert.True(new WildcardPattern(printed).IsMatch(all), all);
    }

    [Fact]
    public async Task Arguments_arrive_by_name_and_exactly()
    {
        await RunAsync(
            """
            param([string] $Path, [switch] $Force)
            "$Path|$Force|$($args -join '|')|$PSScriptRoot"
            """,
            arguments: ["-Path", "it's \"a\" $HOME", "-Force:$true", "x; exit 3", "", "-5"]);
        Assert.Equal($"it's \"a\" $HOME|True|x; exit 3||-5|{_folder.FullName}\n", string.Concat(_printed));
    }

    [Fact]
    public async Task Variables_are_seen_by_the_script_and_its_programs_and_gone_afterwards()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "printenv is a program of Unix.");
        await RunAsync("$env:BCJ_HOSTED_A; printenv BCJ_HOSTED_A; sh -c 'echo $BCJ_HOSTED_A >&2'; 'done'");
        Assert.Equal("value\nvalue\nvalue\ndone\n", string.Concat(_printed));
        Assert.Null(Environment.GetEnvironmentVariable("BCJ_HOSTED_A"));
    }

    [Fact]
    public async Task Cancellation_stops_the_script_before_it_is_told()
    {
        using var stop = new CancellationTokenSource();
        var began = new TaskCompletionSource();
        var running = RunAsync(
            """
            try { 'began'; while ($true) { [Threading.Thread]::Sleep(10) } }
            finally { [IO.File]::WriteAllText("$PSScriptRoot/tidied", '') }
            """,
            print: _ => began.TrySetResult(), cancellation: stop.Token);
        await began.Task;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.True(File.Exists(Path.Combine(_folder.FullName, "tidied")));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Task<int> RunAsync(
        string script, string[]? arguments = null, Action<string>? print = null,
        CancellationToken cancellation = default)
    {
        var path = Path.Combine(_folder.FullName, "script.ps1");
        File.WriteAllText(path, script);
        return HostedScript.RunAsync(
            new HostedScriptCall(
                path, arguments ?? [], new Dictionary<string, string> { ["BCJ_HOSTED_A"] = "value" },
                print ?? Print),
            cancellation);
    }

    private void Print(string text)
    {
        lock (_printed)
        {
            _printed.Add(text);
        }
    }
}
