using System.Globalization;
using BackupCopy.Chains;
using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running;

/// <summary>A real process is killed (SIGKILL), in the middle of a copy and in every phase.</summary>
public sealed class KillTests : IDisposable
{
    private const int Kills = 5;
    private const int Megabytes = 48;

    private static readonly string[] s_machines = ["db01", "web01", "web02"];

    private readonly EngineLab _lab = new();

    public static TheoryData<SyncPhase> Phases => [.. Enum.GetValues<SyncPhase>().SkipLast(1)];

    [Fact]
    public async Task Five_kills_lose_no_point_and_send_at_most_a_queue_depth_twice_each()
    {
        var image = _lab.NewImage("a.img", Megabytes << 20, seed: 3);
        var small = _lab.NewImage("small.img", 1 << 20, seed: 4);
        await _lab.ImportAsync("web01", small);
        _lab.NewJob();
        await _lab.SyncAsync();
        _lab.Clock.Advance(TimeSpan.FromDays(1));
        await _lab.ImportAsync("web01", image);

        // Slow enough to be caught in the middle, five times.
        _lab.Engine.Repositories.Update("Offsite", null, null, null, 16 << 20);
        for (var kill = 0; kill < Kills; kill++)
        {
            await KillAfterMoreAsync(4 << 20);
        }

        _lab.Engine.Repositories.Update("Offsite", null, null, null, 0);
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, session.Result);
        Assert.True(session.ReusedBytes > 10 << 20, $"Only {session.ReusedBytes} bytes were taken over.");
        var points = _lab.Points("Offsite");
        Assert.Equal(2, points.Count);
        Assert.Equal(File.ReadAllBytes(image), await ExportAsync(points[1], "new"));
        Assert.Equal(File.ReadAllBytes(small), await ExportAsync(points[0], "old"));
        AssertStoredTwice(points[1].Path);
        Assert.All(_lab.Engine.Sessions.List(), s => Assert.NotNull(s.EndTime));
        Assert.Equal(Kills, _lab.Engine.Sessions.List(result: SessionResult.Failed).Count());
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public async Task Kill_in_any_phase_is_told_truthfully_and_the_next_sync_continues(SyncPhase phase)
    {
        var image = _lab.NewImage("a.img", 1 << 20, seed: 3);
        await _lab.ImportAsync("web01", image);
        _lab.NewJob();
        using (var process = ChildProcess.Start("sync", _lab.PathOf("catalog.db"), "Nightly", $"{phase}"))
        {
            for (string? line = null; line != $"in {phase}";)
            {
                line = await process.StandardOutput.ReadLineAsync();
                Assert.NotNull(line);
            }

            var running = Assert.Single(_lab.Engine.Sessions.List());
            Assert.Equal((phase, null), (running.Phase, running.EndTime));
            process.Kill();
            await process.WaitForExitAsync();
        }

        var dead = Assert.Single(_lab.Engine.Sessions.List());
        Assert.Equal((SessionResult.Failed, SessionState.Completed), (dead.Result, dead.State));
        Assert.Equal(phase, dead.Phase);
        Assert.NotNull(dead.EndTime);
        Assert.Equal($"Interrupted in {phase}: its process ended without finishing it.", dead.Reason);
        Assert.Equal(dead.Reason, dead.Events[^1].Text);

        var next = await _lab.SyncAsync();
        Assert.Equal((SessionResult.Success, SyncPhase.Idle), (next.Result, next.Phase));
        Assert.Equal(
            $"The session of {dead.StartTime:yyyy-MM-dd HH:mm:ss} was interrupted in {phase}; "
            + "this one continues it.",
            next.Events[0].Text);
        var point = Assert.Single(_lab.Points("Offsite"));
        Assert.Equal(File.ReadAllBytes(image), await ExportAsync(point, "restored"));
    }

    [Fact]
    public async Task Kill_after_some_machines_says_how_many_were_done()
    {
        foreach (var (seed, machine) in s_machines.Index())
        {
            await _lab.ImportAsync(machine, _lab.NewImage(machine, 1 << 20, seed));
        }

        _lab.NewJob();
        using (_lab.HoldUnfinished("web02"))
        using (var process = ChildProcess.Start("sync", _lab.PathOf("catalog.db"), "Nightly"))
        {
            while (_lab.Engine.Sessions.List().Sum(s => s.Machines.Count(m => m.EndTime is not null)) < 2)
            {
                await Task.Delay(20);
            }

            process.Kill();
            await process.WaitForExitAsync();
        }

        var next = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, next.Result);
        var dead = Assert.Single(_lab.Engine.Sessions.List(result: SessionResult.Failed));
        Assert.Equal("Interrupted in Synchronizing: its process ended without finishing it.", dead.Reason);
        Assert.Equal(
            $"The session of {dead.StartTime:yyyy-MM-dd HH:mm:ss} was interrupted in Synchronizing after "
            + "2 machines; this one continues it.",
            next.Events[0].Text);
        Assert.Equal(s_machines, _lab.Points("Offsite").Select(p => p.Machine));
    }

    public void Dispose() => _lab.Dispose();

    private async Task KillAfterMoreAsync(long bytes)
    {
        using var process = ChildProcess.Start("sync", _lab.PathOf("catalog.db"), "Nightly");
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Assert.StartsWith("stored ", line, StringComparison.Ordinal);
            if (long.Parse(line.AsSpan(7), CultureInfo.InvariantCulture) >= bytes)
            {
                process.Kill();
                await process.WaitForExitAsync();
                return;
            }
        }

        Assert.Fail(
            "The copy ended before it could be killed: " + await process.StandardError.ReadToEndAsync());
    }

    private async Task<byte[]> ExportAsync(Reporting.RestorePointInfo point, string folder) =>
        await File.ReadAllBytesAsync(Assert.Single(await _lab.Engine.RestorePoints.ExportAsync(
            point, _lab.PathOf(folder), [], replace: false, null, default)));

    // All blocks of the image differ, so a digest that lies in two records was stored twice.
    private static void AssertStoredTwice(string pointPath)
    {
        var folder = Path.GetDirectoryName(pointPath)!;
        var repository = RepositoryFolder.Open(
            LocalStorage.Instance, Path.GetDirectoryName(Path.GetDirectoryName(folder))!);
        var chain = new Chain(repository, folder);
        var newest = chain.Newest()!.File!;
        using var store = chain.OpenStore(newest.MachineId);
        var digests = new List<BackupCopy.Blocks.Digest>();
        foreach (var file in newest.BlockFiles
            .Where(f => f.Kind == BackupCopy.Format.BlockFileKind.Data && f.BirthSequence > 1))
        {
            var path = Path.Combine(folder, BackupCopy.Format.Names.IndexFile(file.Number));
            var index = BackupCopy.Format.IndexFile.Read(File.ReadAllBytes(path), path);
            for (uint record = 0; record < index.Count; record++)
            {
                digests.Add(store.DigestOf(new BackupCopy.Format.RecordName(file.Number, record)));
            }
        }

        var options = new BackupCopy.Copying.CopyOptions();
        var depth = options.Workers * options.BlocksPerBatch(newest.BlockSizeBytes);
        Assert.InRange(digests.Count - digests.Distinct().Count(), 0, Kills * depth);
    }
}
