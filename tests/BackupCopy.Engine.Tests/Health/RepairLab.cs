using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Chains.Removal;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>
/// The chain of seven points of the removal lab, a copy of it elsewhere that holds its blocks, and a plain
/// look at everything in it that tells what does not verify.
/// </summary>
internal sealed class RepairLab
{
    public static readonly DateTime Now = Lab.Start.AddDays(30);

    private readonly RemovalLab _lab;
    private readonly SimulatedDisk _holder = new();

    public RepairLab(ReleaseMode mode = ReleaseMode.Punch, int seed = 1)
    {
        _lab = new RemovalLab(mode, seed);
        var from = RemovalLab.Open(_lab.NewDisk());
        var to = Lab.ChainIn(Lab.NewRepository(_holder, HolderPath, RemovalLab.Block), "Source");
        foreach (var point in from.Points())
        {
            Lab.Copy(from, point.Sequence, to);
        }
    }

    public static string HolderPath { get; } = Path.Combine(SimulatedDisk.Root, "holder");

    public static IReadOnlyList<long> All { get; } = [1, 2, 3, 4, 5, 6, 7];

    public SimulatedDisk NewDisk() => _lab.NewDisk();

    public Holder NewHolder() => new(
        "the source", Lab.ChainIn(RepositoryFolder.Open(_holder.Fork(), HolderPath), "Source"));

    public void AssertHolds(SimulatedDisk disk, params IEnumerable<long> sequences)
    {
        foreach (var sequence in sequences)
        {
            _lab.AssertHolds(RemovalLab.Open(disk), sequence);
        }
    }

    public void AssertHolds(PointReader reader) => _lab.AssertHolds(reader);

    /// <summary>All points restore and keep their promises, and any of them can be removed.</summary>
    public void AssertWhole(SimulatedDisk disk, params long[] going)
    {
        AssertHolds(disk, All);
        Assert.Empty(Look(disk));
        AssertPromises(RemovalLab.Open(disk));
        if (going.Length > 0)
        {
            _lab.AssertSurvived(disk.Fork(), going);
        }
    }

    private static void AssertPromises(Chain chain)
    {
        var mark = FullMark.Run(chain);
        Assert.Empty(mark.Violations);
        Assert.Equal(0, mark.LeakedBytes);
        foreach (var point in chain.Points())
        {
            Lab.AssertUses(chain, point.Sequence);
        }
    }

    public static RepairOutcome Repair(
        SimulatedDisk disk, IReadOnlyList<ChainDamage> damage, params IReadOnlyList<Holder> holders) =>
        ChainRepair.Run(RemovalLab.Open(disk), damage, holders, Now, default);

    /// <summary>Repairs until nothing more is found.</summary>
    public static void RepairAll(SimulatedDisk disk, params IReadOnlyList<Holder> holders)
    {
        for (var round = 0; Look(disk) is { Count: > 0 } damage; round++)
        {
            Assert.True(round < 4, string.Join("\n", damage.Select(d => d.ToString())));
            var outcome = Repair(disk, damage, holders);
            Assert.True(damage.Count <= outcome.Healed.Count + outcome.Left.Count, "Something is not told.");
            Assert.Empty(outcome.Left.Select(l => $"{l.Damage.Message} {l.Why}"));
        }
    }

    /// <summary>Everything that does not verify, as a health check would tell it.</summary>
    public static List<ChainDamage> Look(SimulatedDisk disk)
    {
        var chain = RemovalLab.Open(disk);
        var points = chain.Points();
        var damage = new List<ChainDamage>();
        damage.AddRange(points.Where(p => p.FileDamage is not null)
            .Select(p => Of(HealthFindingKind.DamagedPoint, chain, p.FileName, [p.Sequence])));
        damage.AddRange(points.Where(p => p.MarkFileDamage is not null)
            .Select(p => Of(HealthFindingKind.DamagedMark, chain, p.Stem + Names.Mark, [p.Sequence])));
        damage.AddRange(points.Where(p => p.FileDamage is null && !IsSame(disk, chain, p.FileName)).Select(
            p => Of(HealthFindingKind.DamagedCopy, chain, p.FileName + Names.Copy, [p.Sequence])));
        damage.AddRange(disk.List(chain.Path).Select(e => e.Name)
            .Where(n => n.EndsWith(Names.Point + Names.Copy, StringComparison.Ordinal))
            .Select(n => Path.GetFileNameWithoutExtension(n))
            .Where(n => points.All(p => p.FileName != n))
            .Select(n => Of(HealthFindingKind.DamagedPoint, chain, n, [])));
        foreach (var file in points.SelectMany(p => p.File?.BlockFiles ?? []).DistinctBy(f => f.Number))
        {
            AddFile(chain, file, damage);
        }

        AddRecords(chain, points, damage);
        return damage;
    }

    public static ChainDamage Of(
        HealthFindingKind kind, Chain chain, string name, IReadOnlyList<long> points) => new()
    {
        Kind = kind,
        Path = Path.Combine(chain.Path, name),
        AffectedPoints = points,
        Message = $"{kind} {name}",
    };

    private static bool IsSame(SimulatedDisk disk, Chain chain, string name)
    {
        var copy = Path.Combine(chain.Path, name + Names.Copy);
        return disk.FileExists(copy) && disk.ReadSmall(copy, 1 << 20)
            .SequenceEqual(disk.ReadSmall(Path.Combine(chain.Path, name), 1 << 20));
    }

    private static void AddFile(Chain chain, BlockFileReference file, List<ChainDamage> damage)
    {
        if (BlockFiles.TryReadIndex(chain, file) is not { } index)
        {
            damage.Add(Of(HealthFindingKind.DamagedIndex, chain, Names.IndexFile(file.Number), []));
            return;
        }

        var isUsed = Enumerable.Range(0, index.Count).Any(
            r => !index[(uint)r].IsReleased && index[(uint)r].File == file.Number);
        if (isUsed && BlockFiles.TryReadHeader(chain, file) is null)
        {
            damage.Add(Of(
                BlockFiles.Exists(chain, file.Number) ? HealthFindingKind.DamagedBlockFile
                    : HealthFindingKind.MissingBlockFile,
                chain, Names.BlockFile(file.Number), []));
        }
    }

    private static void AddRecords(Chain chain, IReadOnlyList<ChainPoint> points, List<ChainDamage> damage)
    {
        using var store = chain.OpenStore(Lab.Machine);
        using var codec = new BlockCodec();
        var work = new RepairWork { Chain = chain, Holders = [], NowUtc = Now };
        var seen = new HashSet<RecordName>();
        var lost = RepairWalk.Run(
            store, [.. points.Select(p => p.File).OfType<PointFile>()], work.IsDamage,
            use =>
            {
                if (use.Level < 0 && seen.Add(use.Name)
                    && !RecordHealer.Verifies(work, store, use, codec))
                {
                    damage.Add(OfRecord(HealthFindingKind.DamagedBlock, chain, use, []));
                }
            },
            default);
        damage.AddRange(lost.Select(
            b => OfRecord(HealthFindingKind.DamagedMap, chain, b.Use, b.Points)));
    }

    private static ChainDamage OfRecord(
        HealthFindingKind kind, Chain chain, RecordUse use, IReadOnlyList<long> points) =>
        Of(kind, chain, Names.BlockFile(use.Name.File), points) with
        {
            Record = use.Name,
            Digest = use.Digest,
            DiskId = use.Disk.Id,
            Disk = use.Disk.Name,
            Level = use.Level,
            Block = use.Index,
            Message = $"{kind} {use.Name} level {use.Level} index {use.Index}",
        };
}
