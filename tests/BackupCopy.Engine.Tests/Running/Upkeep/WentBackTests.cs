using BackupCopy.Catalog;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;
using BackupCopy.Running.Upkeep;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running.Upkeep;

/// <summary>A target that shows an older state than the job left there, and what is none.</summary>
public sealed class WentBackTests : IDisposable
{
    private readonly RetentionLab _lab = new(new JobRetention { KeepPoints = 9 }, new JumpingClock());

    private string Offsite => _lab.Engines.PathOf("Offsite");

    private string Older => _lab.Engines.PathOf("Older");

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Restored_old_state_stops_the_job_until_it_is_accepted()
    {
        await _lab.LiveAsync(1);
        CopyTree(Offsite, Older);
        await _lab.LiveAsync(1);
        Replace(Offsite, Older);
        await _lab.NewDayAsync("web01");

        for (var session = 0; session < 2; session++)
        {
            AssertWentBack(await _lab.SyncAsync(), "went back: the job left restore point 2 there");
        }

        Assert.Equal([1L], _lab.Sequences());
        var shown = _lab.Engine.Jobs.Get("Nightly");
        Assert.Equal(
            (JobState.WaitingForConfirmation, SessionResult.Failed), (shown.State, shown.LastResult));
        Assert.Contains("web01", shown.WentBack, StringComparison.Ordinal);

        Assert.Equal("web01", Assert.Single(WentBack.Accept(_lab.Engine, _lab.Job)).Machine);
        Assert.Equal(JobState.Idle, _lab.Engine.Jobs.Get("Nightly").State);
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        Assert.Equal([1L, 2], _lab.Sequences());
        await _lab.LiveAsync(1);
    }

    [Fact]
    public async Task Newer_state_that_is_brought_back_needs_no_confirmation()
    {
        await _lab.LiveAsync(1);
        CopyTree(Offsite, Older);
        await _lab.LiveAsync(1);
        var newer = _lab.Engines.PathOf("Newer");
        Directory.Move(Offsite, newer);
        CopyTree(Older, Offsite);
        AssertWentBack(await _lab.SyncAsync(), "went back");
        Replace(Offsite, newer);
        await _lab.LiveAsync(1);
        Assert.Equal("", _lab.Engine.Jobs.Get("Nightly").WentBack);
    }

    [Fact]
    public async Task Point_file_that_somebody_deleted_is_noticed()
    {
        await _lab.LiveAsync(2);
        var newest = _lab.Engines.Points("Offsite").MaxBy(p => p.Sequence)!.Path;
        File.Delete(newest);
        File.Delete(newest + Names.Copy);
        AssertWentBack(await _lab.SyncAsync(), "the highest number is 1 now");
    }

    [Fact]
    public async Task Chain_that_somebody_deleted_is_noticed_and_other_machines_wait_too()
    {
        await _lab.NewDayAsync("web01", "db01");
        await _lab.SyncAsync();
        Directory.Delete(_lab.Chain("web01").Path, recursive: true);
        await _lab.NewDayAsync("web01", "db01");
        AssertWentBack(await _lab.SyncAsync(), "is gone, with restore point 1");
        Assert.Equal([1L], _lab.Sequences("db01"));
    }

    [Fact]
    public async Task Another_point_of_the_same_number_is_noticed()
    {
        await _lab.LiveAsync(1);
        CopyTree(Offsite, Older);
        var catalog = _lab.Engines.PathOf("other.db");
        File.Copy(_lab.Engine.CatalogPath, catalog);
        await _lab.LiveAsync(1);
        Replace(Offsite, Older);
        var other = new Engine(new CatalogStore(catalog), LocalStorage.Instance, _lab.Engines.Clock);
        var made = await other.Jobs.SyncAsync("Nightly", RetentionLab.Options, null, default);
        Assert.Equal(SessionResult.Success, made.Result);
        Assert.Equal([1L, 2], _lab.Sequences());
        AssertWentBack(await _lab.SyncAsync(), "restore point 2 in ");
    }

    [Fact]
    public async Task Damaged_newest_point_file_is_damage()
    {
        await _lab.LiveAsync(2);
        var newest = _lab.Engines.Points("Offsite").MaxBy(p => p.Sequence)!.Path;
        var bytes = File.ReadAllBytes(newest);
        bytes[100] ^= 1;
        File.WriteAllBytes(newest, bytes);
        Assert.Empty(WentBack.Find(_lab.Engine, _lab.Job));
        File.WriteAllBytes(newest + Names.Copy, bytes);
        Assert.Empty(WentBack.Find(_lab.Engine, _lab.Job));
    }

    [Fact]
    public async Task Deleted_point_file_with_its_copy_is_damage()
    {
        await _lab.LiveAsync(2);
        File.Delete(_lab.Engines.Points("Offsite").MaxBy(p => p.Sequence)!.Path);
        Assert.Empty(WentBack.Find(_lab.Engine, _lab.Job));
    }

    [Fact]
    public async Task Points_removed_by_the_product_are_never_missed()
    {
        await _lab.LiveAsync(3);
        var points = _lab.Engines.Points("Offsite");
        _lab.Engine.RestorePoints.Remove([points.MaxBy(p => p.Sequence)!], force: false);
        Assert.Empty(WentBack.Find(_lab.Engine, _lab.Job));
        _lab.Engine.RestorePoints.Remove(_lab.Engines.Points("Offsite"), force: true);
        Assert.Empty(WentBack.Find(_lab.Engine, _lab.Job));
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
    }

    [Fact]
    public async Task Backup_removed_as_a_whole_is_copied_anew()
    {
        await _lab.LiveAsync(2);
        var backup = Assert.Single(_lab.Engine.Backups.List([], ["Offsite"]));
        _lab.Engine.Backups.Remove(backup, force: true);
        await _lab.LiveAsync(1);
    }

    [Fact]
    public async Task Retention_by_hand_removes_nothing_from_an_older_state()
    {
        await _lab.LiveAsync(3);
        CopyTree(Offsite, Older);
        await _lab.LiveAsync(1);
        Replace(Offsite, Older);
        _lab.Keep(new JobRetention { KeepPoints = 2 });
        var error = await Assert.ThrowsAsync<BackupCopyException>(() => _lab.Engine.Retention.RunAsync(
            new RetentionScope.OfJob("Nightly"), new RetentionOptions(), default));
        Assert.Equal(ErrorCode.RepositoryWentBack, error.Code);
        Assert.Contains("-AcceptRollback", error.Remedy, StringComparison.Ordinal);
        Assert.Equal([1L, 2, 3], _lab.Sequences());
    }

    [Fact]
    public async Task Job_of_a_version_without_a_memory_remembers_from_its_first_session_on()
    {
        await _lab.LiveAsync(2);
        _lab.Engine.Catalog.UpdateRun(_lab.Job.Id, run => run with { Chains = [] });
        await _lab.SyncAsync();
        var chain = Assert.Single(_lab.Engine.Catalog.Run(_lab.Job.Id).Chains);
        Assert.Equal((2L, 2L, "web01"), (chain.HighestSequence, chain.NewestSequence, chain.Machine));
    }

    [Fact]
    public async Task Other_target_is_another_story()
    {
        await _lab.LiveAsync(1);
        _lab.Engine.Repositories.Create(
            "Third", _lab.Engines.PathOf("Third"), 256 * 1024, BackupCopy.Blocks.Compression.Fast);
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Target = "Third" });
        Assert.Empty(_lab.Engine.Catalog.Run(_lab.Job.Id).Chains);
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
    }

    [Fact]
    public async Task Unfinished_point_that_is_lost_is_no_going_back()
    {
        await _lab.LiveAsync(1);
        await _lab.NewDayAsync("web01");
        var session = await _lab.SyncAsync((what, path) =>
        {
            if (what == "rename" && path.EndsWith(Names.Point, StringComparison.Ordinal))
            {
                throw StorageError.From(new UnauthorizedAccessException(), path);
            }
        });
        Assert.Equal(SessionResult.Failed, session.Result);
        var chain = _lab.Chain();
        File.Delete(Path.Combine(chain.Path, Assert.IsType<UnfinishedPoint>(chain.Unfinished()).FileName));
        Assert.Empty(WentBack.Find(_lab.Engine, _lab.Job));
    }

    private static void AssertWentBack(SessionInfo session, string said)
    {
        Assert.Equal(SessionResult.Failed, session.Result);
        Assert.StartsWith("RepositoryWentBack: web01: ", session.Reason, StringComparison.Ordinal);
        Assert.Contains(said, session.Reason, StringComparison.Ordinal);
        var told = Assert.Single(session.Events, e => e.Id == (int)SessionEventId.RepositoryWentBack);
        Assert.Equal((EventLevel.Error, SyncPhase.HealthCheck), (told.Level, told.Phase));
        Assert.Empty(session.Machines);
        Assert.Equal(SyncPhase.PostJob, session.Events[^1].Phase);
    }

    private static void Replace(string folder, string by)
    {
        Directory.Delete(folder, recursive: true);
        Directory.Move(by, folder);
    }

    private static void CopyTree(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var folder in Directory.GetDirectories(from))
        {
            CopyTree(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }
}
