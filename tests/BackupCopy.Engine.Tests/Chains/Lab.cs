using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Sources;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Chains;

/// <summary>Makes, copies and compares points with the engine's own parts, for tests of chains.</summary>
internal static class Lab
{
    public static readonly Guid Machine = new("11111111-2222-3333-4444-555555555555");
    public static readonly Guid Job = new("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
    public static readonly DateTime Start = new(2026, 11, 1, 22, 0, 0, DateTimeKind.Utc);

    public static CopyOptions Options { get; } = new() { Workers = 3, BatchBytes = 1 << 20 };

    public static RepositoryFolder NewRepository(
        IStorage storage, string path, int blockSize = 256 * 1024,
        Compression compression = Compression.Fast) =>
        RepositoryFolder.Create(storage, path, blockSize, compression, Start);

    public static Chain ChainIn(RepositoryFolder repository, string backup = "Lab") =>
        repository.BackupFor(backup, Job).ChainFor("web01", Machine);

    public static AppendRequest Request(
        RepositoryFolder repository, DateTime time, bool full = false) => new()
    {
        MachineId = Machine,
        MachineName = "web01",
        JobId = Job,
        JobName = "Lab",
        TimeUtc = time,
        NowUtc = time,
        BlockSizeBytes = repository.File.BlockSizeBytes,
        Compression = repository.File.Compression,
        Full = full,
        Purpose = "test",
    };

    public static PointFile Import(
        Chain chain, DateTime time, IReadOnlyList<IDiskContent> disks, bool full = false,
        CopyProgress? progress = null, CancellationToken cancellation = default) =>
        PointCopy.FromImagesAsync(
            disks, [], chain, Request(chain.Repository, time, full), Options,
            progress ?? new CopyProgress(), cancellation)
            .GetAwaiter().GetResult();

    public static PointFile Copy(
        Chain from, long sequence, Chain to, bool full = false, CopyProgress? progress = null,
        CancellationToken cancellation = default)
    {
        using var source = from.OpenPoint(from.Points().Single(p => p.Sequence == sequence));
        var request = Request(to.Repository, source.Point.TimeUtc, full) with
        {
            Origin = new PointOrigin(
                from.Repository.File.Id, source.Point.JobId, source.Point.Sequence, source.Point.PointId),
        };
        return PointCopy.FromPointAsync(
            source, to, request, Options, progress ?? new CopyProgress(), cancellation)
            .GetAwaiter().GetResult();
    }

    /// <summary>
    /// Reads every byte of the point's disks and compares; holes are compared by their neighbours' pages.
    /// </summary>
    public static void AssertEqual(Chain chain, long sequence, IReadOnlyList<MemoryDisk> expected)
    {
        using var reader = chain.OpenPoint(chain.Points().Single(p => p.Sequence == sequence));
        AssertEqual(reader, expected);
    }

    /// <summary>The same by a reader that was opened earlier.</summary>
    public static void AssertEqual(PointReader reader, IReadOnlyList<MemoryDisk> expected)
    {
        Assert.Equal(expected.Count, reader.Point.Disks.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            AssertEqual(reader, reader.Point.Disks[i], expected[i]);
        }
    }

    private static void AssertEqual(PointReader reader, DiskEntry disk, MemoryDisk expected)
    {
        Assert.Equal(expected.SizeBytes, disk.SizeBytes);
        using var content = new DiskReader(reader, disk);
        var blockSize = reader.Point.BlockSizeBytes;
        var blocks = expected.Pages().Select(p => p / blockSize)
            .Concat(content.Map.Walk().Select(b => b.Block)).Distinct().Order();
        var actual = new byte[blockSize];
        var wanted = new byte[blockSize];
        foreach (var block in blocks)
        {
            var length = BlockSize.LengthOf(block, disk.SizeBytes, blockSize);
            Assert.Equal(length, content.Read(block * blockSize, actual));
            expected.Read(block * blockSize, wanted.AsSpan(0, length));
            Assert.True(
                actual.AsSpan(0, length).SequenceEqual(wanted.AsSpan(0, length)),
                $"Block {block} of {disk.Name} differs.");
        }

        var used = content.Map.Walk().Sum(b => (long)BlockSize.LengthOf(b.Block, disk.SizeBytes, blockSize));
        Assert.Equal(used, disk.UsedBytes);
    }

    /// <summary>The counted uses of block files must be what walking the maps finds.</summary>
    public static void AssertUses(Chain chain, long sequence)
    {
        using var reader = chain.OpenPoint(chain.Points().Single(p => p.Sequence == sequence));
        var uses = new SortedDictionary<uint, long>();
        foreach (var disk in reader.Point.Disks)
        {
            Count(reader.OpenMap(disk), uses);
        }

        Assert.Equal(uses, new SortedDictionary<uint, long>(
            reader.Point.BlockFiles.ToDictionary(f => f.Number, f => f.Uses)));
    }

    private static void Count(DiskMap map, SortedDictionary<uint, long> uses)
    {
        void Add(MapEntry entry)
        {
            if (!entry.IsEmpty)
            {
                uses[entry.Name.File] = uses.GetValueOrDefault(entry.Name.File) + 1;
            }
        }

        Add(map.Reference(map.RootLevel, 0));
        for (var level = map.RootLevel; level >= 0; level--)
        {
            for (var block = 0L; block < map.BlockCount; block += MapNode.BlocksPerChild(level + 1))
            {
                foreach (var entry in map.Node(level, block >> (8 * (level + 1))) ?? [])
                {
                    Add(entry);
                }
            }
        }
    }
}
