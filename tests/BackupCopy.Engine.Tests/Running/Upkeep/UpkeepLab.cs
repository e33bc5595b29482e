using BackupCopy.Chains;
using BackupCopy.Chains.Compacting;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Running;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Tests.Running.Upkeep;

/// <summary>
/// A job whose checks, repairs and compactions find what a test says, so that what a session makes of it can
/// be seen. The first day is Sunday, 2026-11-01.
/// </summary>
internal sealed class UpkeepLab : IDisposable
{
    private readonly RetentionLab _lab =
        new(new JobRetention { KeepPoints = 9 }, new JumpingClock());

    public UpkeepLab() => Work = new UpkeepWork
    {
        Check = CheckAsync,
        CheckDescriptions = _ => Descriptions,
        Damage = chain => [.. Damage.GetValueOrDefault(Machine(chain), [])],
        Forget = (chain, healed) => Damage.GetValueOrDefault(Machine(chain), []).RemoveAll(healed.Contains),
        Repair = Repair,
        Plan = (_, _, _) => new CompactPlan(s_scattered, MovedBytes, 0, long.MaxValue),
        Compact = CompactAsync,
    };

    private static readonly Fragmentation s_scattered = new(1L << 30, 4000, 1 << 20);

    public RetentionLab Lab => _lab;

    public Engine Engine => _lab.Engine;

    public UpkeepWork Work { get; }

    /// <summary>The machines whose chains were checked, in order.</summary>
    public List<string> Checked { get; } = [];

    /// <summary>The damage that is known of each machine; a check adds what it finds.</summary>
    public Dictionary<string, List<ChainDamage>> Damage { get; } = [];

    /// <summary>What the next checks of a machine find; used up by them.</summary>
    public Dictionary<string, List<ChainDamage>> Hidden { get; } = [];

    /// <summary>What is wrong with files that belong to no chain.</summary>
    public List<ChainDamage> Descriptions { get; } = [];

    /// <summary>Called at the beginning of each check; may throw.</summary>
    public Action<string> Checking { get; set; } = _ => { };

    /// <summary>How often checks of a machine give way.</summary>
    public Dictionary<string, int> GivesWay { get; } = [];

    public List<(string Machine, IReadOnlyList<Holder> Holders)> Repaired { get; } = [];

    public Action<string> Repairing { get; set; } = _ => { };

    /// <summary>Which damage nobody holds.</summary>
    public Func<ChainDamage, bool> IsLost { get; set; } = _ => false;

    public List<string> Compacted { get; } = [];

    public Action<string> Compacting { get; set; } = _ => { };

    public long MovedBytes { get; set; } = 5000;

    public void Set(Func<JobDefinition, JobDefinition> change) =>
        Engine.Catalog.UpdateJob(_lab.Job.Id, change);

    public void Schedule(string check = "", string compact = "") => Set(job => job with
    {
        Upkeep = new JobUpkeep { HealthCheckOn = check, CompactOn = compact },
    });

    public Task<SessionInfo> SyncAsync(
        bool full = false, CancellationToken cancellation = default, params string[] machines) =>
        Engine.Jobs.SyncAsync(
            "Nightly",
            RetentionLab.Options with { Upkeep = Work, Full = full, Machines = machines },
            null, cancellation);

    /// <summary>A new day with new points, and its session.</summary>
    public async Task<SessionInfo> DayAsync(params string[] machines)
    {
        await _lab.NewDayAsync(machines);
        return await SyncAsync();
    }

    public static ChainDamage Block(long block, params long[] points) => new()
    {
        Kind = HealthFindingKind.DamagedBlock,
        Path = "/offsite/00000001.bcblocks",
        Offset = 4096 * block,
        Record = new RecordName(1, (uint)block),
        Block = block,
        Disk = "disk0",
        AffectedPoints = points,
        Message = "It does not verify.",
    };

    public static IEnumerable<string> Texts(SessionInfo session, SessionEventId id) =>
        session.Events.Where(e => e.Id == (int)id).Select(e => $"{e.Machine}: {e.Text}");

    public void Dispose() => _lab.Dispose();

    private static string Machine(Chain chain) => Path.GetFileName(chain.Path)[..^9];

    private Task<CheckOutcome> CheckAsync(Chain chain, CheckRequest request, CancellationToken cancellation)
    {
        var machine = Machine(chain);
        Assert.Equal((CheckScope.Newest, CheckDepth.Full), (request.Scope, request.Depth));
        Checked.Add(machine);
        Checking(machine);
        cancellation.ThrowIfCancellationRequested();
        var found = Hidden.GetValueOrDefault(machine, []);
        Hidden.Remove(machine);
        var known = Damage.TryGetValue(machine, out var list) ? list : Damage[machine] = [];
        known.AddRange(found);
        var left = GivesWay.GetValueOrDefault(machine);
        GivesWay[machine] = Math.Max(0, left - 1);
        ChainMemory.Write(chain, new HealthFile
        {
            Last = new LastCheck(
                request.NowUtc, request.NowUtc, "Full", "Newest", 1000, 1000, found.Count, left == 0),
        });
        request.Take(1000, cancellation);
        return Task.FromResult(new CheckOutcome
        {
            Damage = found,
            Points = left > 0 ? [] : [chain.Newest()!.Sequence],
            CheckedBytes = 1000,
            CheckedBlocks = 1,
            TotalBytes = 1000,
            GaveWay = left > 0,
            IsComplete = left == 0,
        });
    }

    private RepairOutcome Repair(
        Chain chain, IReadOnlyList<ChainDamage> damage, IReadOnlyList<Holder> holders, DateTime nowUtc,
        CancellationToken cancellation)
    {
        var machine = Machine(chain);
        Repaired.Add((machine, holders));
        Repairing(machine);
        return new RepairOutcome(
            [.. damage.Where(d => !IsLost(d)).Select(d => new HealedDamage(d, holders[0].Title))],
            [.. damage.Where(IsLost).Select(d => new LeftDamage(d, "Nobody has it."))], [], 0);
    }

    private Task<CompactOutcome?> CompactAsync(
        Chain chain, CompactRequest request, CancellationToken cancellation)
    {
        var machine = Machine(chain);
        Compacted.Add(machine);
        Compacting(machine);
        return Task.FromResult<CompactOutcome?>(new CompactOutcome(
            s_scattered, s_scattered with { Extents = 1 }, MovedBytes, 0, ["Old bytes stay for a reader."]));
    }
}
