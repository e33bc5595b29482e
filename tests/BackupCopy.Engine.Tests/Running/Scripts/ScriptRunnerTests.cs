using BackupCopy.Jobs;
using BackupCopy.Running.Scripts;
using Microsoft.Extensions.Time.Testing;

namespace BackupCopy.Tests.Running.Scripts;

/// <summary>Real scripts: how they are started, what they are told, and what they say.</summary>
public sealed class ScriptRunnerTests : IDisposable
{
    private readonly ScriptLab _lab = new();

    [Fact]
    public async Task Every_exit_code_arrives()
    {
        var script = _lab.Bash("exit.sh", "exit $1");
        for (var code = 0; code < 256; code++)
        {
            Assert.Equal(code, (await _lab.RunAsync(script, [$"{code}"])).ExitCode);
        }
    }

    [Fact]
    public async Task Script_that_is_killed_has_the_exit_code_that_a_shell_gives_it() =>
        Assert.Equal(128 + 9, (await _lab.RunAsync(_lab.Bash("kill.sh", "kill -9 $$"))).ExitCode);

    [Fact]
    public async Task Arguments_and_path_arrive_exactly()
    {
        string[] arguments =
        [
            "", " ", "a b", "it's", "\"quoted\"", "$HOME `id` $(id)", "*", "\\", "\\\"", "new\nline", "tab\t",
            "ä€𝄞", "--", "-n", "'; rm -rf /'", "%PATH%", "!", "a;b|c&d<e>f",
        ];
        var script = _lab.Bash("folder of mine/it's \"a\" script.sh", "printf '%s\\0' \"$@\" > arguments");
        await _lab.RunAsync(script, arguments);
        Assert.Equal(
            string.Concat(arguments.Select(a => a + "\0")),
            await File.ReadAllTextAsync(_lab["folder of mine/arguments"]));
    }

    [Fact]
    public async Task Script_is_told_of_its_session_and_has_an_empty_input()
    {
        var script = _lab.Bash("env.sh", "cat; env -0 | grep -z ^BCJ_ | sort -z > env");
        Assert.Equal(0, (await _lab.RunAsync(script)).ExitCode);
        Assert.Equal(
            [
                "BCJ_INTERVAL_START=2026-11-01T22:00:00Z",
                $"BCJ_JOB_ID={_lab.Session.JobId}",
                $"BCJ_JOB_NAME={_lab.Session.JobName}",
                "BCJ_PHASE=PreJob",
                "BCJ_REPORT_JSON=/report.json",
                "BCJ_RESULT=",
                $"BCJ_SESSION_ID={_lab.Session.Id}",
            ],
            (await File.ReadAllTextAsync(_lab["env"])).TrimEnd('\0').Split('\0'));
    }

    [Fact]
    public async Task Both_streams_are_kept_as_lines_and_log_lines_become_events()
    {
        var output = new ScriptOutput(_lab.Log);
        await _lab.RunAsync(
            _lab.Bash(
                "say.sh",
                """
                echo 'LOG:INFO began'
                echo one
                printf '10%%\r20%%\r100%%\n\033[31mred\033[0m\x07\r\n'
                echo 'LOG:WARN  two words'
                printf 'LOG:ERROR no end' >&2
                """),
            output: output);
        Assert.Equal("one\n100%\nred", output.Tail);
        Assert.Equal(
            [
                (EventLevel.Error, "no end"), (EventLevel.Info, "began"), (EventLevel.Warning, "two words"),
            ],
            _lab.Logged.Select(l => (l.Level, l.Text)).OrderBy(l => l.Text == "no end" ? 0 : 1));
    }

    [Fact]
    public async Task Hundred_megabytes_are_read_to_the_end_and_only_the_last_lines_held()
    {
        var output = new ScriptOutput(_lab.Log);
        var end = await _lab.RunAsync(
            _lab.Bash(
                "flood.sh",
                """
                exec 2> /dev/null
                yes 'a line of the flood' | head -c 50000000
                head -c 50000000 /dev/zero | tr '\0' x
                echo
                yes LOG:WARN\ a | head -n 1000
                echo last
                """),
            output: output);
        Assert.Equal(0, end.ExitCode);
        Assert.EndsWith(" …\nlast", output.Tail, StringComparison.Ordinal);
        Assert.InRange(output.Tail.Length, ScriptOutput.MostKeptBytes - 5000, ScriptOutput.MostKeptBytes);
        Assert.Equal((200, 800), (_lab.Logged.Count, output.SurplusLogCount));
        Assert.Matches(@"^… the last 1 of 2,\d\d\d,\d\d\d lines:\nlast$", output.Excerpt(4096));
    }

    [Fact]
    public async Task Child_that_keeps_the_output_open_is_neither_waited_for_nor_ended()
    {
        var time = new FakeTimeProvider();
        var output = new ScriptOutput(_lab.Log);
        var running = _lab.RunAsync(
            _lab.Bash("leave.sh", "sleep 1000 & echo $! > child; echo done; exit 3"), output: output,
            time: time);
        var child = await _lab.NumberAsync("child");
        while (!running.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(1);
        }

        Assert.Equal((3, "done"), ((await running).ExitCode, output.Tail));
        Assert.True(ScriptLab.Runs(child));
        System.Diagnostics.Process.GetProcessById(child).Kill();
    }

    [Fact]
    public async Task Error_of_who_takes_the_log_lines_ends_the_script_and_is_told()
    {
        var output = new ScriptOutput(
            _ => throw new BackupCopyException(ErrorCode.CatalogUnavailable, "Gone.", ""));
        var script = _lab.Bash("log.sh", "echo $$ > me; echo LOG:INFO a; sleep 1000");
        var error = await Assert.ThrowsAsync<BackupCopyException>(
            () => _lab.RunAsync(script, output: output));
        Assert.Equal(ErrorCode.CatalogUnavailable, error.Code);
        Assert.False(ScriptLab.Runs(await _lab.NumberAsync("me")));
    }

    [Theory]
    [InlineData("missing", ErrorCode.ScriptNotFound, "does not exist")]
    [InlineData("folder", ErrorCode.ScriptNotFound, "is a folder")]
    [InlineData("plain", ErrorCode.ScriptFailed, "may not execute it")]
    [InlineData("headless", ErrorCode.ScriptFailed, "does not begin with a #! line")]
    [InlineData("empty", ErrorCode.ScriptFailed, "does not begin with a #! line")]
    [InlineData("windows", ErrorCode.ScriptFailed, "CR LF")]
    [InlineData("strange", ErrorCode.ScriptFailed, "names /no/such/shell, which does not exist")]
    public async Task Script_that_cannot_be_started_is_named_with_what_to_do(
        string script, ErrorCode code, string why)
    {
        Directory.CreateDirectory(_lab["folder"]);
        await File.WriteAllTextAsync(_lab["plain"], "#!/bin/sh\n");
        _lab.Executable("headless", "echo hello > ran\n");
        _lab.Executable("empty", "");
        _lab.Executable("windows", "#!/bin/bash\r\necho hello\r\n");
        _lab.Executable("strange", "#! /no/such/shell -x\n");
        var error = await Assert.ThrowsAsync<BackupCopyException>(() => _lab.RunAsync(_lab[script]));
        Assert.Equal(code, error.Code);
        Assert.Contains(_lab[script], error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Contains(
            code == ErrorCode.ScriptFailed ? "chmod +x" : "Set-BackupCopyJob", error.Remedy,
            StringComparison.Ordinal);
        Assert.False(File.Exists(_lab["ran"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/usr/bin:/bin")]
    public async Task Binary_program_runs_with_and_without_setsid(string searchPath)
    {
        File.Copy("/bin/sleep", _lab["program"]);
        Assert.Equal(0, (await _lab.RunAsync(_lab["program"], ["0"], searchPath: searchPath)).ExitCode);
    }

    [Fact]
    public async Task Powershell_script_runs_in_the_pwsh_of_the_path()
    {
        await File.WriteAllTextAsync(_lab["a.ps1"], "");
        _lab.Bash("bin/pwsh", "printf '%s|' \"$@\"; exit 4");
        var output = new ScriptOutput(_lab.Log);
        var end = await _lab.RunAsync(
            _lab["a.ps1"], ["-Name", "a b"], output: output,
            searchPath: $"relative:{_lab["none"]}:{_lab["bin"]}");
        Assert.Equal(
            (4, $"-NoProfile|-NonInteractive|-File|{_lab["a.ps1"]}|-Name|a b|"), (end.ExitCode, output.Tail));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Powershell_script_without_a_pwsh_needs_a_host_and_to_be_allowed(
        bool allowed, bool hasHost)
    {
        await File.WriteAllTextAsync(_lab["a.ps1"], "");
        var error = await Assert.ThrowsAsync<BackupCopyException>(() => _lab.RunAsync(
            _lab["a.ps1"], settings: new JobScripts { AllowHosted = allowed }, searchPath: _lab.Folder,
            host: hasHost ? (_, _) => Task.FromResult(0) : null));
        Assert.Equal(ErrorCode.ScriptHostMissing, error.Code);
        Assert.Contains("pwsh", error.Message, StringComparison.Ordinal);
        Assert.Contains("PowerShell 7.6", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("-AllowHostedScript", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Powershell_script_runs_in_the_host_where_it_may()
    {
        await File.WriteAllTextAsync(_lab["a.ps1"], "");
        var output = new ScriptOutput(_lab.Log);
        HostedScriptCall? got = null;
        var end = await _lab.RunAsync(
            _lab["a.ps1"], ["x"], output: output, settings: new JobScripts { AllowHosted = true },
            searchPath: _lab.Folder, host: (call, _) =>
            {
                got = call;
                call.Print("hello\nLOG:WARN careful\n");
                return Task.FromResult(6);
            });
        Assert.Equal((6, "hello"), (end.ExitCode, output.Tail));
        Assert.Equal(new ScriptLogLine(EventLevel.Warning, "careful"), Assert.Single(_lab.Logged));
        Assert.Equal((_lab["a.ps1"], "x"), (got!.Path, Assert.Single(got.Arguments)));
        Assert.Equal($"{_lab.Session.Id}", got.Environment["BCJ_SESSION_ID"]);
    }

    public void Dispose() => _lab.Dispose();
}
