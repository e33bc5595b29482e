using BackupCopy.Chains;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Running.Upkeep;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running.Upkeep;

/// <summary>Compacting outside a session: whose chains, beside whom, and what it refuses.</summary>
public sealed class CompactionRunTests : IDisposable
{
    private readonly EngineLab _lab = new();
    private readonly List<(string Machine, ErrorCode Code)> _errors = [];

    private static CompactionScope Job { get; } = new CompactionScope.OfJob("Nightly");

    private CompactionOptions Options => new()
    {
        Fail = (machine, error) => _errors.Add((machine, error.Code)),
    };

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task A_plan_says_what_the_run_then_does()
    {
        await CopyDaysAsync(4, "web01");
        var before = Stored();

        var plan = Assert.Single(_lab.Engine.Compaction.Plan(Job, Options, default));
        Assert.Equal(before, Stored());
        var told = new List<CompactionResult>();
        var result = Assert.Single(await _lab.Engine.Compaction.RunAsync(
            Job,
            Options with
            {
                Compacted = r =>
                {
                    told.Add(r);
                    return default;
                },
            },
            default));

        Assert.Equal(("Nightly", "Offsite", "web01"), (result.Job, result.Repository, result.Machine));
        Assert.Equal((true, false), (plan.IsPlan, result.IsPlan));
        Assert.Equal(plan.ExtentsPerGBBefore, result.ExtentsPerGBBefore);
        Assert.True(plan.MovedBytes > 0);
        Assert.True(result.MovedBytes > 0);
        Assert.True(result.ExtentsPerGBAfter < result.ExtentsPerGBBefore);
        Assert.Equal([result], told);
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task A_machine_that_is_being_written_is_its_own_error()
    {
        await CopyDaysAsync(1, "web01", "db01");
        using var writer = Chain("db01").TakeAppendLock("writing");

        var result = Assert.Single(await _lab.Engine.Compaction.RunAsync(Job, Options, default));

        Assert.Equal("web01", result.Machine);
        Assert.Equal([("db01", ErrorCode.ChainLocked)], _errors);
    }

    [Fact]
    public async Task A_job_that_runs_is_an_error_also_of_its_backup()
    {
        await CopyDaysAsync(1, "web01");
        var folder = Path.GetFileName(Path.GetDirectoryName(Chain("web01").Path))!;
        using var running = JobLock.Take(_lab.Engine, _lab.Engine.Job("Nightly").Id, "Nightly");
        var scopes = new[] { Job, new CompactionScope.OfBackup("Offsite", folder) };

        foreach (var scope in scopes)
        {
            Assert.Equal(ErrorCode.JobRunning, (await Assert.ThrowsAsync<BackupCopyException>(
                () => _lab.Engine.Compaction.RunAsync(scope, Options, default))).Code);
            Assert.Equal(ErrorCode.JobRunning, Assert.Throws<BackupCopyException>(
                () => _lab.Engine.Compaction.Plan(scope, Options, default)).Code);
        }
    }

    [Fact]
    public async Task A_backup_without_a_job_is_put_in_order_too()
    {
        await CopyDaysAsync(2, "web01");

        var result = Assert.Single(await _lab.Engine.Compaction.RunAsync(
            new CompactionScope.OfBackup("Primary", "Manual"), Options, default));

        Assert.Equal(("", "Primary", "web01"), (result.Job, result.Repository, result.Machine));
    }

    [Fact]
    public async Task An_older_state_of_the_target_is_left_as_it_is()
    {
        await CopyDaysAsync(2, "web01");
        var newest = _lab.Points("Offsite")[^1].Path;
        foreach (var file in Directory.GetFiles(
            Path.GetDirectoryName(newest)!, Path.GetFileNameWithoutExtension(newest) + ".*"))
        {
            File.Delete(file);
        }

        var error = await Assert.ThrowsAsync<BackupCopyException>(
            () => _lab.Engine.Compaction.RunAsync(Job, Options, default));

        Assert.Equal(ErrorCode.RepositoryWentBack, error.Code);
    }

    private async Task CopyDaysAsync(int days, params string[] machines)
    {
        _lab.NewJob();
        for (var day = 0; day < days; day++)
        {
            foreach (var machine in machines)
            {
                var image = _lab.PathOf(machine + ".img");
                if (day == 0)
                {
                    _lab.NewImage(machine + ".img", 2_600_000, seed: machine.Length);
                }

                EngineLab.Change(image, day * 600_000L, 5000, seed: day);
                await _lab.ImportAsync(machine, image);
            }

            await _lab.SyncAsync();
            _lab.Clock.Advance(TimeSpan.FromDays(1));
        }
    }

    private Chain Chain(string machine) =>
        RepositoryFolder.Open(LocalStorage.Instance, _lab.PathOf("Offsite")).Backups().Single().Chains()
            .Single(c => Path.GetFileName(c.Path).StartsWith(machine, StringComparison.Ordinal));

    private List<string> Stored() =>
    [
        .. Directory.GetFiles(_lab.PathOf("Offsite"), "*", SearchOption.AllDirectories)
            .Where(f => !f.Contains("locks", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(f => $"{f} {File.GetLastWriteTimeUtc(f):O} {new FileInfo(f).Length}"),
    ];
}
