using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>
/// Says where damaged things could be had from. Reads and changes nothing, not even a lock.
/// </summary>
internal sealed class RepairSources : IDisposable
{
    // So many records of a file say whether somebody has them.
    private const int Samples = 16;

    private readonly RepairWork _work;
    private readonly HolderSearch _search;
    private readonly RecordStore _store;
    private readonly Dictionary<RecordName, RecordUse> _blocks = [];
    private readonly Dictionary<uint, List<RecordUse>> _files = [];
    private readonly List<LostNode> _bad = [];

    private RepairSources(
        Chain chain, IReadOnlyList<ChainDamage> damage, IReadOnlyList<Holder> holders,
        CancellationToken cancellation)
    {
        _work = new RepairWork
        {
            Chain = chain,
            Holders = holders,
            NowUtc = default,
            Cancellation = cancellation,
        };
        _work.Add(damage);
        _work.Look(isLocked: false);
        _search = new HolderSearch(holders, cancellation);
        _store = _work.NewStore();
    }

    public static IReadOnlyDictionary<ChainDamage, string> Find(
        Chain chain, IReadOnlyList<ChainDamage> damage, IReadOnlyList<Holder> holders,
        CancellationToken cancellation)
    {
        using var sources = new RepairSources(chain, damage, holders, cancellation);
        sources.Walk(damage);
        var found = new Dictionary<ChainDamage, string>();
        foreach (var one in damage)
        {
            cancellation.ThrowIfCancellationRequested();
            if (sources.SourceOf(one) is { } source)
            {
                found.TryAdd(one, source);
            }
        }

        return found;
    }

    public void Dispose()
    {
        _store.Dispose();
        _search.Dispose();
    }

    private void Walk(IReadOnlyList<ChainDamage> damage)
    {
        var names = damage.Where(d => d.Kind == HealthFindingKind.DamagedBlock)
            .Select(d => d.Record).OfType<RecordName>().ToHashSet();
        var files = damage.Where(d => d.Kind == HealthFindingKind.MissingBlockFile)
            .Select(RepairWork.NumberOf).OfType<uint>().ToHashSet();
        if (names.Count == 0 && files.Count == 0
            && damage.All(d => d.Kind != HealthFindingKind.DamagedMap))
        {
            return;
        }

        var lost = RepairWalk.Run(
            _store, _work.Files, _work.IsDamage, use => Note(use, names, files), _work.Cancellation);
        _bad.AddRange(lost);
        _search.Prepare(
            [.. _blocks.Values.Concat(_files.Values.SelectMany(f => f)).Select(RecordHealer.WishFor)]);
    }

    private void Note(RecordUse use, HashSet<RecordName> names, HashSet<uint> files)
    {
        if (use.Level >= 0)
        {
            return;
        }

        if (names.Contains(use.Name))
        {
            _blocks.TryAdd(use.Name, use);
        }

        if (files.Count > 0 && _work.TryLocate(_store, use.Name)?.File is { } number
            && files.Contains(number))
        {
            _files.TryAdd(number, []);
            if (_files[number].Count < Samples)
            {
                _files[number].Add(use);
            }
        }
    }

    private string? SourceOf(ChainDamage damage) => damage.Kind switch
    {
        HealthFindingKind.DamagedBlock => damage.Record is { } name
            && _blocks.TryGetValue(name, out var use) ? SourceOf(use) : null,
        HealthFindingKind.DamagedMap => SourceOfNode(damage),
        HealthFindingKind.DamagedIndex => "its block file",
        HealthFindingKind.DamagedBlockFile => "its own records",
        HealthFindingKind.MissingBlockFile => RepairWork.NumberOf(damage) is { } number
            && _files.TryGetValue(number, out var some) ? SourceOfAll(some) : null,
        HealthFindingKind.DamagedPoint => SourceOfPoint(damage),
        HealthFindingKind.DamagedMark or HealthFindingKind.DamagedDescription => "its second copy",
        HealthFindingKind.DamagedSummary => "the restore points",
        HealthFindingKind.DamagedCopy => "its original",
        _ => null,
    };

    private string? SourceOf(RecordUse use)
    {
        var plain = new byte[use.PlainLength];
        return _search.TryFetch(RecordHealer.WishFor(use), plain, out var from) ? from : null;
    }

    private string? SourceOfAll(List<RecordUse> uses)
    {
        string? first = null;
        foreach (var use in uses)
        {
            if (SourceOf(use) is not { } from)
            {
                return null;
            }

            first ??= from;
        }

        return first;
    }

    private string? SourceOfNode(ChainDamage damage)
    {
        if (_bad.Find(b => b.Use.Name == damage.Record) is not { } node)
        {
            return null;
        }

        if (NodeSearch.ByOrigin(_work, [node], _store).Count > 0)
        {
            return "another record of the same node";
        }

        using var solver = new NodeSolver(_work, _store);
        return solver.TrySolve(node, out _, out var from) ? from : null;
    }

    private string? SourceOfPoint(ChainDamage damage)
    {
        var name = Path.GetFileName(damage.Path);
        if (_work.Points.Any(p => p.FileName == name && p.File is not null)
            || _work.Chain.Repository.Storage.FileExists(_work.PathOf(SecondCopies.NameOf(name))))
        {
            return "its second copy";
        }

        return Names.TryPoint(name, Names.Point, out var sequence)
            ? _work.Holders.Where(h => h.Chain.Path != _work.Chain.Path)
                .FirstOrDefault(h => HasPoint(h, sequence, name))?.Title
            : null;
    }

    private bool HasPoint(Holder holder, long sequence, string name)
    {
        using var chain = new HolderChain(holder, _work.Cancellation);
        return chain.Points.Any(p => Names.PointFile(sequence, p.TimeUtc) == name);
    }
}
