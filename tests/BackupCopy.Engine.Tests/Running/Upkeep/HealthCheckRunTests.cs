using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Running;
using BackupCopy.Running.Upkeep;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running.Upkeep;

/// <summary>
/// Health checks outside a session: what they cover, who they give way to, and what they heal.
/// </summary>
public sealed class HealthCheckRunTests : IDisposable
{
    private readonly EngineLab _lab = new();
    private readonly List<HealthFinding> _found = [];
    private readonly List<(string Name, BackupCopyException Error)> _errors = [];

    private static HealthScope Job { get; } = new HealthScope.OfJob("Nightly");

    private static HealthScope Offsite { get; } = new HealthScope.OfRepository("Offsite");

    private HealthCheckOptions Options => new()
    {
        Poll = TimeSpan.FromMilliseconds(1),
        Found = finding =>
        {
            _found.Add(finding);
            return default;
        },
        Fail = (name, error) => _errors.Add((name, error)),
    };

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Chosen_points_are_checked_by_chain_and_those_that_are_gone_are_named()
    {
        await CopyDaysAsync(3);
        var points = _lab.Points("Offsite");
        _lab.Engine.RestorePoints.Remove([points[0]], force: false);

        var health = Assert.Single(await RunAsync(new HealthScope.OfPoints([.. points, .. points])));

        Assert.Equal([2L, 3], health.Points);
        Assert.True(health is { IsComplete: true, IsRemembered: true, Found: 0 });
        Assert.All(_errors, e => Assert.Equal(("web01", ErrorCode.PointGone), (e.Name, e.Error.Code)));
        Assert.NotEmpty(_errors);
    }

    [Fact]
    public async Task Parts_come_by_everything_and_the_points_are_verified_then()
    {
        await CopyDaysAsync(3);
        var options = Options with { Percent = 30 };
        var bytes = 0L;
        ChainHealth health;
        var turns = 0;
        do
        {
            health = Assert.Single(await RunAsync(Offsite, options));
            bytes += health.CheckedBytes;
            Assert.True(++turns <= 5, "It does not come to an end.");
        }
        while (health.Points.Count == 0);

        Assert.Equal(health.TotalBytes, bytes);
        Assert.Equal([1L, 2, 3], health.Points);
        Assert.InRange(turns, 2, 5);
        Assert.All(_lab.Points("Offsite"), p => Assert.NotNull(p.VerifiedTime));
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task A_check_gives_way_to_a_removal_and_goes_on_when_it_is_done()
    {
        var wish = new WishClock();
        using var lab = new EngineLab(wish);
        await CopyDaysAsync(2, lab);
        var chain = TargetChain(lab);
        wish.Held = chain.Locks.TryExclusive(Chain.WishFor(chain.Points()[0].Stem), "wishing", out _);

        var health = Assert.Single(await lab.Engine.Health.RunAsync(
            Job, Options with { All = true, Poll = TimeSpan.FromMinutes(1) }, default));

        Assert.Null(wish.Held);
        Assert.Equal([1L, 2], health.Points);
        Assert.Equal((true, health.TotalBytes), (health.IsComplete, health.CheckedBytes));
    }

    [Fact]
    public async Task Damage_is_healed_from_the_source_and_forgotten()
    {
        await CopyDaysAsync(2);
        EngineLab.Damage(_lab.Points("Offsite")[0]);

        var found = Assert.Single(await RunAsync(Job, Options with { All = true }));
        Assert.Equal((1, 0, 1), (found.Found, found.Healed, found.Left));
        var (name, error) = Assert.Single(_errors);
        Assert.Equal(("web01", ErrorCode.DamageFound), (name, error.Code));
        Assert.Contains("-Job Nightly -Repair", error.Remedy);
        Assert.Contains("Primary", Assert.Single(_found).RepairableFrom);
        Assert.Contains(_lab.Points("Offsite"), p => p.DamagedBlockCount == 1);
        Clear();

        var healed = Assert.Single(await RunAsync(Job, Options with { All = true, Repair = true }));

        Assert.Equal((1, 1, 0), (healed.Found, healed.Healed, healed.Left));
        Assert.Equal(HealthFindingState.Healed, Assert.Single(_found).State);
        Assert.Empty(_errors);
        Assert.All(_lab.Points("Offsite"), p => Assert.Equal(0, p.DamagedBlockCount));
    }

    [Fact]
    public async Task What_an_earlier_check_found_elsewhere_is_healed_too()
    {
        await CopyDaysAsync(3);
        EngineLab.Damage(_lab.Points("Offsite")[0]);
        await RunAsync(Job, Options with { All = true });
        Assert.Contains(_lab.Points("Offsite"), p => p.DamagedBlockCount > 0);
        Clear();

        await RunAsync(
            new HealthScope.OfPoints([_lab.Points("Offsite")[^1]]), Options with { Repair = true });

        Assert.Contains(_found, f => f.State == HealthFindingState.Healed);
        Assert.Empty(_errors);
        Assert.All(_lab.Points("Offsite"), p => Assert.Equal(0, p.DamagedBlockCount));
    }

    [Fact]
    public async Task What_was_found_is_told_also_when_the_chain_is_being_written()
    {
        await CopyDaysAsync(1);
        EngineLab.Damage(_lab.Points("Offsite")[0]);
        using var writer = TargetChain(_lab).TakeAppendLock("writing");

        await RunAsync(Job, Options with { Repair = true });

        Assert.Equal(HealthFindingState.Found, Assert.Single(_found).State);
        Assert.Equal([ErrorCode.ChainLocked, ErrorCode.DamageFound], _errors.Select(e => e.Error.Code));
    }

    [Fact]
    public async Task A_look_changes_and_remembers_nothing_and_says_where_the_bytes_are()
    {
        await CopyDaysAsync(1);
        EngineLab.Damage(_lab.Points("Offsite")[0]);
        var before = Files();

        var health = Assert.Single(await RunAsync(Job, Options with { Repair = true, LookOnly = true }));

        Assert.Equal((1, false), (health.Left, health.IsRemembered));
        Assert.Equal(HealthFindingState.Found, Assert.Single(_found).State);
        Assert.Contains("Primary", _found[0].RepairableFrom);
        Assert.Equal(before, Files());
    }

    [Theory]
    [InlineData(Names.RepositoryFile)]
    [InlineData(Names.RepositoryFileCopy)]
    public async Task One_description_is_healed_from_the_other(string name)
    {
        await CopyDaysAsync(1);
        var path = Path.Combine(_lab.PathOf("Offsite"), name);
        var whole = File.ReadAllBytes(path);
        File.WriteAllText(path, "{}");

        await RunAsync(Offsite);
        Assert.Equal(
            (HealthFindingKind.DamagedDescription, HealthFindingState.Found, "its second copy"),
            (_found[0].Kind, _found[0].State, _found[0].RepairableFrom));
        Assert.Equal(("Offsite", ErrorCode.DamageFound), (_errors[0].Name, _errors[0].Error.Code));
        Clear();

        await RunAsync(Offsite, Options with { Repair = true });

        Assert.Equal(HealthFindingState.Healed, Assert.Single(_found).State);
        Assert.Empty(_errors);
        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task A_repository_without_a_description_is_reached_by_a_repair()
    {
        await CopyDaysAsync(1);
        File.WriteAllText(Path.Combine(_lab.PathOf("Offsite"), Names.RepositoryFile), "{}");
        File.WriteAllText(Path.Combine(_lab.PathOf("Offsite"), Names.RepositoryFileCopy), "");

        var error = await Assert.ThrowsAsync<BackupCopyException>(() => RunAsync(Offsite));
        Assert.Equal(ErrorCode.DamagedFile, error.Code);
        Assert.Contains("-Repository Offsite -Repair", error.Remedy);
        Assert.Equal(HealthFindingKind.DamagedDescription, Assert.Single(_found).Kind);
        Clear();

        var health = Assert.Single(await RunAsync(Job, Options with { Repair = true }));

        Assert.Equal([1L], health.Points);
        Assert.Equal(2, _found.Count(f => f.State == HealthFindingState.Healed));
        Assert.Empty(_errors);
    }

    [Fact]
    public async Task A_summary_that_does_not_read_harms_nothing_and_is_made_anew()
    {
        await CopyDaysAsync(1);
        var path = Directory.GetFiles(_lab.PathOf("Offsite"), Names.BackupFile, SearchOption.AllDirectories)
            .Single();
        File.WriteAllText(path, "{");

        await RunAsync(Job);
        Assert.Equal(
            (HealthFindingKind.DamagedSummary, HealthFindingState.Harmless),
            (Assert.Single(_found).Kind, _found[0].State));
        Assert.Empty(_errors);
        Clear();

        await RunAsync(Job, Options with { Repair = true });

        Assert.Equal(HealthFindingState.Healed, Assert.Single(_found).State);
        Clear();
        await RunAsync(Job);
        Assert.Empty(_found);
    }

    [Fact]
    public async Task A_target_that_went_back_is_found_until_that_is_accepted()
    {
        await CopyDaysAsync(2);
        var newest = _lab.Points("Offsite")[^1].Path;
        foreach (var file in Directory.GetFiles(
            Path.GetDirectoryName(newest)!, Path.GetFileNameWithoutExtension(newest) + ".*"))
        {
            File.Delete(file);
        }

        await RunAsync(Job);
        var finding = Assert.Single(_found, f => f.Kind == HealthFindingKind.WentBack);
        Assert.Equal(("Offsite", "web01"), (finding.Repository, finding.Machine));
        var (name, error) = Assert.Single(_errors, e => e.Error.Code == ErrorCode.RepositoryWentBack);
        Assert.Equal("web01", name);
        Assert.Contains("-AcceptRollback", error.Remedy);
        Clear();

        _lab.Engine.Health.AcceptRollback("Nightly");

        await RunAsync(Job);
        Assert.DoesNotContain(_found, f => f.Kind == HealthFindingKind.WentBack);
        Assert.DoesNotContain(_errors, e => e.Error.Code == ErrorCode.RepositoryWentBack);
    }

    [Fact]
    public async Task A_stopped_check_ends_and_the_next_one_goes_on()
    {
        await CopyDaysAsync(2);
        using var stop = new CancellationTokenSource();
        var progress = new Stopper(stop);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _lab.Engine.Health.RunAsync(
            Job, Options with { Progress = progress, MaxRateBytesPerSecond = 64 << 10 }, stop.Token));

        Assert.True(Assert.Single(await RunAsync(Job)).IsComplete);
        Assert.Empty(_errors);
    }

    private Task<IReadOnlyList<ChainHealth>> RunAsync(
        HealthScope scope, HealthCheckOptions? options = null) =>
        _lab.Engine.Health.RunAsync(scope, options ?? Options, default);

    private Task CopyDaysAsync(int days) => CopyDaysAsync(days, _lab);

    private static async Task CopyDaysAsync(int days, EngineLab lab)
    {
        var image = lab.NewImage("web01.img", 1_300_000, seed: 1);
        lab.NewJob();
        for (var day = 0; day < days; day++)
        {
            EngineLab.Change(image, day * 300_000L, 5000, seed: day);
            await lab.ImportAsync("web01", image);
            await lab.SyncAsync();
            lab.Clock.Advance(TimeSpan.FromDays(1));
        }
    }

    private static Chain TargetChain(EngineLab lab) =>
        RepositoryFolder.Open(LocalStorage.Instance, lab.PathOf("Offsite"))
            .Backups().Single().Chains().Single();

    private void Clear()
    {
        _found.Clear();
        _errors.Clear();
    }

    private List<string> Files() =>
    [
        .. Directory.GetFiles(_lab.PathOf("Offsite"), "*", SearchOption.AllDirectories)
            .Where(f => !f.Contains("locks", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(f => $"{f} {File.GetLastWriteTimeUtc(f):O} {new FileInfo(f).Length}"),
    ];

    private sealed class Stopper(CancellationTokenSource stop) : IProgress<IReadOnlyList<MachineProgress>>
    {
        public void Report(IReadOnlyList<MachineProgress> value) => stop.Cancel();
    }

    /// <summary>Whoever waited for the point has had it when the check looks for the second time.</summary>
    private sealed class WishClock : EngineLab.MovableClock
    {
        private int _looks;

        public HeldLock? Held { get; set; }

        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != TimeSpan.FromMinutes(1))
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            if (++_looks == 2)
            {
                Held!.Dispose();
                Held = null;
            }

            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
