using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Compacting;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Sources;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Compacting;

/// <summary>
/// A chain of some points whose newest state lies scattered, on a disk that tests cut, stop and fill while
/// it is compacted. Its block files are small, so that there are several segments.
/// </summary>
internal sealed class CompactLab
{
    public const int Block = 256 * 1024;

    private readonly SimulatedDisk _disk;
    private readonly Dictionary<long, List<MemoryDisk>> _states = [];
    private readonly byte[] _key;
    private readonly Random _random;
    private readonly int _blocks;
    private List<MemoryDisk> _machine = [new("disk0", 300L * Block + 777), new("disk1", 5 * Block)];

    public CompactLab(
        ReleaseMode mode, Compression compression = Compression.Fast, bool isSealed = false, int points = 7,
        int blocks = 24)
    {
        _blocks = blocks;
        _key = isSealed ? [.. Enumerable.Range(1, Seal.KeyBytes).Select(i => (byte)i)] : [];
        _disk = new SimulatedDisk
        {
            Abilities = new StorageAbilities { Punches = mode != ReleaseMode.Rewrite },
        };
        var repository = Lab.NewRepository(_disk, Folder, Block, compression);
        Describe(_disk, repository.File with { BlockFileBytes = 2 << 20, ReleaseMode = mode });
        _random = new Random(5);
        for (var i = 0; i < blocks; i++)
        {
            Write(i);
        }

        for (var day = 1; day <= points; day++)
        {
            Append(_disk, day);
        }
    }

    public static string Folder { get; } = Path.Combine(SimulatedDisk.Root, "compact");

    public SimulatedDisk NewDisk() => _disk.Fork();

    public Chain Open(IStorage disk) => Lab.ChainIn(RepositoryFolder.Open(disk, Folder, key: _key));

    /// <summary>Adds a day's changes; those of later days are no state of the chain as it began.</summary>
    public void Append(SimulatedDisk disk, int day)
    {
        _machine = [.. _machine.Select(d => d.Clone())];
        for (var i = 0; day > 1 && i < _blocks / 3; i++)
        {
            Write(_random.Next(_blocks));
        }

        // Content that is there twice.
        var twice = Noise(3000);
        _machine[1].Write(0, twice);
        _machine[1].Write(2 * Block, twice);
        var point = Lab.Import(
            Open(disk), Lab.Start.AddDays(day), [.. _machine.Cast<IDiskContent>()]);
        _states[point.Sequence] = _machine;
    }

    public CompactOutcome Compact(
        IStorage disk, Compression? compression = null, Action<long, long>? progress = null,
        CancellationToken cancellation = default) =>
        ChainCompact.RunAsync(Open(disk), Request(compression, progress), cancellation)
            .GetAwaiter().GetResult()!;

    public static CompactRequest Request(Compression? compression, Action<long, long>? progress = null) =>
        new() { Workers = 2, Compression = compression, Progress = progress };

    public RemovalOutcome Remove(IStorage disk, params long[] going)
    {
        using var removal = PointRemoval.Begin(Open(disk), "test");
        return removal.RemoveAndRewrite(going, default);
    }

    public void AssertHolds(IStorage disk, IEnumerable<long>? gone = null)
    {
        var chain = Open(disk);
        Assert.Equal(_states.Keys.Except(gone ?? []).Order(), chain.Points().Select(p => p.Sequence));
        foreach (var point in chain.Points())
        {
            Lab.AssertEqual(chain, point.Sequence, _states[point.Sequence]);
            Lab.AssertUses(chain, point.Sequence);
        }
    }

    public void AssertHolds(PointReader reader) => Lab.AssertEqual(reader, _states[reader.Point.Sequence]);

    /// <summary>Nothing leaks, and where the storage punches nothing is taken but what is live.</summary>
    public void AssertClean(SimulatedDisk disk)
    {
        var chain = Open(disk);
        var findings = FullMark.Run(chain);
        Assert.Empty(findings.Violations);
        Assert.Equal((0, 0), (findings.Leaked, findings.LeakedBytes));
        Assert.False(OldBytes.Any(chain));
        if (chain.Repository.File.EffectiveReleaseMode == ReleaseMode.Punch)
        {
            AssertNoDeadData(chain, disk);
        }
    }

    /// <summary>Where the record lies, by the index as it is now.</summary>
    public static RecordPlace PlaceOf(Chain chain, RecordName name)
    {
        using var store = chain.OpenStore(Lab.Machine);
        return store.Locate(name);
    }

    /// <summary>Every data record of the newest point, by name.</summary>
    public static List<RecordName> NewestRecords(Chain chain)
    {
        using var reader = chain.OpenPoint(chain.Points()[^1]);
        return
        [
            .. reader.Point.Disks.SelectMany(d => reader.OpenMap(d).Walk()).Select(b => b.Entry.Name)
                .Distinct(),
        ];
    }

    public static IReadOnlyList<string> BlockFileNames(Chain chain) =>
        [.. chain.Repository.Storage.List(chain.Path).Select(e => e.Name)
            .Where(n => n.EndsWith(Names.Blocks, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static void AssertNoDeadData(Chain chain, SimulatedDisk disk)
    {
        var held = HeldRecords.Count(BlockFiles.AllIndexes(chain));
        foreach (var name in BlockFileNames(chain))
        {
            var path = Path.Combine(chain.Path, name);
            var header = BlockFileWalk.ReadHeader(disk, path)!;
            if (header.Kind == BlockFileKind.Data)
            {
                Assert.Equal(4096 + held[header.Number].Bytes, disk.AllocatedBytes(path));
            }
        }
    }

    private static void Describe(SimulatedDisk disk, RepositoryFile file)
    {
        foreach (var name in (string[])[Names.RepositoryFileCopy, Names.RepositoryFile])
        {
            disk.Replace(Path.Combine(Folder, name), file.ToBytes());
        }

        disk.FlushDirectory(Folder);
    }

    // Half of it compresses, so that the codecs differ.
    private void Write(int block)
    {
        var content = Noise(_random.Next(2000, 40_000));
        content.AsSpan(content.Length / 2).Fill((byte)_random.Next(1, 256));
        _machine[0].Write((long)block * 7 * Block, content);
    }

    private byte[] Noise(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }
}
