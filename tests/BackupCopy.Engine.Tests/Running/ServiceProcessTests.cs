using System.Diagnostics;
using BackupCopy.Jobs;

namespace BackupCopy.Tests.Running;

/// <summary>A service in a process of its own, which is killed or told to end.</summary>
public sealed class ServiceProcessTests : IDisposable
{
    private readonly EngineLab _lab = new();

    public static TheoryData<SyncPhase> Phases => [.. Enum.GetValues<SyncPhase>().SkipLast(1)];

    private JobDefinition Job => _lab.Engine.Job("Nightly");

    public void Dispose() => _lab.Dispose();

    [Theory]
    [MemberData(nameof(Phases))]
    public async Task Kill_in_any_phase_and_the_next_service_continues_the_interval(SyncPhase phase)
    {
        var image = await PrepareAsync();
        using (var killed = Start($"{phase}"))
        {
            await ReadUntilAsync(killed, $"in {phase}");
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var left = _lab.Engine.Catalog.Run(Job.Id);
        Assert.True(left.IsOpen);

        using var next = Start();
        var started = await ReadUntilAsync(next, "ServiceStarted");
        Assert.Contains("did not end by itself", started, StringComparison.Ordinal);
        Assert.Equal("ended Success ", await ReadUntilAsync(next, "ended"));
        await EndAsync(next);
        var sessions = _lab.Engine.Sessions.List().ToList();
        Assert.Equal([SessionResult.Success, SessionResult.Failed], sessions.Select(s => s.Result));
        Assert.StartsWith($"Interrupted in {phase}", sessions[1].Reason, StringComparison.Ordinal);
        Assert.Contains($"interrupted in {phase}", sessions[0].Events[0].Text, StringComparison.Ordinal);
        var run = _lab.Engine.Catalog.Run(Job.Id);
        Assert.Equal((left.Interval, false), (run.Interval, run.IsOpen));
        var point = Assert.Single(_lab.Points("Offsite"));
        var restored = Assert.Single(await _lab.Engine.RestorePoints.ExportAsync(
            point, _lab.PathOf("restored"), [], replace: false, null, default));
        Assert.Equal(await File.ReadAllBytesAsync(image), await File.ReadAllBytesAsync(restored));
    }

    [Fact]
    public async Task Service_of_a_killed_process_is_taken_over_at_once_and_of_a_living_one_refused()
    {
        await PrepareAsync();
        using var first = Start();
        await ReadUntilAsync(first, "ServiceStarted");
        using (var second = Start())
        {
            await second.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(1, second.ExitCode);
            var error = await second.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.StartsWith("ServiceRunning: ", error, StringComparison.Ordinal);
            Assert.Contains($"process {first.Id} on", error, StringComparison.Ordinal);
        }

        first.Kill();
        using var third = Start();
        await ReadUntilAsync(third, "ServiceStarted");
        await EndAsync(third);
    }

    [Fact]
    public async Task Signal_to_end_stops_the_session_and_the_process_ends_well()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are sent with kill");
        await PrepareAsync();
        using var writer = _lab.HoldUnfinished("web02");
        using var service = Start();
        await ReadUntilAsync(service, "ServiceStarted");
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        await EndAsync(service);
        var session = Assert.Single(_lab.Engine.Sessions.List());
        Assert.Equal(SessionResult.Stopped, session.Result);
        Assert.StartsWith("Stopped with its service", session.Reason, StringComparison.Ordinal);
        Assert.True(_lab.Engine.Catalog.Run(Job.Id).IsOpen);
    }

    [Fact]
    public async Task Session_of_a_service_is_stopped_from_this_process()
    {
        await PrepareAsync();
        using var writer = _lab.HoldUnfinished("web02");
        using var service = Start();
        await ReadUntilAsync(service, "ServiceStarted");
        await _lab.WaitForStateAsync(SessionState.WaitingForRestorePoint);
        Assert.NotNull(_lab.Engine.Sessions.Stop("Nightly"));
        var ended = await ReadUntilAsync(service, "ended");
        Assert.StartsWith("ended Stopped Stopped by its user", ended, StringComparison.Ordinal);
        Assert.False(_lab.Engine.Catalog.Run(Job.Id).IsOpen);
        await EndAsync(service);
        Assert.Single(_lab.Engine.Sessions.List());
    }

    // The process has the real clock: the job is due because it never ran.
    private async Task<string> PrepareAsync()
    {
        var image = _lab.NewImage("a.img", 1 << 20, seed: 3);
        await _lab.ImportAsync("web01", image, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1));
        _lab.NewJob();
        _lab.Engine.Catalog.UpdateJob(Job.Id, known => known with
        {
            Schedule = new JobSchedule { Every = TimeSpan.FromDays(7) },
        });
        return image;
    }

    private Process Start(string? phase = null) => phase is null
        ? ChildProcess.Start("service", _lab.PathOf("catalog.db"))
        : ChildProcess.Start("service", _lab.PathOf("catalog.db"), phase);

    private static async Task<string> ReadUntilAsync(Process process, string begins)
    {
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith(begins, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
    }

    // Where there are no signals the process is killed: nothing was at work any more.
    private static async Task EndAsync(Process process)
    {
        if (OperatingSystem.IsWindows())
        {
            process.Kill();
            await process.WaitForExitAsync();
            return;
        }

        Process.Start("kill", ["-TERM", $"{process.Id}"]).Dispose();
        await ReadUntilAsync(process, "ServiceStopped");
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
    }
}
