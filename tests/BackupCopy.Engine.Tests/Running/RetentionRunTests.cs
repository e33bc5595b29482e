using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running;

/// <summary>Retention outside a session: what goes, who is in the way, and what is refused.</summary>
public sealed class RetentionRunTests : IDisposable
{
    private readonly EngineLab _lab = new();
    private readonly List<(string Machine, BackupCopyException Error)> _errors = [];

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Removes_what_the_changed_policy_does_not_keep_and_says_why()
    {
        await CopyDaysAsync(5);
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Retention = new() { KeepPoints = 2 } });
        var planned = Assert.Single(_lab.Engine.Retention.Plan(Job, [], null));
        var before = StoredBytes();

        var result = Assert.Single(await RunAsync(Job));

        Assert.Equal([1L, 2, 3], result.Removed.Select(r => r.Sequence));
        Assert.Equal(planned.Removed, result.Removed);
        Assert.Equal(planned.KeptCount, result.KeptCount);
        Assert.All(result.Removed, r => Assert.Equal("older than the newest 2 points", r.Why));
        Assert.Equal(("Nightly", "Offsite", "web01"), (result.Job, result.Repository, result.Machine));
        Assert.Equal((2, 0), (result.KeptCount, result.Debt));
        Assert.Equal(planned.FreedBytes, result.FreedBytes);
        Assert.InRange(result.FreedBytes, 1, before);
        Assert.Empty(_errors);
        Assert.Equal(2, _lab.Engine.Repositories.Get("Offsite").RestorePointCount);
        Assert.Empty(Assert.Single(await RunAsync(Job)).Removed);
    }

    [Fact]
    public async Task What_is_stored_falls_by_what_returned_and_a_deep_rescan_gives_back_filled_holes()
    {
        await CopyDaysAsync(5);
        Assert.SkipUnless(
            _lab.Engine.Repositories.Get("Offsite").ReleaseMode == ReleaseMode.Punch, "Nothing is punched.");
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Retention = new() { KeepPoints = 2 } });
        var before = StoredBytes();
        var result = Assert.Single(await RunAsync(Job));
        var after = StoredBytes();

        // Indexes are no block files.
        Assert.InRange(before - after, result.FreedBytes - 100_000, result.FreedBytes);
        Assert.Equal(after, _lab.Engine.Backups.List(["Nightly"], []).Single().StoredBytes);

        foreach (var file in Directory.GetFiles(TargetChain().Path, "*" + Names.Blocks))
        {
            var bytes = File.ReadAllBytes(file);
            File.Delete(file);
            File.WriteAllBytes(file, bytes);
        }

        var filled = StoredBytes() - after;
        var deep = _lab.Engine.Repositories.Rescan("Offsite", default, deep: true);
        Assert.True(filled > 0);
        Assert.Equal((0L, filled, after), (deep.LeakedBytes, deep.ReclaimedBytes, deep.StoredBytes));
    }

    [Fact]
    public async Task A_plan_changes_nothing()
    {
        await CopyDaysAsync(4);
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Retention = new() { KeepPoints = 2 } });

        Assert.Equal(2, Assert.Single(_lab.Engine.Retention.Plan(Job, [], null)).Removed.Count);

        Assert.Equal(4, _lab.Points("Offsite").Count);
    }

    [Fact]
    public async Task A_point_that_is_read_is_a_debt_that_names_the_reader_and_is_paid_later()
    {
        await CopyDaysAsync(4);
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Retention = new() { KeepPoints = 2 } });
        var chain = TargetChain();
        using (chain.OpenPoint(chain.Points()[0]))
        {
            var result = Assert.Single(await RunAsync(Job));

            Assert.Equal((1, 1), (result.Removed.Count, result.Debt));
            var (machine, error) = Assert.Single(_errors);
            Assert.Equal(("web01", ErrorCode.RetentionDebt), (machine, error.Code));
            Assert.Equal(1, _lab.Engine.Jobs.Get("Nightly").RetentionDebt);
            Assert.Equal(
                $"Retention was run again and removed 1 restore point (1 of web01), {result.FreedBytes:N0} "
                + "bytes came back: 1 restore point that should be gone is left.",
                LastEvent());
        }

        var paid = Assert.Single(await RunAsync(Job));
        Assert.Equal((1, 0), (paid.Removed.Count, paid.Debt));
        Assert.Equal(
            $"Retention was run again and removed 1 restore point (1 of web01), {paid.FreedBytes:N0} bytes "
            + "came back: 0 restore points that should be gone are left.",
            LastEvent());
        Assert.Empty(Assert.Single(await RunAsync(Job)).Removed);
        Assert.Equal(1, EventsOfLast().Count(e => e.Text.Contains(": 0 rest", StringComparison.Ordinal)));
        Assert.Equal(0, _lab.Engine.Jobs.Get("Nightly").RetentionDebt);
        Assert.Equal(2, _lab.Points("Offsite").Count);
    }

    [Fact]
    public async Task Waiting_asks_the_reader_and_goes_on_when_it_is_gone()
    {
        await CopyDaysAsync(3);
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Retention = new() { KeepPoints = 2 } });
        var chain = TargetChain();
        var reader = chain.OpenPoint(chain.Points()[0]);

        var running = Task.Run(() => RunAsync(Job, TimeSpan.FromDays(1)));
        while (!reader.IsWanted)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        reader.Dispose();
        var result = Assert.Single(await running);

        Assert.Equal((1, 0), (result.Removed.Count, result.Debt));
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task A_job_that_runs_is_left_alone()
    {
        await CopyDaysAsync(1);
        var job = _lab.Engine.Job("Nightly");
        using (JobLock.Take(_lab.Engine, job.Id, job.Name))
        {
            var error = await Assert.ThrowsAsync<BackupCopyException>(() => RunAsync(Job));
            Assert.Equal(ErrorCode.JobRunning, error.Code);
            var planned = Assert.Throws<BackupCopyException>(
                () => _lab.Engine.Retention.Plan(Job, [], null).ToList());
            Assert.Equal((error.Code, error.Message), (planned.Code, planned.Message));
        }

        Assert.Single(_lab.Engine.Retention.Plan(Job, [], null));
        Assert.Single(await RunAsync(Job));
    }

    [Fact]
    public async Task A_damaged_neighbour_keeps_its_neighbours_and_is_an_error()
    {
        await CopyDaysAsync(5);
        var points = _lab.Points("Offsite");
        File.Delete(points[2].Path + Names.Copy);
        var bytes = File.ReadAllBytes(points[2].Path);
        File.WriteAllBytes(points[2].Path, [.. bytes.Select((b, i) => i == 200 ? (byte)(b ^ 1) : b)]);
        var before = File.ReadAllBytes(points[0].Path);
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Retention = new() { KeepPoints = 2 } });

        var result = Assert.Single(await RunAsync(Job));

        Assert.Equal((0, 2), (result.Removed.Count, result.Debt));
        Assert.Equal(ErrorCode.DamagedFile, Assert.Single(_errors).Error.Code);
        Assert.NotEmpty(result.Notes);
        Assert.Equal(before, File.ReadAllBytes(points[0].Path));
    }

    [Fact]
    public async Task An_orphaned_backup_goes_by_the_policy_that_is_given()
    {
        await CopyDaysAsync(4);
        _lab.Engine.Jobs.Remove("Nightly");

        var result = Assert.Single(await RunAsync(Orphan("Offsite", "Nightly", new() { KeepPoints = 3 })));

        Assert.Equal(("", 1, 3), (result.Job, result.Removed.Count, result.KeptCount));
    }

    [Fact]
    public async Task An_orphaned_backup_without_a_policy_and_one_that_is_not_orphaned_are_refused()
    {
        await CopyDaysAsync(3);

        var none = await Assert.ThrowsAsync<BackupCopyException>(
            () => RunAsync(Orphan("Primary", "Manual", new())));
        var owned = await Assert.ThrowsAsync<BackupCopyException>(
            () => RunAsync(Orphan("Offsite", "Nightly", new() { KeepPoints = 2 })));
        var unknown = await Assert.ThrowsAsync<BackupCopyException>(
            () => RunAsync(Orphan("Offsite", "Daily", new() { KeepPoints = 2 })));

        Assert.Equal(ErrorCode.InvalidArgument, none.Code);
        Assert.Equal(ErrorCode.BackupBelongsToAnotherJob, owned.Code);
        Assert.Contains("Nightly", owned.Message);
        Assert.Equal(ErrorCode.BackupNotFound, unknown.Code);
        Assert.Contains("-Backup", unknown.Remedy);
        Assert.Equal(3, _lab.Points("Offsite").Count);
    }

    [Fact]
    public async Task Only_the_machines_that_are_named()
    {
        await CopyDaysAsync(3, "web01", "db01");
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Retention = new() { KeepPoints = 2 } });

        var result = Assert.Single(await RunAsync(Job, default, "db*"));
        var none = await Assert.ThrowsAsync<BackupCopyException>(() => RunAsync(Job, default, "x*"));

        Assert.Equal("db01", result.Machine);
        Assert.EndsWith("are left of these machines.", LastEvent(), StringComparison.Ordinal);
        Assert.Equal(ErrorCode.MachineNotFound, none.Code);
        Assert.Equal(3, _lab.Points("Offsite").Count(p => p.Machine == "web01"));
    }

    [Fact]
    public async Task A_machine_whose_folder_cannot_be_read_is_an_error_and_the_others_go_on()
    {
        await CopyDaysAsync(3, "web01", "db01");
        _lab.Engine.Jobs.Update("Nightly", new JobSettings { Retention = new() { KeepPoints = 2 } });
        var engine = _lab.Without(Path.GetDirectoryName(
            _lab.Points("Offsite").First(p => p.Machine == "db01").Path)!);
        void Fail(string machine, BackupCopyException error) => _errors.Add((machine, error));

        var planned = Assert.Single(engine.Retention.Plan(Job, [], Fail));
        var forecast = Assert.Single(engine.Retention.Forecast("Nightly", new(), new() { Days = 3 }, Fail));
        var done = Assert.Single(await engine.Retention.RunAsync(
            Job, new RetentionOptions { Fail = Fail }, TestContext.Current.CancellationToken));
        var rescan = engine.Repositories.Rescan("Offsite", default, deep: true);

        Assert.Equal(["web01", "web01", "web01"], [planned.Machine, forecast.Machine, done.Machine]);
        Assert.Equal((1, 2), (done.Removed.Count, done.KeptCount));
        Assert.Equal(Enumerable.Repeat(("db01", ErrorCode.StorageError), 3),
            _errors.Select(e => (e.Machine, e.Error.Code)));
        Assert.Contains("removed 1 restore point (1 of web01)", LastEvent(), StringComparison.Ordinal);
        Assert.Equal((2, 2), (rescan.MachineCount, rescan.RestorePointCount));
        Assert.Contains("access denied", Assert.Single(rescan.Damage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_is_written_or_cannot_be_changed_does_not_stop_the_rescan_of_others()
    {
        await CopyDaysAsync(1, "web01", "db01");
        var folder = Path.GetDirectoryName(_lab.Points("Primary").First(p => p.Machine == "web01").Path)!;
        File.Delete(Directory.GetFiles(folder, "*" + Names.Index)[0]);
        using (_lab.HoldUnfinished("web01"))
        {
            var busy = _lab.Engine.Repositories.Rescan("Primary", default);
            Assert.Equal((2, 1, 0), (busy.MachineCount, busy.Skipped.Count, busy.RebuiltIndexCount));
        }

        var engine = new Engine(
            new BackupCopy.Catalog.CatalogStore(_lab.PathOf("catalog.db")),
            new BackupCopy.TestProcess.HookedStorage((_, path) =>
            {
                if (path.StartsWith(folder, StringComparison.Ordinal))
                {
                    throw StorageError.Full(path);
                }
            }),
            _lab.Clock);
        var full = engine.Repositories.Rescan("Primary", default, deep: true);
        Assert.Contains("is full", Assert.Single(full.Damage), StringComparison.Ordinal);
        Assert.Equal(2, full.MachineCount);
        Assert.Equal(1, _lab.Engine.Repositories.Rescan("Primary", default).RebuiltIndexCount);
    }

    [Fact]
    public async Task A_job_without_a_backup_has_nothing_to_remove()
    {
        _lab.NewJob();

        Assert.Empty(await RunAsync(Job));
    }

    private static RetentionScope Job => new RetentionScope.OfJob("Nightly");

    private static RetentionScope.OfBackup Orphan(
        string repository, string backup, RetentionSettings policy) => new(repository, backup, policy);

    private Task<IReadOnlyList<RetentionResult>> RunAsync(
        RetentionScope scope, TimeSpan wait = default, params string[] machines) =>
        _lab.Engine.Retention.RunAsync(
            scope,
            new RetentionOptions
            {
                Machines = machines,
                Wait = wait,
                Poll = TimeSpan.FromMilliseconds(5),
                Fail = (machine, error) => _errors.Add((machine, error)),
            },
            TestContext.Current.CancellationToken);

    private async Task CopyDaysAsync(int days, params string[] machines)
    {
        string[] names = machines.Length > 0 ? machines : ["web01"];
        _lab.NewJob();
        foreach (var name in names)
        {
            _lab.NewImage(name, 2_000_000, 1);
        }

        for (var day = 0; day < days; day++)
        {
            foreach (var name in names)
            {
                EngineLab.Change(_lab.PathOf(name), day * 100_000, 300_000, seed: day);
                await _lab.ImportAsync(name, _lab.PathOf(name));
            }

            Assert.Equal(SessionResult.Success, (await _lab.SyncAsync()).Result);
            _lab.Clock.Advance(TimeSpan.FromDays(1));
        }
    }

    private Chain TargetChain() =>
        RepositoryFolder.Open(LocalStorage.Instance, _lab.PathOf("Offsite")).Backups().Single()
            .Chains().Single();

    private IReadOnlyList<SessionEventInfo> EventsOfLast() => _lab.Engine.Sessions.List().First().Events;

    private string LastEvent() => EventsOfLast()[^1].Text;

    private long StoredBytes() => _lab.Engine.Repositories.Get("Offsite").StoredBytes;
}
