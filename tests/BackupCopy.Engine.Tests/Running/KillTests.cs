using System.Globalization;
using BackupCopy.Chains;
using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running;

/// <summary>A real process is killed (SIGKILL) in the middle of a copy, again and again.</summary>
public sealed class KillTests : IDisposable
{
    private const int Kills = 5;
    private const int Megabytes = 48;

    private readonly EngineLab _lab = new();

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
