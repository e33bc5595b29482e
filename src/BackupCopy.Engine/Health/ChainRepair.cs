using BackupCopy.Chains;
using BackupCopy.Chains.Removal;

namespace BackupCopy.Health;

/// <param name="From">Where the bytes came from.</param>
internal sealed record HealedDamage(ChainDamage Damage, string From);

/// <param name="Why">One sentence.</param>
internal sealed record LeftDamage(ChainDamage Damage, string Why);

/// <summary>What a repair did.</summary>
/// <param name="SetAside">The sequences of points that were set aside.</param>
internal sealed record RepairOutcome(
    IReadOnlyList<HealedDamage> Healed, IReadOnlyList<LeftDamage> Left, IReadOnlyList<long> SetAside,
    long WrittenBytes);

/// <summary>
/// Heals what does not verify in one chain. Each step looks again at what it is to heal, makes new bytes
/// durable before any index or name leads to them, and may be cut off anywhere: what was in use stays in use
/// or is replaced as a whole. Nothing is deleted that a point might need, and nothing is guessed that cannot
/// be checked.
/// </summary>
internal static class ChainRepair
{
    private static readonly HealthFindingKind[] s_ofMaps =
    [
        HealthFindingKind.DamagedMap, HealthFindingKind.DamagedIndex, HealthFindingKind.DamagedBlockFile,
        HealthFindingKind.MissingBlockFile, HealthFindingKind.DamagedPoint,
    ];

    /// <summary>Takes the append lock. The points of the chain may be read meanwhile.</summary>
    /// <param name="holders">In order of preference; the chain itself is added.</param>
    public static RepairOutcome Run(
        Chain chain, IReadOnlyList<ChainDamage> damage, IReadOnlyList<Holder> holders, DateTime nowUtc,
        CancellationToken cancellation)
    {
        chain.Repository.EnsureWritable();
        using var held = chain.TakeAppendLock("repair");
        var work = new RepairWork
        {
            Chain = chain,
            Holders = WithItself(chain, holders),
            NowUtc = nowUtc,
            Cancellation = cancellation,
        };
        work.Add(damage);
        work.Look();
        var isMapped = damage.Any(d => s_ofMaps.Contains(d.Kind));
        var hidden = isMapped ? new HiddenDamage(work) : null;
        var small = new SmallFileRepair(work);
        small.PointsFromCopies();
        var maps = isMapped ? HealMaps(work) : null;
        HealBlocks(work, hidden);
        small.MissingPointsAgain();
        new PointRebuild(work).Run();
        if (hidden?.Find() == true)
        {
            new RecordHealer(work).Run();
        }

        small.Marks();
        maps?.SetAside();
        small.Copies();
        small.Caches();
        GiveBack(work, maps);
        LeaveRest(work);
        return work.Outcome();
    }

    /// <summary>
    /// Where the bytes of each damage could be had from; those that nobody has are left out.
    /// </summary>
    public static IReadOnlyDictionary<ChainDamage, string> Find(
        Chain chain, IReadOnlyList<ChainDamage> damage, IReadOnlyList<Holder> holders,
        CancellationToken cancellation) =>
        RepairSources.Find(chain, damage, WithItself(chain, holders), cancellation);

    private static List<Holder> WithItself(Chain chain, IReadOnlyList<Holder> holders) =>
    [
        .. holders.Where(h => h.Chain.Path != chain.Path),
        new Holder("another record of the chain itself", chain),
    ];

    private static MapRepair HealMaps(RepairWork work)
    {
        var indexes = new IndexRepair(work);
        indexes.Run();
        var maps = new MapRepair(work);
        maps.Run();
        indexes.RunAgain();
        indexes.Report();
        return maps;
    }

    private static void HealBlocks(RepairWork work, HiddenDamage? hidden)
    {
        var blocks = new RecordHealer(work);
        var files = new BlockFileRepair(work, blocks);
        files.Run();
        hidden?.Find();
        blocks.Run();
        files.Report();
    }

    private static void GiveBack(RepairWork work, MapRepair? maps)
    {
        // While a map cannot be read or a point is away, what only it names must keep its bytes.
        if (maps is { IsBroken: true } || !work.IsEveryPointThere)
        {
            return;
        }

        var notes = new List<string>();
        OldBytes.Release_NeedsLock(work.Chain, notes);
        var leaks = work.Open(HealthFindingKind.LeakedSpace, HealthFindingKind.UnlistedFile);
        if (leaks.Count == 0)
        {
            return;
        }

        try
        {
            var found = DeepRescan.Reclaim_NeedsLock(work.Chain, work.Cancellation);
            foreach (var leak in leaks)
            {
                if (found.Damage.Count > 0)
                {
                    work.Leave(leak, found.Damage[0]);
                }
                else
                {
                    work.Heal(leak, WasReturned(work, leak, found) ? "given back" : RepairWork.NothingToDo);
                }
            }
        }
        catch (BackupCopyException error) when (work.IsDamage(error))
        {
            leaks.ForEach(leak => work.Leave(leak, error.Message));
        }
    }

    // What a deleted point needs is used again once that came back.
    private static bool WasReturned(RepairWork work, ChainDamage leak, DeepFindings found) =>
        leak.Kind == HealthFindingKind.UnlistedFile
            ? !work.Chain.Repository.Storage.FileExists(leak.Path) : found.LeakedBytes > 0;

    private static void LeaveRest(RepairWork work)
    {
        foreach (var broken in work.Open(HealthFindingKind.BrokenPromise))
        {
            work.Leave(broken, "It cannot be set right without guessing what was meant.");
        }

        foreach (var old in work.Open(HealthFindingKind.WentBack))
        {
            work.Leave(old, "The repository shows an older state; somebody has to confirm that it is meant.");
        }

        foreach (var leak in work.Open(HealthFindingKind.LeakedSpace, HealthFindingKind.UnlistedFile))
        {
            work.Leave(leak, "Nothing is given back while something in the chain does not verify.");
        }

        foreach (var other in work.Open(Enum.GetValues<HealthFindingKind>()))
        {
            work.Leave(other, "It does not say what is damaged.");
        }
    }
}
