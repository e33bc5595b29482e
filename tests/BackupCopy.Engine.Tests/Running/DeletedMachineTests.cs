using BackupCopy.Catalog;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

/// <summary>
/// Points of machines that are in no source any more: what removes them, and what never does.
/// </summary>
public sealed class DeletedMachineTests : IDisposable
{
    private static readonly JobRetention s_retention = new() { KeepPoints = 7, RemoveDeletedAfterDays = 3 };

    private readonly RetentionLab _lab = new(s_retention, new JumpingClock());

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Deleted_machine_is_announced_and_its_points_go_in_the_next_session()
    {
        await PrepareAsync();
        DeleteInSource("web01");
        var since = await QuietDaysAsync(3);
        var announcing = await DayAsync();
        var text = $"web01 has not been in any source since {since.ToLocalText()}; its restore points go in "
            + "the next session, GFS points stay.";
        Assert.Equal((SessionResult.Warning, text), (announcing.Result, announcing.Reason));
        var said = Assert.Single(announcing.Events, e => e.Level == EventLevel.Warning);
        Assert.Equal((SyncPhase.Transforming, "web01", text), (said.Phase, said.Machine, said.Text));
        Assert.Equal(2, _lab.Sequences("web01").Count);

        var removing = await DayAsync();
        Assert.Equal((SessionResult.Success, 2), (removing.Result, _lab.Record(removing).RemovedPointCount));
        Assert.Contains(removing.Events, e => e.Machine == "web01"
            && e.Text.EndsWith(
                $": its machine has not been in any source since {since:yyyy-MM-dd}.",
                StringComparison.Ordinal));
        Assert.Empty(_lab.Sequences("web01"));
        Assert.Equal(7, _lab.Sequences("db01").Count);

        Assert.Equal(SessionResult.Success, (await DayAsync()).Result);
        Assert.Empty(Absent());
        await _lab.AssertWholeAsync();
    }

    [Fact]
    public async Task Empty_chain_is_listed_as_nothing_and_goes_on_where_it_was()
    {
        await PrepareAsync();
        DeleteInSource("web01");
        await QuietDaysAsync(5);
        var files = Directory.GetFiles(_lab.Chain("web01").Path).Select(Path.GetFileName);
        Assert.EndsWith(Names.HighWater, Assert.Single(files), StringComparison.Ordinal);

        Assert.Equal(["db01"], _lab.Engines.Points("Offsite").Select(p => p.Machine).Distinct());
        Assert.Equal(["db01"], All().Select(p => p.Machine).Distinct());
        Assert.Equal(1, _lab.Engine.Repositories.Get("Offsite").MachineCount);
        Assert.Empty(_lab.Engine.Repositories.Rescan("Offsite", default).Damage);
        Assert.Equal(TimeSpan.Zero, _lab.Engine.Jobs.Get("Nightly").Lag);
        Assert.All(_lab.Engine.Jobs.Plan("Nightly", []), p => Assert.Equal(SyncAction.UpToDate, p.Action));

        await _lab.NewDayAsync("db01", "web01");
        Assert.Equal(SyncAction.Copy, _lab.Engine.Jobs.Plan("Nightly", ["web01"]).Single().Action);
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        Assert.Equal([3L], _lab.Sequences("web01"));
        await _lab.AssertWholeAsync();
    }

    [Fact]
    public async Task Only_machine_of_a_backup_may_go_and_the_job_goes_on()
    {
        _lab.Engine.Catalog.UpdateJob(
            _lab.Job.Id, j => j with { Selection = new JobSelection { Machines = ["web*"] } });
        await PrepareAsync();
        DeleteInSource("web01");
        await QuietDaysAsync(5);
        Assert.Empty(All());
        Assert.Equal(0, _lab.Engine.Repositories.Get("Offsite").RestorePointCount);
        Assert.Empty(_lab.Engine.Repositories.Rescan("Offsite", default).Damage);
        await _lab.NewDayAsync("web01");
        Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        Assert.Equal([3L], _lab.Sequences("web01"));
    }

    [Fact]
    public async Task Flagged_and_held_points_stay()
    {
        // The first day is a Monday: the 7th is flagged.
        _lab.Keep(s_retention with { Weekly = "4", WeeklyOn = "Sunday" });
        for (var day = 1; day <= 9; day++)
        {
            await _lab.NewDayAsync("db01", "web01");
            await _lab.SyncAsync();
        }

        var chain = _lab.Chain("web01");
        chain.ChangeMark(
            chain.Points().Single(p => p.Sequence == 5), _lab.Engine.NowUtc, m => m with { IsHeld = true });
        DeleteInSource("web01");
        await QuietDaysAsync(9);
        Assert.Equal([5L, 7], _lab.Sequences("web01"));
        await _lab.AssertWholeAsync();

        chain.ChangeMark(
            chain.Points().Single(p => p.Sequence == 5), _lab.Engine.NowUtc, m => m with { IsHeld = false });
        await QuietDaysAsync(1);
        Assert.Equal([7L], _lab.Sequences("web01"));

        // No tier counts a point that is set aside; its flag keeps it all the same.
        chain.ChangeMark(chain.Points()[0], _lab.Engine.NowUtc, m => m with { IsSetAside = true });
        await QuietDaysAsync(1);
        Assert.Equal([7L], _lab.Sequences("web01"));
    }

    [Fact]
    public async Task Machine_that_comes_back_is_counted_anew()
    {
        await PrepareAsync();
        var folder = DeleteInSource("web01");
        await QuietDaysAsync(4);
        Assert.NotNull(Assert.Single(Absent()).AnnouncedUtc);
        Directory.Move(folder.Away, folder.There);
        await QuietDaysAsync(1);
        Assert.Empty(Absent());
        Directory.Move(folder.There, folder.Away);
        await QuietDaysAsync(4);
        Assert.Equal(2, _lab.Sequences("web01").Count);
        await QuietDaysAsync(1);
        Assert.Empty(_lab.Sequences("web01"));
    }

    [Fact]
    public async Task Excluded_machine_and_one_of_another_job_are_not_deleted()
    {
        await PrepareAsync();
        _lab.Engine.Catalog.UpdateJob(
            _lab.Job.Id, j => j with { Selection = new JobSelection { Exclude = ["web01"] } });
        await QuietDaysAsync(8);
        Assert.Equal(2, _lab.Sequences("web01").Count);
        Assert.Empty(Absent());
    }

    [Fact]
    public async Task Machine_that_is_silent_or_fails_is_not_deleted()
    {
        await PrepareAsync();
        await _lab.ImportAsync("web01");
        foreach (var blocks in Directory.GetFiles(InSource("web01"), "*" + Names.Blocks))
        {
            File.WriteAllBytes(blocks, new byte[new FileInfo(blocks).Length]);
        }

        for (var day = 0; day < 8; day++)
        {
            Assert.Equal(SessionResult.Failed, (await DayAsync()).Result);
        }

        Assert.Equal(2, _lab.Sequences("web01").Count);
        Assert.Empty(Absent());
    }

    [Fact]
    public async Task Machine_whose_source_is_away_is_not_deleted()
    {
        _lab.Engine.Repositories.Create(
            "Second", _lab.Engines.PathOf("Second"), 256 * 1024, BackupCopy.Blocks.Compression.Fast);
        var id = _lab.Engine.Repository("Second").Id;
        _lab.Engine.Catalog.UpdateJob(
            _lab.Job.Id, j => j with { SourceRepositoryIds = [.. j.SourceRepositoryIds, id] });
        await PrepareAsync();
        var second = _lab.Engines.PathOf("Second");
        var (there, away) = DeleteInSource("web01");
        await QuietDaysAsync(2);
        Assert.Single(Absent());
        Directory.Move(second, second + ".away");
        for (var day = 0; day < 8; day++)
        {
            Assert.Contains((await DayAsync()).Events, e => e.Text.StartsWith(
                "Deleted machines are not looked for in this session: ", StringComparison.Ordinal));
        }

        Assert.Null(Assert.Single(Absent()).AnnouncedUtc);

        // One that is seen all the same is there.
        Directory.Move(away, there);
        await DayAsync();
        Assert.Empty(Absent());
        Assert.Equal(2, _lab.Sequences("web01").Count);
    }

    [Fact]
    public async Task Chain_that_cannot_be_read_keeps_every_machine()
    {
        await PrepareAsync();
        var (there, _) = DeleteInSource("web01");
        Directory.CreateDirectory(there);
        File.WriteAllText(Path.Combine(there, Names.PointFile(1, _lab.Engine.NowUtc)), "damaged");
        for (var day = 0; day < 8; day++)
        {
            await DayAsync();
        }

        Assert.Empty(Absent());
        Assert.Equal(2, _lab.Sequences("web01").Count);
    }

    [Fact]
    public async Task Sources_without_any_machine_decide_nothing()
    {
        await PrepareAsync();
        DeleteInSource("web01");
        await QuietDaysAsync(4);
        var before = Absent();
        Assert.NotNull(Assert.Single(before).AnnouncedUtc);
        DeleteInSource("db01");
        for (var day = 0; day < 8; day++)
        {
            await DayAsync();
        }

        Assert.Equal(before, Absent());
        Assert.Equal(2, _lab.Sequences("web01").Count);
    }

    [Fact]
    public async Task Unfinished_point_is_a_sign_of_life()
    {
        await PrepareAsync();
        DeleteInSource("web01");
        await QuietDaysAsync(4);
        using var writer = _lab.Engines.HoldUnfinished("web01");
        _lab.Engines.Clock.Advance(TimeSpan.FromDays(1));
        await _lab.SyncAsync(RetentionLab.Options with { Wait = TimeSpan.Zero });
        Assert.Empty(Absent());
        Assert.Equal(2, _lab.Sequences("web01").Count);
    }

    [Fact]
    public async Task Machine_that_got_another_id_in_the_source_and_uses_the_chain_is_not_deleted()
    {
        await PrepareAsync();

        // The source is begun anew, and knows the machine by another id: the mapped chain goes on by name.
        _lab.Engine.Catalog.UpdateJob(_lab.Job.Id, j => j with
        {
            MappedBackupFolder = Path.GetFileName(
                Directory.GetDirectories(_lab.Engines.PathOf("Offsite"), "Nightly.*").Single()),
        });
        var chain = _lab.Chain("web01");
        Assert.NotEqual(Guid.Empty, chain.Newest()!.File!.MachineId);
        DeleteInSource("web01");
        await RenameMachineIdAsync("web01", Guid.NewGuid());
        for (var day = 0; day < 8; day++)
        {
            Assert.NotEqual(SessionResult.Failed, (await DayAsync()).Result);
        }

        Assert.Empty(Absent());
        Assert.Equal([1L, 2, 3], _lab.Sequences("web01"));
    }

    [Fact]
    public async Task Turning_it_off_forgets_the_count_and_losing_the_catalog_only_delays()
    {
        await PrepareAsync();
        DeleteInSource("web01");
        await QuietDaysAsync(4);
        _lab.Keep(s_retention with { RemoveDeletedAfterDays = 0 });
        await QuietDaysAsync(2);
        Assert.Empty(Absent());
        _lab.Keep(s_retention);
        await QuietDaysAsync(4);
        Assert.Equal(2, _lab.Sequences("web01").Count);

        var folder = _lab.Engines.LoseCatalog();
        _lab.Engines.NewJob(map: folder);
        _lab.Keep(s_retention);
        await QuietDaysAsync(4);
        Assert.Equal(2, _lab.Sequences("web01").Count);
        await QuietDaysAsync(1);
        Assert.Empty(_lab.Sequences("web01"));
    }

    [Fact]
    public async Task Session_of_some_machines_announces_and_removes_no_others()
    {
        await PrepareAsync();
        DeleteInSource("web01");
        var some = RetentionLab.Options with { Machines = ["db01"] };
        for (var day = 0; day < 8; day++)
        {
            await _lab.NewDayAsync("db01");
            Assert.Equal(SessionResult.Success, (await _lab.SyncAsync(some)).Result);
        }

        Assert.Null(Assert.Single(Absent()).AnnouncedUtc);
        Assert.Equal(SessionResult.Warning, (await DayAsync()).Result);
        await _lab.SyncAsync(some);
        Assert.Equal(2, _lab.Sequences("web01").Count);
        await DayAsync();
        Assert.Empty(_lab.Sequences("web01"));
    }

    private async Task PrepareAsync()
    {
        for (var day = 0; day < 2; day++)
        {
            await _lab.NewDayAsync("db01", "web01");
            Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
        }
    }

    private async Task<SessionInfo> DayAsync()
    {
        await _lab.NewDayAsync();
        if (Directory.Exists(InSource("db01")))
        {
            await _lab.ImportAsync("db01");
        }

        return await _lab.SyncAsync();
    }

    /// <summary>Returns when the first of the sessions began.</summary>
    private async Task<DateTime> QuietDaysAsync(int days)
    {
        DateTime? first = null;
        for (var day = 0; day < days; day++)
        {
            var session = await DayAsync();
            Assert.NotEqual(SessionResult.Failed, session.Result);
            first ??= session.StartTime.ToUniversalTime();
        }

        return first!.Value;
    }

    private IReadOnlyList<AbsentMachine> Absent() => _lab.Engine.Catalog.AbsentMachines(_lab.Job.Id);

    private List<RestorePointInfo> All() => [.. _lab.Engine.RestorePoints.List(new RestorePointQuery
    {
        Repositories = ["Offsite"],
        IncludeIncomplete = true,
    })];

    private string InSource(string machine) => Directory.GetDirectories(
        _lab.Engines.PathOf("Primary"), machine + ".*", SearchOption.AllDirectories).SingleOrDefault() ?? "";

    private (string There, string Away) DeleteInSource(string machine)
    {
        var there = InSource(machine);
        var away = _lab.Engines.PathOf(machine + ".deleted");
        Directory.Move(there, away);
        return (there, away);
    }

    private async Task RenameMachineIdAsync(string machine, Guid id)
    {
        var definition = _lab.Engine.Repository("Primary");
        var repository = _lab.Engine.Open(definition);
        var backup = BackupCopy.Inventory.Identity.OfBackup("Manual");
        var chain = repository.BackupFor("Manual", backup).ChainFor(machine, id);
        _lab.Engines.Clock.Advance(TimeSpan.FromDays(1));
        using var images = BackupCopy.Sources.ImageSet.Open(
            [new(_lab.Engines.PathOf(machine + ".img"), machine + ".img")], root: null, isRaw: true, default);
        await BackupCopy.Copying.PointCopy.FromImagesAsync(
            images.Disks, [], chain,
            Tests.Chains.Lab.Request(repository, _lab.Engine.NowUtc) with
            {
                MachineId = id,
                MachineName = machine,
                JobId = backup,
                JobName = "Manual",
            },
            Tests.Chains.Lab.Options, new BackupCopy.Copying.CopyProgress(), default);
    }
}
