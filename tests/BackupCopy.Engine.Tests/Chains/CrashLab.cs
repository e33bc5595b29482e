using BackupCopy.Chains;
using BackupCopy.Sources;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains;

/// <summary>
/// A source of four points that nothing happens to, and a target with copies of the first three on a disk
/// that tests cut, kill and fill while the fourth is copied. Where that disk clones, the source lies on it.
/// </summary>
internal sealed class CrashLab
{
    private const int Block = 256 * 1024;

    private readonly List<List<MemoryDisk>> _states = [];
    private readonly SimulatedDisk _target = new();
    private readonly SimulatedDisk? _ownDisk;

    public CrashLab(int seed = 1, int changedBlocks = 12, bool clones = false)
    {
        var random = new Random(seed);
        _target.Abilities = _target.Abilities with { Clones = clones };
        _ownDisk = clones ? null : new SimulatedDisk();
        var source = Lab.ChainIn(Lab.NewRepository(_ownDisk ?? _target, SourcePath, Block));
        var disks = new List<MemoryDisk> { new("disk0", 300L * Block + 777), new("disk1", 5 * Block) };
        for (var day = 0; day < 4; day++)
        {
            disks = [.. disks.Select(d => d.Clone())];
            for (var i = 0; i < changedBlocks; i++)
            {
                var content = new byte[random.Next(Block / 4, Block)];
                random.NextBytes(content);
                var disk = disks[i % 4 == 0 ? 1 : 0];
                var at = random.NextInt64(disk.SizeBytes);
                disk.Write(at, content.AsSpan(0, (int)Math.Min(content.Length, disk.SizeBytes - at)));
            }

            _states.Add(disks);
            Lab.Import(source, Lab.Start.AddDays(day), [.. disks.Cast<IDiskContent>()]);
        }

        var target = Lab.ChainIn(Lab.NewRepository(_target, TargetPath, Block));
        for (var sequence = 1; sequence <= 3; sequence++)
        {
            Lab.Copy(source, sequence, target);
        }
    }

    public static string SourcePath { get; } = Path.Combine(SimulatedDisk.Root, "source");

    public static string TargetPath { get; } = Path.Combine(SimulatedDisk.Root, "target");

    public Chain Source => SourceFor(_target);

    /// <summary>The source that a copy onto this disk can clone from.</summary>
    public Chain SourceFor(SimulatedDisk disk) =>
        Lab.ChainIn(RepositoryFolder.Open(_ownDisk ?? disk, SourcePath));

    /// <summary>A fresh disk in the state before the fourth copy.</summary>
    public SimulatedDisk NewDisk() => _target.Fork();

    public static Chain Target(IStorage disk) => Lab.ChainIn(RepositoryFolder.Open(disk, TargetPath));

    /// <summary>How many state-changing operations the fourth copy takes.</summary>
    public int CountOperations()
    {
        var disk = NewDisk();
        var before = disk.Operations;
        Lab.Copy(SourceFor(disk), 4, Target(disk));
        Assert.Equal(_ownDisk is null, disk.BytesCloned > 0);
        return disk.Operations - before;
    }

    /// <summary>The point holds what its disks held.</summary>
    public void AssertState(Chain chain, long sequence)
    {
        using (chain.OpenPoint(chain.Points().Single(p => p.Sequence == sequence)))
        {
            Lab.AssertEqual(chain, sequence, _states[(int)sequence - 1]);
        }
    }

    /// <summary>
    /// The three older points restore; the new one is whole or absent; the next copy completes it.
    /// </summary>
    public void AssertSurvived(SimulatedDisk disk)
    {
        var chain = Target(disk);
        var points = chain.Points();
        Assert.True(points.Count is 3 or 4, $"{points.Count} points.");
        for (var sequence = 1; sequence <= points.Count; sequence++)
        {
            Lab.AssertEqual(chain, sequence, _states[sequence - 1]);
        }

        var made = Lab.Copy(SourceFor(disk), 4, chain);
        Lab.AssertEqual(chain, made.Sequence, _states[3]);
        Lab.AssertUses(chain, made.Sequence);
        Assert.Null(chain.Unfinished());
        AssertNoGarbage(disk, chain);
    }

    /// <summary>Every block file is listed by a point and has an index.</summary>
    private static void AssertNoGarbage(SimulatedDisk disk, Chain chain)
    {
        var listed = chain.Points().SelectMany(p => p.File!.BlockFiles)
            .Select(f => f.Number).Distinct().Order();
        var present = disk.List(chain.Path).Select(e => e.Name)
            .Where(n => n.EndsWith(".bcblocks", StringComparison.Ordinal))
            .Select(n => uint.Parse(n.AsSpan(0, 8), System.Globalization.CultureInfo.InvariantCulture))
            .Order();
        Assert.Equal(listed, present);
        Assert.Equal(
            present.Count(),
            disk.List(chain.Path).Count(e => e.Name.EndsWith(".bcindex", StringComparison.Ordinal)));
    }
}
