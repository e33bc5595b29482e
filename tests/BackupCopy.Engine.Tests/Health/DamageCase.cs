using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>
/// One damage from finding to the next day: it is found and the points that suffer are named, the others
/// restore, what has a holder is healed, a reader is never disturbed, and the chain goes on.
/// </summary>
internal sealed class DamageCase
{
    private static readonly DateTime s_now = Lab.Start.AddDays(20);

    private readonly DamageWorld _world;
    private readonly DamageHolders _holders;
    private readonly SimulatedDisk _disk;
    private readonly Random _random;
    private readonly IReadOnlyList<Use> _changed;
    private readonly IReadOnlyList<long> _sequences;
    private readonly int _damages;

    public DamageCase(DamageWorld world, DamageHolders holders, int seed, int damages = 1)
    {
        _damages = damages;
        _world = world;
        _holders = holders;
        _disk = world.NewDisk();
        _random = new Random(-seed);
        What = string.Join(
            ", ", Enumerable.Range(0, damages).Select(i => Damage.Do(seed + i * 7919, world, _disk)));
        _changed = world.Uses.Changed(_disk);

        // A point of which neither file is there any more is one that somebody deleted.
        var names = _disk.List(Open().Path).Select(e => e.Name).ToList();
        _sequences = [.. world.Sequences.Where(s => names.Exists(
            n => n.Contains(Names.Point, StringComparison.Ordinal)
                && n.StartsWith($"{s:D8}_", StringComparison.Ordinal)))];
    }

    /// <summary>What was done.</summary>
    public string What { get; }

    public void Run()
    {
        var restorable = _world.Restorable(Open());
        var found = Check();
        AssertFound(found, restorable);
        HashSet<long> whole;
        using (var reader = Visit(restorable))
        {
            whole = Repair(found, restorable);
            if (reader is not null)
            {
                _world.AssertHolds(reader);
            }
        }

        AssertGoesOn(whole);
    }

    private Chain Open() => DamageWorld.Target(_disk);

    private List<ChainDamage> Check(CheckDepth depth = CheckDepth.Full)
    {
        var request = new CheckRequest { Depth = depth, Scope = CheckScope.All, NowUtc = s_now, Workers = 2 };
        var outcome = ChainCheck.RunAsync(Open(), request, default).GetAwaiter().GetResult();
        return
        [
            .. RepositoryCheck.Run(Open().Repository),
            .. RepositoryCheck.Run(new BackupFolder(
                Open().Repository, Path.GetDirectoryName(Open().Path)!)),
            .. outcome.Damage,
        ];
    }

    private void AssertFound(List<ChainDamage> found, HashSet<long> restorable)
    {
        var named = Named(found);
        var unnamed = _sequences.Except(restorable).Except(named).ToList();
        Assert.True(unnamed.Count == 0, $"Points {Text(unnamed)} do not restore and are not named.");
        if (_changed.Count > 0)
        {
            Assert.True(found.Count > 0, $"Nobody noticed: {_changed[0]}.");
        }
        else
        {
            Assert.True(found.TrueForAll(d => d.IsHarmless), $"Nothing is damaged: {Text(found)}");
        }

        // A quick check sees the same, because every stored byte that means something has a checksum.
        Assert.Equal(named.Order(), Named(Check(CheckDepth.Quick)).Order());
    }

    // A reader of a point that is whole must find it whole for as long as he stays.
    private PointReader? Visit(HashSet<long> restorable)
    {
        var chain = Open();
        var points = chain.Points().Where(p => restorable.Contains(p.Sequence)).ToList();
        if (points.Count == 0)
        {
            return null;
        }

        var reader = chain.OpenPoint(points[_random.Next(points.Count)]);
        if (_random.Next(2) == 0)
        {
            _world.AssertHolds(reader);
        }

        return reader;
    }

    private HashSet<long> Repair(List<ChainDamage> found, HashSet<long> restorable)
    {
        var outcome = ChainRepair.Run(
            Open(), found, DamageWorld.Holders(_disk, _holders), s_now, default);
        var chain = Open();
        var whole = _world.Restorable(chain);
        Assert.Empty(restorable.Except(whole));

        var left = outcome.Left.SelectMany(l => l.Damage.AffectedPoints).Concat(outcome.SetAside).ToHashSet();
        Assert.Empty(_sequences.Except(left).Except(chain.Points().Select(p => p.Sequence)));
        var silent = _sequences.Except(whole).Except(left).ToList();
        Assert.True(
            silent.Count == 0,
            $"Points {Text(silent)} do not restore, and nothing is said of them. Found: {Text(found)}. "
            + $"Healed: {string.Join("; ", outcome.Healed.Take(9).Select(h => (h.Damage.Message, h.From)))}. "
            + $"Left: {Text(outcome.Left.Select(l => l.Damage))}. Now: {Text(Check())}.");
        Assert.All(outcome.Left, l => Assert.NotEqual("", l.Why));
        var lost = _damages > 1 ? [.. _sequences] : _holders == DamageHolders.All ? [] : Lost();
        var unhealed = _sequences.Except(whole).Except(lost).ToList();
        Assert.True(
            unhealed.Count == 0,
            $"Points {Text(unhealed)} have holders and were not healed: "
            + string.Join("; ", outcome.Left.Select(l => $"{l.Damage.Message} {l.Why}")));
        var again = Check().FindAll(d => !d.IsHarmless);
        if (outcome.Left.Count == 0)
        {
            Assert.True(again.Count == 0, $"Still found: {Text(again)}");
        }

        Assert.Empty(Named(again).Except(left));
        return whole;
    }

    /// <summary>The points with bytes that no holder has and that nothing else in the chain tells.</summary>
    private HashSet<long> Lost()
    {
        var lost = new HashSet<long>();
        var held = Held();
        foreach (var use in _changed)
        {
            // A map tells which blocks lie where; that is more than their digests, so nodes need a twin.
            if (use.Kind is UseKind.Block or UseKind.MapNode && !held.Contains(use.Digest))
            {
                lost.UnionWith(use.Points);
            }
        }

        return lost;
    }

    private HashSet<Digest> Held()
    {
        var held = _world.Uses.All.Except(_changed)
            .Where(u => u.Kind == UseKind.Block).Select(u => u.Digest).ToHashSet();
        held.UnionWith(_world.InSource(_holders));
        return held;
    }

    private void AssertGoesOn(HashSet<long> before)
    {
        if (_holders != DamageHolders.None)
        {
            before.Add(_world.Append(_disk, _holders));
        }

        var going = _sequences[_random.Next(_sequences.Count)];
        using (var removal = PointRemoval.Begin(Open(), "test"))
        {
            removal.RemoveAndRewrite([going], default);
        }

        before.Remove(going);
        foreach (var sequence in before)
        {
            _world.AssertHolds(Open(), sequence);
        }
    }

    private static HashSet<long> Named(List<ChainDamage> found) =>
        [.. found.FindAll(d => !d.IsHarmless).SelectMany(d => d.AffectedPoints)];

    private static string Text(IEnumerable<long> sequences) => string.Join(", ", sequences);

    private static string Text(IEnumerable<ChainDamage> found) =>
        string.Join("; ", found.Take(5).Select(d => $"{d.Kind}: {d.Message}"));
}
