using BackupCopy.Jobs;
using BackupCopy.Running.Scripts;
using Microsoft.Extensions.Time.Testing;

namespace BackupCopy.Tests.Running.Scripts;

/// <summary>Scripts that would not end by themselves, and what they started.</summary>
public sealed class ScriptEndTests : IDisposable
{
    private static readonly JobScripts s_minute = new() { Timeout = TimeSpan.FromMinutes(1) };

    private readonly ScriptLab _lab = new();
    private readonly FakeTimeProvider _time = new();

    /// <summary>Ways for a script to have a child that is hard to find.</summary>
    public static TheoryData<string> Children { get; } =
    [
        "bash child.sh & wait",
        "bash child.sh & sleep 1000",
        "(bash child.sh &) ; sleep 1000",
        "(setsid bash child.sh &) ; sleep 1000",
        "setsid --fork bash child.sh; sleep 1000",
        "(setsid setsid --fork bash child.sh &) ; exec sleep 1000",
        "(env -i bash child.sh &) ; sleep 1000",
        "set -m; (bash child.sh &) ; sleep 1000",
        "(BCJ_RESULT=Other BCJ_REPORT_JSON= setsid bash child.sh > /dev/null 2>&1 < /dev/null &); sleep 1000",
        "(setsid env -i bash child.sh) & trap 'exit 0' TERM; wait",
        "nohup bash child.sh > /dev/null & kill -STOP $$",
    ];

    [Theory]
    [MemberData(nameof(Children))]
    public async Task Time_that_is_up_ends_the_script_and_all_that_it_started(string how)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows what a process was started with.");
        _lab.Bash("child.sh", "trap '' TERM HUP; echo $$ > child; while :; do sleep 0.1; done");
        var running = _lab.RunAsync(
            _lab.Bash("script.sh", $"trap '' TERM; echo $$ > script; {how}"),
            time: _time, settings: s_minute);
        var script = await _lab.NumberAsync("script");
        var child = await _lab.NumberAsync("child");
        Assert.True(ScriptLab.Runs(child));
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(running.IsCompleted);
        var end = await LetTimePassAsync(running);
        Assert.Null(end.ExitCode);
        Assert.Empty(end.LeftProcesses);
        Assert.False(ScriptLab.Runs(script));
        Assert.False(ScriptLab.Runs(child));
    }

    [Fact]
    public async Task Script_that_forks_all_the_time_is_ended_too()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows what a process was started with.");
        var script = _lab.Bash(
            "chain.sh",
            "trap '' TERM; echo $$ > last.new; mv last.new last; sleep 0.02; setsid --fork \"$0\"; "
            + "if [ \"$1\" ]; then exec sleep 1000; fi");
        var running = _lab.RunAsync(script, ["first"], time: _time, settings: s_minute);
        await _lab.NumberAsync("last");
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty((await LetTimePassAsync(running)).LeftProcesses);
        var last = await _lab.NumberAsync("last");
        Assert.False(ScriptLab.Runs(last));
        Assert.Equal(last, await _lab.NumberAsync("last"));
    }

    [Fact]
    public async Task Script_and_its_children_may_tidy_up_when_their_time_is_up()
    {
        _lab.Bash(
            "child.sh",
            "trap 'echo 1 > tidied; exit' TERM; echo $$ > child; while :; do sleep 0.05; done");
        var running = _lab.RunAsync(
            _lab.Bash("script.sh", "trap 'wait; echo 1 > ended; exit 0' TERM; bash child.sh & wait"),
            time: _time, settings: s_minute);
        await _lab.NumberAsync("child");
        _time.Advance(TimeSpan.FromMinutes(1));

        // Their grace does not begin to pass before they are done.
        await _lab.NumberAsync("tidied");
        await _lab.NumberAsync("ended");
        Assert.Null((await LetTimePassAsync(running)).ExitCode);
    }

    [Fact]
    public async Task Stop_ends_the_script_and_what_it_started_before_it_is_told()
    {
        using var stop = new CancellationTokenSource();
        var running = _lab.RunAsync(
            _lab.Bash("script.sh", "trap '' TERM; setsid sleep 1000 & echo $! > child; wait; sleep 1000"),
            time: _time, cancellation: stop.Token);
        var child = await _lab.NumberAsync("child");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LetTimePassAsync(running));
        Assert.False(ScriptLab.Runs(child));
    }

    [Fact]
    public async Task What_another_script_of_the_session_started_is_left_alone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows what a process was started with.");
        using var other = new ScriptLab();
        using var service = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("sleep", "1000")
            {
                Environment = { ["BCJ_SESSION_ID"] = $"{_lab.Session.Id}", ["BCJ_PHASE"] = "PostJob" },
            })!;
        var running = _lab.RunAsync(
            _lab.Bash("script.sh", "echo $$ > script; sleep 1000"), time: _time, settings: s_minute);
        await _lab.NumberAsync("script");
        _time.Advance(TimeSpan.FromMinutes(1));
        await LetTimePassAsync(running);
        Assert.True(ScriptLab.Runs(service.Id));
        service.Kill();
    }

    [Fact]
    public async Task Hosted_script_that_does_not_stop_is_left_and_named()
    {
        await File.WriteAllTextAsync(_lab["a.ps1"], "");
        var never = new TaskCompletionSource<int>();
        var running = _lab.RunAsync(
            _lab["a.ps1"], time: _time, settings: s_minute with { AllowHosted = true },
            searchPath: _lab.Folder, host: (_, _) => never.Task);
        _time.Advance(TimeSpan.FromMinutes(1));
        var end = await LetTimePassAsync(running);
        Assert.Equal((null, Environment.ProcessId), (end.ExitCode, Assert.Single(end.LeftProcesses)));
    }

    [Fact]
    public async Task Hosted_script_whose_time_is_up_is_stopped_with_what_it_started()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows what a process was started with.");
        await File.WriteAllTextAsync(_lab["a.ps1"], "");
        using var started = new ManualResetEventSlim();
        System.Diagnostics.Process? child = null;
        var running = _lab.RunAsync(
            _lab["a.ps1"], time: _time, settings: s_minute with { AllowHosted = true },
            searchPath: _lab.Folder, host: async (call, cancellation) =>
            {
                var start = new System.Diagnostics.ProcessStartInfo("sleep", "1000");
                foreach (var (name, value) in call.Environment)
                {
                    start.Environment[name] = value;
                }

                child = System.Diagnostics.Process.Start(start);
                started.Set();
                await Task.Delay(Timeout.Infinite, cancellation);
                return 0;
            });
        started.Wait();
        _time.Advance(TimeSpan.FromMinutes(1));
        var end = await LetTimePassAsync(running);
        Assert.Null(end.ExitCode);
        Assert.Empty(end.LeftProcesses);
        Assert.False(ScriptLab.Runs(child!.Id));
        child.Dispose();
    }

    public void Dispose() => _lab.Dispose();

    // Slower than the clock would go, so that a signal arrives before the next look.
    private async Task<ScriptEnd> LetTimePassAsync(Task<ScriptEnd> running)
    {
        while (!running.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(20);
        }

        return await running;
    }
}
