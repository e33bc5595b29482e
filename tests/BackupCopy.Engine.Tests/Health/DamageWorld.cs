using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Compacting;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Sources;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>How the chain that is damaged came to lie as it does.</summary>
public enum DamageGround
{
    /// <summary>Released records are holes in their files.</summary>
    Punched,

    /// <summary>Files with few live records were rewritten: their records lie in other files.</summary>
    Rewritten,

    /// <summary>The newest state was put in disk order, in files of its own.</summary>
    Compacted,
}

/// <summary>Who else has what the damaged chain holds.</summary>
public enum DamageHolders
{
    /// <summary>A source with every point.</summary>
    All,

    /// <summary>A source with the last points only.</summary>
    Some,

    /// <summary>Nobody but the chain itself.</summary>
    None,
}

/// <summary>
/// A source of nine states of a machine and a chain of seven copies: small block files, a disk that grows and
/// shrinks and one that comes and goes, equal blocks in one point, content that left and came back, a full in
/// the middle, a point removed from the middle, marks. Made once; every damage is done to a fork of it.
/// </summary>
internal sealed class DamageWorld
{
    public const int Block = 256 * 1024;
    private const int Removed = 4;
    private const int States = 9;

    // The points that a source with some of them has.
    private const int FirstOfSome = 7;

    private readonly SimulatedDisk _disk = new();
    private readonly List<List<MemoryDisk>> _states = [];
    private readonly Dictionary<DamageHolders, HashSet<Digest>> _inSource;

    public DamageWorld(DamageGround ground)
    {
        _disk.Abilities = new StorageAbilities { Punches = ground != DamageGround.Rewritten };
        MakeStates();
        var source = NewChain("source");
        var some = NewChain("some");
        for (var state = 1; state <= States; state++)
        {
            Import(source, state, full: false);
            if (state >= FirstOfSome)
            {
                Import(some, state, full: false);
            }
        }

        var target = NewChain("target");
        for (var state = 1; state < States; state++)
        {
            Lab.Copy(source, state, target, full: state == 6);
        }

        using (var removal = PointRemoval.Begin(target, "test"))
        {
            removal.RemoveAndRewrite([Removed], default);
        }

        if (ground == DamageGround.Compacted)
        {
            var outcome = ChainCompact.RunAsync(target, new CompactRequest(), default)
                .GetAwaiter().GetResult()!;
            Assert.True(outcome.MovedBytes > 0);
        }

        foreach (var held in new[] { 2, 7 })
        {
            target.ChangeMark(
                target.Points().Single(p => p.Sequence == held), Lab.Start, m => m with { IsHeld = true });
        }

        BackupSummary.Refresh(new BackupFolder(target.Repository, Path.GetDirectoryName(target.Path)!));
        Sequences = [.. target.Points().Select(p => p.Sequence)];
        Assert.Equal(7, Sequences.Count);
        Uses = new DamageUses(_disk, Target(_disk));
        _inSource = Enum.GetValues<DamageHolders>().ToDictionary(h => h, h => h == DamageHolders.None
            ? [] : new DamageUses(_disk, Source(_disk, h)).All
                .Where(u => u.Kind == UseKind.Block).Select(u => u.Digest).ToHashSet());
    }

    /// <summary>Those of the seven points.</summary>
    public IReadOnlyList<long> Sequences { get; }

    /// <summary>Which bytes of the undamaged target mean something, and to whom.</summary>
    public DamageUses Uses { get; }

    /// <summary>The blocks that a source has; it is never damaged.</summary>
    public IReadOnlySet<Digest> InSource(DamageHolders holders) => _inSource[holders];

    public SimulatedDisk NewDisk() => _disk.Fork();

    public static Chain Target(SimulatedDisk disk) => Open(disk, "target");

    /// <summary>The chain that the next sync reads; with the state that the target does not have.</summary>
    public static Chain Source(SimulatedDisk disk, DamageHolders holders) =>
        Open(disk, holders == DamageHolders.All ? "source" : "some");

    public static IReadOnlyList<Holder> Holders(SimulatedDisk disk, DamageHolders holders)
    {
        var own = new Holder("the chain itself", Target(disk));
        return holders == DamageHolders.None
            ? [own] : [new Holder("the source", Source(disk, holders)), own];
    }

    public void AssertHolds(Chain chain, long sequence) =>
        Lab.AssertEqual(chain, sequence, _states[(int)sequence - 1]);

    public void AssertHolds(PointReader reader) =>
        Lab.AssertEqual(reader, _states[(int)reader.Point.Sequence - 1]);

    /// <summary>The points that restore as they were; other bytes than those fail the test.</summary>
    public HashSet<long> Restorable(Chain chain)
    {
        var whole = new HashSet<long>();
        foreach (var point in chain.Points())
        {
            try
            {
                AssertHolds(chain, point.Sequence);
                whole.Add(point.Sequence);
            }
            catch (BackupCopyException)
            {
                // A named error is what a damaged point owes.
            }
        }

        return whole;
    }

    /// <summary>Appends the state that the target does not have, and returns the point's sequence.</summary>
    public long Append(SimulatedDisk disk, DamageHolders holders)
    {
        var source = Source(disk, holders);
        var made = Lab.Copy(source, source.Newest()!.Sequence, Target(disk));
        Lab.AssertEqual(Target(disk), made.Sequence, _states[States - 1]);
        Lab.AssertUses(Target(disk), made.Sequence);
        return made.Sequence;
    }

    private static string PathOf(string repository) => Path.Combine(SimulatedDisk.Root, repository);

    private static Chain Open(SimulatedDisk disk, string repository) =>
        Lab.ChainIn(RepositoryFolder.Open(disk, PathOf(repository)));

    private Chain NewChain(string name)
    {
        var made = Lab.NewRepository(_disk, PathOf(name), Block);
        var small = (made.File with { BlockFileBytes = 1 << 20 }).ToBytes();
        foreach (var file in (string[])[Names.RepositoryFileCopy, Names.RepositoryFile])
        {
            _disk.Replace(Path.Combine(made.Path, file), small);
        }

        return Open(_disk, name);
    }

    private void Import(Chain chain, int state, bool full) => Lab.Import(
        chain, Lab.Start.AddDays(state), [.. _states[state - 1].Cast<IDiskContent>()], full);

    private void MakeStates()
    {
        var random = new Random(17);
        var returning = Content(random, 9000);
        var twice = Content(random, 30_000);
        var disks = new List<MemoryDisk> { new("disk0", 300L * Block + 777), new("disk1", 5 * Block) };
        disks[0].Write(290L * Block, Content(random, Block));
        disks[0].Write(300L * Block, Content(random, 777));
        for (var i = 0; i < 5; i++)
        {
            disks[0].Write((20L + i) * Block, Content(random, Block));
        }

        for (var state = 1; state <= States; state++)
        {
            disks = [.. disks.Select(d => d.Clone())];
            Change(random, disks);
            disks[0].Write(60L * Block, state is 1 or 2 or 5 or 6 ? returning : Content(random, 5000));
            disks[0].Write(random.Next(70, 74) * (long)Block, twice);
            disks[0].Write(random.Next(80, 84) * (long)Block, twice);
            disks[1].Resize(state switch { < 3 => 5L, < 6 => 9L, _ => 4L } * Block - state);
            if (state == Removed)
            {
                // Most of what its block file holds goes with it.
                disks[0].Write(100L * Block, Content(random, 3 * Block));
            }
            else if (state == Removed + 1)
            {
                disks[0].Discard(100L * Block, 3 * Block);
            }

            if (state == 2)
            {
                disks.Add(new MemoryDisk("disk2", 2 * Block + 5));
                disks[2].Write(Block - 100, Content(random, Block));
            }
            else if (state == 7)
            {
                disks.RemoveAt(2);
            }

            _states.Add(disks);
        }
    }

    private static void Change(Random random, List<MemoryDisk> disks)
    {
        for (var i = 0; i < 4; i++)
        {
            disks[0].Write(random.Next(30, 36) * (long)Block, Content(random, random.Next(1, 14_000)));
            disks[1].Write(random.Next(4) * (long)Block + 500, Content(random, random.Next(1, 6000)));
        }

        disks[0].Discard(random.Next(30, 36) * (long)Block, Block);
    }

    private static byte[] Content(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
