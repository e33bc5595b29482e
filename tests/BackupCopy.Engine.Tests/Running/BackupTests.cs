using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Reporting;

namespace BackupCopy.Tests.Running;

/// <summary>Whole backups, and what a repository knows of its space.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly EngineLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task A_backup_tells_its_job_its_points_and_whether_it_is_orphaned()
    {
        await CopyAsync();

        var kept = One("Nightly");
        Assert.Equal(("Offsite", "Nightly", false), (kept.Repository, kept.Job, kept.IsOrphaned));
        Assert.Equal((1, 1), (kept.MachineCount, kept.RestorePointCount));
        Assert.True(kept.StoredBytes > 0);
        Assert.Equal(kept.Oldest, kept.Newest);
        Assert.Equal(_lab.Points("Offsite")[0].Time, kept.Newest);
        Assert.Equal(kept, One(kept.Folder) with { });
        var made = One("Manual");
        Assert.Equal(("Primary", "", false), (made.Repository, made.Job, made.IsOrphaned));

        _lab.Engine.Jobs.Remove("Nightly");
        Assert.True(One("Nightly").IsOrphaned);
        _lab.NewJob(map: kept.Folder);
        Assert.Equal(("Nightly", false), (One("Nightly").Job, One("Nightly").IsOrphaned));
    }

    [Fact]
    public async Task A_backup_that_a_job_keeps_goes_only_by_force()
    {
        await CopyAsync();
        var backup = One("Nightly");

        Assert.Equal(ErrorCode.BackupInUse, CodeOf(() => _lab.Engine.Backups.CheckRemoval(backup, false)));
        Assert.Equal(ErrorCode.BackupInUse, CodeOf(() => _lab.Engine.Backups.Remove(backup, false)));
        Assert.Empty(_lab.Engine.Backups.Remove(backup, force: true));

        Assert.False(Directory.Exists(backup.Path));
        Assert.Equal(ErrorCode.BackupNotFound, CodeOf(() => _lab.Engine.Backups.Remove(backup, true)));
        await _lab.SyncAsync();
        Assert.Single(_lab.Points("Offsite"));
    }

    [Fact]
    public async Task An_orphaned_backup_goes_and_no_other()
    {
        await CopyAsync();
        _lab.Engine.Jobs.Remove("Nightly");

        Assert.Empty(_lab.Engine.Backups.Remove(One("Nightly"), force: false));

        Assert.Single(_lab.Points("Primary"));
        Assert.Equal(["Manual"], _lab.Engine.Backups.List([], []).Select(b => b.Name));
    }

    [Fact]
    public async Task A_deep_rescan_finds_and_gives_back_what_nothing_uses()
    {
        var folder = Path.GetDirectoryName((await CopyAsync()).Path)!;
        var stray = Path.Combine(folder, Names.BlockFile(77));
        File.Copy(Directory.GetFiles(folder, "*" + Names.Blocks).Order().First(), stray);
        var bytes = new FileInfo(stray).Length;

        var plain = _lab.Engine.Repositories.Rescan("Offsite", default);
        var deep = _lab.Engine.Repositories.Rescan("Offsite", default, deep: true);
        var again = _lab.Engine.Repositories.Rescan("Offsite", default, deep: true);

        Assert.Equal((0L, 0L), (plain.LeakedBytes, plain.ReclaimedBytes));
        Assert.Equal((bytes, bytes), (deep.LeakedBytes, deep.ReclaimedBytes));
        Assert.Equal((0L, 0L), (again.LeakedBytes, again.ReclaimedBytes));
        Assert.Empty(deep.Damage);
        Assert.False(File.Exists(stray));
    }

    [Fact]
    public async Task A_deep_rescan_leaves_out_what_is_written_and_names_what_is_damaged()
    {
        var point = await CopyAsync();
        using (_lab.HoldUnfinished("web01"))
        {
            var busy = _lab.Engine.Repositories.Rescan("Primary", default, deep: true);
            Assert.Single(busy.Skipped);
            Assert.Empty(busy.Damage);
        }

        File.Delete(point.Path + Names.Copy);
        File.WriteAllText(point.Path, "nonsense");
        var damaged = _lab.Engine.Repositories.Rescan("Offsite", default, deep: true);
        Assert.Contains(point.Path, Assert.Single(damaged.Damage), StringComparison.Ordinal);
        Assert.Equal(0, damaged.ReclaimedBytes);
    }

    [Fact]
    public void The_way_space_returns_is_the_repositorys_own()
    {
        var repositories = _lab.Engine.Repositories;
        var made = repositories.Create(
            "Vault", _lab.PathOf("Vault"), 256 * 1024, Compression.None, ReleaseMode.WholeFiles);
        Assert.Equal(ReleaseMode.WholeFiles, made.ReleaseMode);

        var changed = repositories.Update(
            "Vault", null, null, null, null, releaseMode: ReleaseMode.Rewrite);
        Assert.Equal(ReleaseMode.Rewrite, changed.ReleaseMode);
        Assert.Equal(ReleaseMode.Rewrite, repositories.Update("Vault", "Cellar", null, 2, null).ReleaseMode);

        Directory.Move(_lab.PathOf("Vault"), _lab.PathOf("Away"));
        Assert.Null(repositories.Get("Cellar").ReleaseMode);
    }

    private async Task<RestorePointInfo> CopyAsync()
    {
        await _lab.ImportAsync("web01", _lab.NewImage("web01.img", 600_000, 1));
        _lab.NewJob();
        await _lab.SyncAsync();
        return _lab.Points("Offsite").Single();
    }

    private BackupInfo One(string name) => Assert.Single(_lab.Engine.Backups.List([name], []));

    private static ErrorCode CodeOf(Action action) => Assert.Throws<BackupCopyException>(action).Code;
}
