using System.Diagnostics;
using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests;

public sealed class ShellTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("backupcopy-shell-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("1", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("Get-Command no-such-command", 1)]
    [InlineData("Get-Command no-such-command; 1", 0)]
    [InlineData("throw 'x'", 1)]
    [InlineData("1 +", 1)]
    [InlineData("Get-Module BackupCopy | ForEach-Object { exit 3 }", 3)]
    public async Task Command_exits_as_in_pwsh(string commands, int expected) =>
        Assert.Equal(expected, (await ChildProcess.Shell("-Command", commands)).ExitCode);

    [Theory]
    [InlineData("'done'", 0)]
    [InlineData("exit 5", 5)]
    [InlineData("exit 0", 0)]
    [InlineData("Get-Command no-such-command", 0)]
    [InlineData("throw 'x'", 1)]
    [InlineData("$ErrorActionPreference = 'Stop'; Get-Command no-such-command; exit 2", 1)]
    [InlineData("if (", 1)]
    [InlineData("dotnet no-such-thing *> $null; 'done'", 0)]
    public async Task Script_exits_as_in_pwsh(string script, int expected) =>
        Assert.Equal(expected, (await ChildProcess.Shell(Script(script))).ExitCode);

    [Theory]
    [InlineData("-Path 'a b' -Count 3 -Force rest", "a b|3|True|rest")]
    [InlineData("-Path:x -Force:$false", "x|1|False|")]
    [InlineData("it''s -5", "it's|-5|False|")]
    [InlineData("-Path $HOME;1", "$HOME;1|1|False|")]
    public async Task Script_arguments_bind_by_name_position_and_switch(string arguments, string expected)
    {
        var script = Script("""
            param([string] $Path, [int] $Count = 1, [switch] $Force)
            "$Path|$Count|$Force|$args"
            """);

        var result = await ChildProcess.Shell([script, .. Split(arguments)]);

        Assert.Equal(expected + "\n", result.Output);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public async Task Script_knows_its_own_place()
    {
        var script = Script("$PSScriptRoot; $PSCommandPath");

        Assert.Equal($"{_folder.FullName}\n{script}\n", (await ChildProcess.Shell(script)).Output);
    }

    [Fact]
    public async Task Errors_go_to_standard_error_and_the_rest_is_plain_text_when_redirected()
    {
        var result = await ChildProcess.Shell(
            "-Command", "Get-Module BackupCopy; Get-Command no-such-command; throw 'oh dear'");

        Assert.Contains("ExportedCommands", result.Output);
        Assert.Contains("no-such-command", result.Error);
        Assert.Contains("oh dear", result.Error);
        Assert.DoesNotContain('\u001b', result.Output + result.Error);
    }

    [Fact]
    public async Task A_question_that_nobody_can_answer_is_not_taken_for_a_yes()
    {
        var result = await ChildProcess.Shell(
            "-Command", "Remove-Module BackupCopy -Confirm; 'removed: ' + !(Get-Module BackupCopy)");

        Assert.Contains("nobody can answer", result.Error);
        Assert.DoesNotContain("removed: True", result.Output);
    }

    [Fact]
    public async Task A_missing_script_and_an_unknown_option_are_errors_of_the_command_line()
    {
        Assert.Equal(64, (await ChildProcess.Shell(Path.Combine(_folder.FullName, "missing.ps1"))).ExitCode);
        Assert.Equal(64, (await ChildProcess.Shell("-NoSuchOption")).ExitCode);
    }

    [Theory]
    [InlineData("INT", 1)]
    [InlineData("TERM", 143)]
    public async Task A_signal_stops_the_pipeline_and_the_script_can_clean_up(string signal, int expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are sent with env and kill");
        var script = Script("""
            try { 'started'; while ($true) { [Threading.Thread]::Sleep(20) } }
            finally { [Console]::WriteLine('let go') }
            'not reached'
            """);

        // A runner in the background may have SIGINT ignored, and its children inherit that.
        var process = ChildProcess.Start("env", "--default-signal=INT", "dotnet", Places.Shell, script);
        var firstLine = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.Equal("started", firstLine);
        Process.Start("kill", [$"-{signal}", $"{process.Id}"]).Dispose();
        var result = await ChildProcess.Run(process);

        Assert.Equal("let go\n", result.Output);
        Assert.Equal(expected, result.ExitCode);
    }

    private string Script(string text)
    {
        var file = Path.Combine(_folder.FullName, "script.ps1");
        File.WriteAllText(file, text);
        return file;
    }

    private static IEnumerable<string> Split(string arguments) =>
        arguments.Replace("''", "\0").Split('\'')
            .SelectMany((part, i) =>
                i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(part => part.Replace('\0', '\''));
}
