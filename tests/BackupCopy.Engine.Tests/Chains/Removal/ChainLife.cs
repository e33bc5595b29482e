using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Chains.Compacting;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Chains.Removal;

/// <summary>
/// One random life of a chain on a disk that loses power: points appended with late and equal times, any of
/// them removed, files rewritten, the chain compacted, the repository copied by a tool that fills holes,
/// neighbours damaged, and now and then a reader that stays for some steps. The model knows what every point
/// holds.
/// </summary>
internal sealed class ChainLife
{
    private const int Block = 256 * 1024;

    private readonly Random _random;
    private readonly Random _visits;
    private readonly Dictionary<long, List<MemoryDisk>> _model = [];
    private readonly Dictionary<uint, Guid> _numbers = [];
    private readonly ReleaseMode _mode;
    private SimulatedDisk _disk;
    private Chain _chain;
    private readonly ChangingDisks _machine;
    private DateTime _time = Lab.Start;
    private long _highest;
    private (PointReader Reader, List<MemoryDisk> Disks)? _visitor;

    public ChainLife(int seed)
    {
        _random = new Random(seed);
        _visits = new Random(-seed);
        _mode = (ReleaseMode)(seed % 3);
        _disk = new SimulatedDisk
        {
            Abilities = new StorageAbilities { Punches = _mode != ReleaseMode.Rewrite },
        };
        _chain = Lab.ChainIn(Lab.NewRepository(_disk, Folder, Block));
        // Small block files make several segments of a disk; without, all of it is one.
        var file = _chain.Repository.File with
        {
            ReleaseMode = _mode,
            BlockFileBytes = seed % 2 == 0 ? 1 << 20 : _chain.Repository.File.BlockFileBytes,
        };
        foreach (var name in (string[])[Names.RepositoryFileCopy, Names.RepositoryFile])
        {
            _disk.Replace(Path.Combine(Folder, name), file.ToBytes());
        }

        _disk.FlushDirectory(Folder);
        Reopen(_disk);

        _machine = new ChangingDisks(_random, Block, mostContentBytes: 9000);
    }

    /// <summary>What was done, for a life that failed.</summary>
    public List<string> Steps { get; } = [];

    private static string Folder { get; } = Path.Combine(SimulatedDisk.Root, "life");

    private bool Punches => _mode == ReleaseMode.Punch;

    public void Run(int steps)
    {
        Append();
        for (var step = 1; step < steps; step++)
        {
            Visit();
            switch (_random.Next(12))
            {
                case < 5:
                    Append();
                    break;
                case < 8:
                    Remove();
                    break;
                case 8:
                    CopyByTool();
                    break;
                case > 9:
                    Compact();
                    break;
                default:
                    DamageANeighbour();
                    break;
            }

            Check();
            if (_visitor is var (reader, disks))
            {
                Lab.AssertEqual(reader, disks);
            }
        }

        // Once nobody reads, the next removal gives back whatever waited.
        Leave();
        RemoveNow([]);
        Assert.False(OldBytes.Any(_chain));
        Check();
        foreach (var (sequence, disks) in _model)
        {
            Lab.AssertEqual(_chain, sequence, disks);
            Lab.AssertUses(_chain, sequence);
        }
    }

    // By its first look at the block files a visitor knows their indexes as they were then.
    private void Visit()
    {
        if (_visitor is null && _model.Count > 0 && _visits.Next(4) == 0)
        {
            var (sequence, disks) = _model.ElementAt(_visits.Next(_model.Count));
            var reader = _chain.OpenPoint(_chain.Points().Single(p => p.Sequence == sequence));
            Lab.AssertEqual(reader, disks);
            _visitor = (reader, disks);
            Steps.Add($"visit {sequence}");
        }
        else if (_visits.Next(4) == 0)
        {
            Leave();
        }
    }

    private void Leave()
    {
        _visitor?.Reader.Dispose();
        _visitor = null;
    }

    private void Append()
    {
        _machine.Change();
        var disks = _machine.Disks;
        _time = _time.AddMinutes(_random.Next(8) switch { 0 => -600, 1 => 0, _ => 60 });
        var full = _random.Next(12) == 0;
        Crashing(() => Lab.Import(_chain, _time, disks, full), 60, "append");
        if (_chain.Points() is var points && points.Count > 0 && points[^1].Sequence > _highest)
        {
            _model.Add(points[^1].Sequence, disks);
        }
        else
        {
            _model.Add(Lab.Import(_chain, _time, disks, full).Sequence, disks);
        }

        var newest = _chain.Points()[^1].Sequence;
        Assert.True(newest > _highest, $"Sequence {newest} was given out before.");
        _highest = newest;
    }

    private void Remove()
    {
        var share = _random.Next(1, 5);
        var going = _model.Keys.Where(_ => _random.Next(4) < share).ToList();
        Crashing(() => RemoveNow(going), 30, "remove");
        foreach (var gone in going.Where(s => _chain.Points().All(p => p.Sequence != s)).ToList())
        {
            _model.Remove(gone);
        }

        // The next run finishes what was cut off.
        var outcome = RemoveNow([]);
        Assert.Empty(outcome.Blocked);
        Assert.Empty(_chain.Tombstones());
    }

    // In one of three times to another compression.
    private void Compact()
    {
        if (_mode == ReleaseMode.WholeFiles)
        {
            return;
        }

        Compression? compression = _random.Next(3) == 0 ? (Compression)_random.Next(4) : null;
        Crashing(() => CompactNow(compression), 60, $"compact {compression}");
        CompactNow(compression);
        Assert.Equal(0, CompactNow(compression)?.MovedBytes ?? 0);
    }

    private CompactOutcome? CompactNow(Compression? compression)
    {
        var outcome = ChainCompact.RunAsync(
            _chain, new CompactRequest { Workers = 2, Compression = compression }, default)
            .GetAwaiter().GetResult();
        Assert.True(
            outcome?.Notes.All(n => n.Contains("until the reader", StringComparison.Ordinal)) ?? true,
            string.Join(" ", outcome?.Notes ?? []));
        return outcome;
    }

    private RemovalOutcome RemoveNow(IReadOnlyCollection<long> going)
    {
        using var removal = PointRemoval.Begin(_chain, "test");
        var outcome = removal.Remove(going);
        BlockFileRewrite.Run_NeedsLock(_chain, [], default);
        return outcome;
    }

    /// <summary>Runs it, in one of three times with the power going in the middle.</summary>
    private void Crashing(Action action, int mostOperations, string what)
    {
        Steps.Add(what);
        if (_random.Next(3) > 0)
        {
            action();
            return;
        }

        var seed = _random.Next();
        var operations = _random.Next(mostOperations);
        Steps[^1] += $", cut after {operations} operations in way {seed % 4}";
        _disk.CutAfter(operations);
        try
        {
            action();
        }
        catch (PowerLostException)
        {
            // What the test arranged.
        }

        Reopen((seed % 4) switch
        {
            0 => _disk.Kill(),
            1 => _disk.PowerCutLosingAll(),
            _ => _disk.PowerCut(seed),
        });

        // What a killed process had renamed last is not durable until the next holder of the lock comes.
        if (_disk.DirectoryExists(_chain.Path))
        {
            _chain.TakeAppendLock("test").Dispose();
        }
    }

    // The copy has no holes, and goes on in place of the original.
    private void CopyByTool()
    {
        Steps.Add("copy by a tool");
        Leave();
        var copy = new SimulatedDisk { Abilities = _disk.Abilities };
        CopyFolder(_disk, copy, Folder);
        copy.FlushDirectory(SimulatedDisk.Root);
        Reopen(copy);
        if (_model.Count > 0)
        {
            using var removal = PointRemoval.Begin(_chain, "test");
            removal.Remove([]);
            Assert.Empty(FullMark.Reclaim_NeedsLock(_chain).Violations);
        }
    }

    private static void CopyFolder(SimulatedDisk from, SimulatedDisk to, string folder)
    {
        to.CreateDirectory(folder);
        foreach (var entry in from.List(folder))
        {
            var path = Path.Combine(folder, entry.Name);
            if (entry.IsDirectory)
            {
                CopyFolder(from, to, path);
                continue;
            }

            using var source = from.Open(path, OpenFor.Reading);
            using var target = to.Open(path, OpenFor.Creating);
            var bytes = new byte[source.Length];
            for (var done = 0; done < bytes.Length;)
            {
                done += source.Read(bytes.AsSpan(done), done);
            }

            target.Write(bytes, 0);
            target.Flush();
        }

        to.FlushDirectory(folder);
    }

    // A damaged map of the newer neighbour: nothing is released, nothing is lost, and once it is whole again
    // the removal finishes.
    private void DamageANeighbour()
    {
        Steps.Add("damage a neighbour");
        Leave();
        var points = _chain.Points();
        if (points.Count < 2)
        {
            return;
        }

        var i = _random.Next(points.Count - 1);
        var newer = points[i + 1].File!;
        var map = newer.BlockFiles.Where(f => f.Kind == BlockFileKind.Map)
            .OrderBy(f => f.Number).LastOrDefault();
        if (map.Number == 0)
        {
            return;
        }

        var path = Path.Combine(_chain.Path, Names.BlockFile(map.Number));
        if (!_disk.FileExists(path))
        {
            return;
        }

        var before = _disk.Fork();
        using (var file = _disk.Open(path, OpenFor.Changing))
        {
            var noise = new byte[file.Length - 128];
            _random.NextBytes(noise);
            file.Write(noise, 128);
        }

        var outcome = RemoveNow([points[i].Sequence]);
        if (outcome.Removed.Count == 0)
        {
            Assert.NotEmpty(outcome.Blocked);
            Assert.Contains(_chain.Points(), p => p.Sequence == points[i].Sequence);
        }

        Reopen(before);
    }

    private void Check()
    {
        Assert.Equal(_model.Keys.Order(), _chain.Points().Select(p => p.Sequence));
        Assert.Null(_chain.Unfinished());
        if (_model.Count == 0)
        {
            Assert.DoesNotContain(
                _disk.List(_chain.Path), e => e.Name.EndsWith(Names.Blocks, StringComparison.Ordinal));
            return;
        }

        var findings = FullMark.Run(_chain);
        Assert.Empty(findings.Violations);
        if (_mode != ReleaseMode.WholeFiles)
        {
            Assert.Equal((0, 0), (findings.Leaked, findings.LeakedBytes));
        }

        if (Punches)
        {
            AssertNoSpaceLeaks();
        }

        foreach (var file in _chain.Points().SelectMany(p => p.File!.BlockFiles))
        {
            Assert.True(
                _numbers.TryAdd(file.Number, file.FileId) || _numbers[file.Number] == file.FileId,
                $"Number {file.Number} was given out twice.");
        }

        var any = _model.ElementAt(_random.Next(_model.Count));
        Lab.AssertEqual(_chain, any.Key, any.Value);
    }

    // Data files have aligned slots: what they take is their header and what is live in them, nothing else.
    // Old bytes wait for the visitor, and for whoever removes or compacts next.
    private void AssertNoSpaceLeaks()
    {
        var waiting = OldBytes.Of(_chain);
        var held = HeldRecords.Count(BlockFiles.AllIndexes(_chain));
        foreach (var entry in _disk.List(_chain.Path))
        {
            var path = Path.Combine(_chain.Path, entry.Name);
            if (Names.TryNumber(entry.Name, Names.Blocks, out var number) && !waiting.Contains(number)
                && BlockFileWalk.ReadHeader(_disk, path) is { Kind: BlockFileKind.Data })
            {
                Assert.Equal(4096 + held.GetValueOrDefault(number).Bytes, _disk.AllocatedBytes(path));
            }
        }
    }

    // A visitor is gone with its process.
    private void Reopen(SimulatedDisk disk)
    {
        _visitor = null;
        _disk = disk;
        _chain = Lab.ChainIn(RepositoryFolder.Open(disk, Folder));
    }
}
