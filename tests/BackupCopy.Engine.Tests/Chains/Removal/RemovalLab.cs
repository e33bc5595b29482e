using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Sources;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Removal;

/// <summary>
/// A chain of seven points on a disk that tests cut, kill and fill while points are removed.
/// </summary>
internal sealed class RemovalLab
{
    public const int Block = 256 * 1024;

    private readonly SimulatedDisk _disk;
    private readonly Dictionary<long, List<MemoryDisk>> _states = [];

    public RemovalLab(ReleaseMode mode, int seed = 1)
    {
        _disk = new SimulatedDisk
        {
            Abilities = new StorageAbilities { Punches = mode != ReleaseMode.Rewrite },
        };
        var repository = Lab.NewRepository(_disk, Folder, Block);
        if (mode == ReleaseMode.WholeFiles)
        {
            repository.SetReleaseMode(mode);
        }

        var random = new Random(seed);
        var chain = Lab.ChainIn(repository);
        var disks = new List<MemoryDisk> { new("disk0", 300L * Block + 777), new("disk1", 5 * Block) };
        var twice = Content(random, 6000);
        for (var day = 0; day < 7; day++)
        {
            disks = [.. disks.Select(d => d.Clone())];
            for (var i = 0; i < 5; i++)
            {
                // Few places, in two leaves of the first disk: much is written over.
                var disk = disks[i % 4 == 0 ? 1 : 0];
                var at = disk == disks[0] ? random.Next(5) * 60L * Block : random.Next(5) * (long)Block;
                disk.Write(at, i < 2 ? twice : Content(random, random.Next(1, 20_000)));
            }

            // Content that is there twice, content that comes back, and a full in the middle.
            var point = Lab.Import(
                chain, Lab.Start.AddDays(day), [.. disks.Cast<IDiskContent>()], full: day == 4);
            _states.Add(point.Sequence, disks);
        }
    }

    public static string Folder { get; } = Path.Combine(SimulatedDisk.Root, "removal");

    /// <summary>A fresh disk with the seven points.</summary>
    public SimulatedDisk NewDisk() => _disk.Fork();

    public static Chain Open(SimulatedDisk disk) => Lab.ChainIn(RepositoryFolder.Open(disk, Folder));

    public static RemovalOutcome Remove(SimulatedDisk disk, IReadOnlyCollection<long> going)
    {
        using var removal = PointRemoval.Begin(Open(disk), "test");
        var outcome = removal.Remove(going);
        BlockFileRewrite.Run_NeedsLock(Open(disk), [], default);
        return outcome;
    }

    public void AssertHolds(Chain chain, long sequence) =>
        Lab.AssertEqual(chain, sequence, _states[sequence]);

    public void AssertHolds(PointReader reader) => Lab.AssertEqual(reader, _states[reader.Point.Sequence]);

    /// <summary>
    /// All points that had to stay are whole; the next run finishes the removal and leaves no leak.
    /// </summary>
    public void AssertSurvived(SimulatedDisk disk, IReadOnlyCollection<long> going, bool leaks = false)
    {
        var chain = Open(disk);
        foreach (var sequence in _states.Keys.Except(going))
        {
            AssertHolds(chain, sequence);
        }

        // One that had to go may still be there, and is then whole.
        foreach (var point in chain.Points().Where(p => going.Contains(p.Sequence)))
        {
            AssertHolds(chain, point.Sequence);
        }

        Remove(disk, going);
        chain = Open(disk);
        Assert.Equal(_states.Keys.Except(going).Order(), chain.Points().Select(p => p.Sequence));
        Assert.Empty(chain.Tombstones());
        if (chain.Points().Count > 0)
        {
            var findings = FullMark.Run(chain);
            Assert.Empty(findings.Violations);
            Assert.True(leaks || findings.LeakedBytes == 0, $"{findings.LeakedBytes} bytes leak.");
        }

        foreach (var sequence in _states.Keys.Except(going).Take(2))
        {
            AssertHolds(chain, sequence);
            Lab.AssertUses(chain, sequence);
        }
    }

    private static byte[] Content(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
