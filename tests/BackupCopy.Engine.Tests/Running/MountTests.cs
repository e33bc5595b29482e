using BackupCopy.Blocks;
using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Running;

/// <summary>Copies to real mounts that are cut or detached in the middle.</summary>
public sealed class MountTests : IDisposable
{
    private const int Megabytes = 16;

    private readonly EngineLab _lab = new();
    private readonly TaskCompletionSource _gone = new();
    private string _image = "";

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Mount_that_is_gone_for_a_while_costs_no_attempt_and_the_copy_is_whole(bool isFuse)
    {
        using var mount = isFuse ? MountedFolder.FuseOrSkip() : MountedFolder.DriveOrSkip();
        await PrepareAsync(mount);
        var copying = SyncAsync(mount, s_patient);
        await _gone.Task;
        await _lab.WaitForTaskAsync(SessionState.WaitingForRepository);
        Assert.Empty(isFuse ? [] : Directory.GetFileSystemEntries(mount.Path));
        mount.PutBack();
        var session = await copying;
        Assert.Equal((SessionResult.Success, ""), (session.Result, session.Reason));
        var machine = Assert.Single(session.Machines);
        Assert.Equal("Full.", machine.Reason);
        Assert.True(machine.ReusedBytes > 0, "Nothing was taken over.");

        // Writes that were under way may have reached the disk without an answer: they are taken over, but
        // nobody saw them arrive.
        Assert.InRange(machine.TransferredBytes, (Megabytes - 2) << 20, (Megabytes << 20) * 1.3);
        await AssertRestoresAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Mount_that_stays_away_is_a_failure_and_nothing_is_made_in_its_place(bool isFuse)
    {
        using var mount = isFuse ? MountedFolder.FuseOrSkip() : MountedFolder.DriveOrSkip();
        await PrepareAsync(mount);
        var session = await SyncAsync(mount, s_impatient);
        Assert.Equal(SessionResult.Failed, session.Result);
        Assert.Equal("ConnectionLost", Assert.Single(session.Machines).Error);
        Assert.Empty(isFuse ? [] : Directory.GetFileSystemEntries(mount.Path));
        Assert.Empty(Directory.GetFiles(mount.Behind, "*.bcpoint", SearchOption.AllDirectories));

        // What was sent before is not sent again.
        mount.PutBack();
        session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Success, session.Result);
        Assert.True(session.ReusedBytes > 0, "Nothing was taken over.");
        await AssertRestoresAsync();
    }

    private static readonly SyncOptions s_patient = new()
    {
        Retries = [],
        Transfer = new() { Look = TimeSpan.FromMilliseconds(20), Recheck = TimeSpan.Zero },
    };

    private static readonly SyncOptions s_impatient = new()
    {
        Retries = [],
        Transfer = new()
        {
            Look = TimeSpan.FromMilliseconds(20),
            Recheck = TimeSpan.Zero,
            GiveUpAfter = TimeSpan.FromMilliseconds(100),
        },
    };

    // The mount's root is the repository, so that nothing of it is left where the mount was.
    private async Task PrepareAsync(MountedFolder mount)
    {
        _image = _lab.NewImage("web01.img", Megabytes << 20, seed: 5);
        await _lab.ImportAsync("web01", _image);
        _lab.Engine.Repositories.Create("Drive", mount.Path, 256 * 1024, Compression.Fast);
        _lab.Engine.Jobs.Create(new JobSettings
        {
            Name = "Nightly",
            Sources = ["Primary"],
            Target = "Drive",
        });
    }

    private Task<SessionInfo> SyncAsync(MountedFolder mount, SyncOptions options)
    {
        var writes = 0;
        var storage = new CutStorage((what, path) =>
        {
            if (what == "write" && path.EndsWith(".bcblocks", StringComparison.Ordinal)
                && path.StartsWith(mount.Path, StringComparison.Ordinal)
                && Interlocked.Increment(ref writes) == 8)
            {
                mount.TakeAway();
                _gone.SetResult();
            }
        });
        return new Engine(new CatalogStore(_lab.PathOf("catalog.db")), storage, _lab.Clock)
            .Jobs.SyncAsync("Nightly", options, null, default);
    }

    private async Task AssertRestoresAsync()
    {
        var file = Assert.Single(await _lab.Engine.RestorePoints.ExportAsync(
            Assert.Single(_lab.Points("Drive")), _lab.PathOf("restored"), [], replace: false, null, default));
        Assert.Equal(await File.ReadAllBytesAsync(_image), await File.ReadAllBytesAsync(file));
    }
}
