using BackupCopy.Health;
using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Tests.Running.Upkeep;

/// <summary>What a session does about damage that its check finds, or that was known before.</summary>
public sealed class RepairInSessionTests : IDisposable
{
    private readonly UpkeepLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Found_damage_is_healed_by_the_same_session_before_its_copy()
    {
        await _lab.DayAsync("web01");
        _lab.Schedule("Tuesday");
        _lab.Hidden["web01"] = [UpkeepLab.Block(3, 1), UpkeepLab.Block(4, 1)];
        _lab.Repairing = _ => Assert.Equal([1L], _lab.Lab.Sequences());
        var session = await _lab.DayAsync("web01");
        Assert.Equal([1L, 2], _lab.Lab.Sequences());
        Assert.Equal(
            (SessionResult.Warning, "web01: 2 damaged records found."), (session.Result, session.Reason));
        Assert.Equal((2, 2, 0), (session.FoundCount, session.HealedCount, session.LeftCount));
        Assert.Equal(SessionResult.Success, Assert.Single(session.Machines).Result);
        Assert.Equal(
            "web01: It does not verify. (/offsite/00000001.bcblocks at 12288; block 3 of disk disk0; "
            + "restore point 1)",
            UpkeepLab.Texts(session, SessionEventId.DamageFound).First());
        Assert.StartsWith(
            "web01: Healed from repository Primary, backup Manual: It does not verify.",
            UpkeepLab.Texts(session, SessionEventId.DamageHealed).First(), StringComparison.Ordinal);
        var next = await _lab.DayAsync("web01");
        Assert.Equal((SessionResult.Success, 0), (next.Result, next.FoundCount));
    }

    [Fact]
    public async Task Machine_without_a_new_point_is_repaired_too()
    {
        await _lab.DayAsync("web01");
        _lab.Damage["web01"] = [UpkeepLab.Block(3, 1)];
        var session = await _lab.SyncAsync();
        Assert.Equal((1, 1), (session.FoundCount, session.HealedCount));
        Assert.Equal("web01", Assert.Single(_lab.Repaired).Machine);
        Assert.Equal(SessionResult.Success, Assert.Single(session.Machines).Result);
    }

    [Fact]
    public async Task Machine_that_is_in_no_source_any_more_is_repaired_too()
    {
        await _lab.DayAsync("db01", "web01");
        var source = Path.GetDirectoryName(_lab.Lab.Engines.Points("Primary")[0].Path)!;
        Directory.Delete(source, recursive: true);
        _lab.Damage["db01"] = [UpkeepLab.Block(3, 1)];
        _lab.IsLost = _ => true;
        await _lab.SyncAsync();
        Assert.Equal("db01", Assert.Single(_lab.Repaired).Machine);
        Assert.Empty(_lab.Repaired[0].Holders);
    }

    [Fact]
    public async Task Damage_that_stays_fails_the_session_that_found_it_and_names_its_machine()
    {
        await _lab.DayAsync("db01", "web01");
        _lab.Schedule("Tuesday");
        _lab.Hidden["web01"] = [UpkeepLab.Block(3, 1), UpkeepLab.Block(4, 1)];
        _lab.IsLost = damage => damage.Block == 4;
        await _lab.Lab.NewDayAsync("db01");
        var session = await _lab.SyncAsync();
        Assert.Equal(SessionResult.Failed, session.Result);
        Assert.Contains(
            "DamageFound: web01: 1 damaged record could not be healed: Nobody has it.", session.Reason);
        Assert.Equal((2, 1, 1), (session.FoundCount, session.HealedCount, session.LeftCount));
        var web = session.Machines.Single(m => m.Machine == "web01");
        Assert.Equal(SessionResult.Warning, web.Result);
        Assert.Contains("1 record of its newest restore point stays damaged: Nobody has it.", web.Reason);
        Assert.Equal(
            SessionResult.Success, session.Machines.Single(m => m.Machine == "db01").Result);
        Assert.StartsWith(
            "web01: It stays damaged: Nobody has it.",
            UpkeepLab.Texts(session, SessionEventId.DamageLeft).First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_of_older_points_alone_is_a_warning_of_later_sessions()
    {
        await _lab.DayAsync("web01");
        await _lab.DayAsync("web01");
        _lab.Damage["web01"] = [UpkeepLab.Block(1000, 1)];
        _lab.IsLost = _ => true;
        var session = await _lab.DayAsync("web01");
        Assert.Equal(SessionResult.Warning, session.Result);
        Assert.Equal((1, 0, 1), (session.FoundCount, session.HealedCount, session.LeftCount));
        Assert.Equal(SessionResult.Success, Assert.Single(session.Machines).Result);
        Assert.Equal(3, _lab.Lab.Sequences().Count);
    }

    [Fact]
    public async Task Damage_of_points_that_are_gone_is_told_no_more()
    {
        await _lab.DayAsync("web01");
        _lab.Damage["web01"] = [UpkeepLab.Block(3, 77)];
        _lab.IsLost = _ => true;
        var session = await _lab.DayAsync("web01");
        Assert.Equal((SessionResult.Success, 0), (session.Result, session.LeftCount));
    }

    [Fact]
    public async Task Repair_that_fails_is_a_warning_and_copying_goes_on()
    {
        await _lab.DayAsync("web01");
        _lab.Damage["web01"] = [UpkeepLab.Block(1000, 77)];
        _lab.Repairing = _ => throw new BackupCopyException(
            ErrorCode.StorageError, "The source is silent.", "Look at it.");
        var session = await _lab.DayAsync("web01");
        Assert.Equal(
            (SessionResult.Warning, "web01 could not be repaired: The source is silent."),
            (session.Result, session.Reason));
        Assert.Equal([1L, 2], _lab.Lab.Sequences());
    }

    [Fact]
    public async Task Repair_waits_for_whoever_writes_the_chain()
    {
        await _lab.DayAsync("web01");
        _lab.Damage["web01"] = [UpkeepLab.Block(3, 1)];
        var attempts = 0;
        _lab.Repairing = _ =>
        {
            if (++attempts < 3)
            {
                throw new BackupCopyException(ErrorCode.ChainLocked, "It is being written.", "Wait.");
            }
        };
        var session = await _lab.DayAsync("web01");
        Assert.Equal(3, attempts);
        Assert.Equal(1, session.HealedCount);
        Assert.Contains(session.Events, e => e.Id == (int)SessionEventId.LockAwaited);
        Assert.Equal([1L, 2], _lab.Lab.Sequences());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Descriptions_that_do_not_verify_are_healed_with_the_first_chain(bool isLost)
    {
        await _lab.DayAsync("db01", "web01");
        _lab.Schedule("Tuesday");
        _lab.Descriptions.Add(new ChainDamage
        {
            Kind = HealthFindingKind.DamagedDescription,
            Path = "/offsite/repository.json",
            Message = "/offsite/repository.json does not verify.",
        });
        _lab.IsLost = _ => isLost;
        var session = await _lab.DayAsync("db01", "web01");
        Assert.Single(_lab.Repaired);
        Assert.Equal(
            [": /offsite/repository.json does not verify."],
            UpkeepLab.Texts(session, SessionEventId.DamageFound));
        Assert.Equal(SessionResult.Warning, session.Result);
        Assert.Equal(
            (1, isLost ? 0 : 1, isLost ? 1 : 0),
            (session.FoundCount, session.HealedCount, session.LeftCount));
        Assert.Equal(2, session.SuccessCount);
    }

    [Fact]
    public async Task Long_list_of_damage_is_cut_and_counted()
    {
        await _lab.DayAsync("web01");
        _lab.Schedule("Tuesday");
        _lab.Hidden["web01"] = [.. Enumerable.Range(1, 30).Select(b => UpkeepLab.Block(b, 1))];
        var session = await _lab.DayAsync("web01");
        var told = UpkeepLab.Texts(session, SessionEventId.DamageFound).ToList();
        Assert.Equal(21, told.Count);
        Assert.Equal("web01: 10 more findings are not listed.", told[^1]);
        Assert.Equal((30, 30), (session.FoundCount, session.HealedCount));
    }
}
