using BackupCopy.Blocks;
using BackupCopy.Catalog;
using BackupCopy.Copying;
using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.TestProcess;

namespace BackupCopy.Tests.Running;

/// <summary>A copy that reads a point which another job's retention wants gives way and goes on.</summary>
public sealed class TransformWishTests : IDisposable
{
    private const int Megabytes = 24;

    private static readonly SyncOptions s_options = new() { Poll = TimeSpan.FromMilliseconds(20) };

    private readonly RetentionLab _lab = new(new JobRetention { KeepPoints = 2 });

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Copy_gives_way_within_a_batch_and_ends_with_the_newest_point_sending_nothing_twice()
    {
        await _lab.ImportAsync("web01", Megabytes << 20);
        await _lab.SyncAsync(s_options);
        var archive = NewArchive();

        // The copy of the copy stands still in its first point while two newer ones arrive.
        using var gate = new ManualResetEventSlim();
        var reached = new TaskCompletionSource();
        var (written, whenLeft) = (0, 0);
        var copying = archive((what, path) =>
        {
            if (what == "delete" && path.EndsWith(".reader", StringComparison.Ordinal) && whenLeft == 0)
            {
                whenLeft = written;
            }

            if (what == "write" && IsData(path) && Interlocked.Increment(ref written) > 6 && !gate.IsSet)
            {
                reached.TrySetResult();
                gate.Wait();
            }
        });
        await reached.Task;
        for (var day = 0; day < 2; day++)
        {
            await _lab.NewDayAsync("web01");
            if (day == 0)
            {
                Assert.Equal(SessionResult.Success, (await _lab.SyncAsync(s_options)).Result);
            }
        }

        var retention = _lab.SyncAsync(s_options);
        await WaitForAsync(() => Running("Nightly")?.State == SessionState.WaitingForLock);
        Assert.Contains(
            "copying web01 for job Archive", Running("Nightly")!.Reason, StringComparison.Ordinal);
        var before = written;
        gate.Set();
        Assert.Equal((SessionResult.Success, ""), ((await retention).Result, (await retention).Reason));
        Assert.Equal([2L, 3], _lab.Sequences());

        var copied = await copying;
        Assert.Equal((SessionResult.Success, ""), (copied.Result, copied.Reason));
        Assert.Equal(
            _lab.Engines.Points("Offsite")[^1].Time, Assert.Single(_lab.Engines.Points("Archive")).Time);
        Assert.InRange(whenLeft - before, 0, 2 * new CopyOptions().Workers);

        // Two blocks at most changed in each of the two days; the rest was sent once, whoever gave way.
        Assert.True(copied.ReusedBytes > 0, "Nothing was taken over.");
        Assert.InRange(copied.TransferredBytes, Megabytes << 20, (Megabytes << 20) + (6 * 256 * 1024));
        await _lab.AssertWholeAsync();
    }

    private Func<Action<string, string>, Task<Reporting.SessionInfo>> NewArchive()
    {
        _lab.Engine.Repositories.Create(
            "Archive", _lab.Engines.PathOf("Archive"), 256 * 1024, Compression.Fast);
        _lab.Engine.Jobs.Create(new JobSettings
        {
            Name = "Archive",
            Sources = ["Offsite"],
            Target = "Archive",
        });
        var engine = (Action<string, string> before) => new Engine(
            new CatalogStore(_lab.Engines.PathOf("catalog.db")), new HookedStorage(before),
            _lab.Engines.Clock);
        return before => engine(before).Jobs.SyncAsync("Archive", s_options, null, default);
    }

    private bool IsData(string path) =>
        path.StartsWith(_lab.Engines.PathOf("Archive"), StringComparison.Ordinal)
        && path.EndsWith(BackupCopy.Format.Names.Blocks, StringComparison.Ordinal);

    private SessionRecord? Running(string job) => _lab.Engine.Catalog.Sessions(new() { IsRunning = true })
        .SingleOrDefault(s => s.JobName == job);

    private static async Task WaitForAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(10);
        }
    }
}
