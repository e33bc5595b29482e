using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Sources;
using BackupCopy.Storage;
using BackupCopy.Tests.Chains;
using BackupCopy.Tests.Format;
using BackupCopy.Tests.Storage;

namespace BackupCopy.Tests.Health;

/// <summary>
/// A chain of four points on a disk that tests damage: blocks that compress and that do not, content that is
/// there twice, a short last block, and a full as the third point.
/// </summary>
internal sealed class HealthLab
{
    public const int Block = 256 * 1024;
    public const int PointCount = 4;

    private readonly SimulatedDisk _disk = new();
    private readonly List<List<MemoryDisk>> _states = [];
    private readonly ReadOnlyMemory<byte> _key;

    public HealthLab(int seed = 1, bool isSealed = false)
    {
        _key = isSealed ? Known.Key : default;
        Lab.NewRepository(_disk, Folder, Block);
        var chain = Open(_disk);
        var random = new Random(seed);
        var twice = Content(random, Block / 2);
        var disks = new List<MemoryDisk> { new("disk0", 600L * Block + 777), new("disk1", 5 * Block) };
        for (var day = 0; day < PointCount; day++)
        {
            disks = [.. disks.Select(d => d.Clone())];
            for (var i = 0; i < 16; i++)
            {
                var disk = disks[i % 5 == 0 ? 1 : 0];
                var block = disk == disks[1] ? random.Next(5) : random.Next(3) * 256 + random.Next(80);
                var content = i < 2 ? twice : Content(random, random.Next(Block / 4, Block));
                disk.Write(block * (long)Block, content.AsSpan(0, i % 3 == 0 ? 5000 : content.Length));
            }

            disks[0].Write(600L * Block, Content(random, 777));
            Lab.Import(chain, Lab.Start.AddDays(day), [.. disks.Cast<IDiskContent>()], full: day == 2);
            _states.Add(disks);
        }

        chain.ChangeMark(chain.Points()[1], Lab.Start, m => m with { IsHeld = true, Reason = "kept" });
        MakeCopies(_disk, chain);
    }

    public static string Folder { get; } = Path.Combine(SimulatedDisk.Root, "health");

    public static DateTime Now { get; } = Lab.Start.AddDays(30);

    public SimulatedDisk NewDisk() => _disk.Fork();

    public Chain Open(IStorage disk) => Lab.ChainIn(RepositoryFolder.Open(disk, Folder, key: _key));

    public void AssertHolds(Chain chain, long sequence) =>
        Lab.AssertEqual(chain, sequence, _states[(int)sequence - 1]);

    public static CheckRequest Request(
        CheckScope scope = CheckScope.All, CheckDepth depth = CheckDepth.Full) => new()
    {
        Scope = scope,
        Depth = depth,
        NowUtc = Now,
        Workers = 2,
    };

    public static Task<CheckOutcome> CheckAsync(Chain chain, CheckRequest? request = null) =>
        ChainCheck.RunAsync(chain, request ?? Request(), TestContext.Current.CancellationToken);

    /// <summary>What is found, apart from what some tests cause beside it.</summary>
    public static async Task<List<ChainDamage>> FindAsync(Chain chain, CheckRequest? request = null) =>
        [.. (await CheckAsync(chain, request)).Damage];

    /// <summary>A data record of a point: the n-th entry of its first disk.</summary>
    public static (long Block, MapEntry Entry, RecordPlace Place) Record(
        Chain chain, long sequence, int n = 0)
    {
        using var reader = chain.OpenPoint(chain.Points().Single(p => p.Sequence == sequence));
        var (block, entry) = reader.OpenMap(reader.Point.Disks[0]).Walk().ElementAt(n);
        return (block, entry, reader.Store.Locate(entry.Name));
    }

    public static string BlockFile(Chain chain, uint number) =>
        Path.Combine(chain.Path, Names.BlockFile(number));

    public static void Flip(IStorage disk, string path, long offset, byte bits = 1)
    {
        using var file = disk.Open(path, OpenFor.Changing);
        var one = new byte[1];
        file.ReadAll(one, offset);
        one[0] ^= bits;
        file.WriteAll(one, offset);
    }

    public static void Exchange(IStorage disk, string one, string other)
    {
        var spare = one + ".spare";
        disk.Rename(one, spare);
        disk.Rename(other, one);
        disk.Rename(spare, other);
    }

    public static byte[] Content(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static void MakeCopies(SimulatedDisk disk, Chain chain)
    {
        foreach (var name in disk.List(chain.Path).Select(e => e.Name).Where(
            n => n.EndsWith(Names.Point, StringComparison.Ordinal)
                || n.EndsWith(Names.Mark, StringComparison.Ordinal)))
        {
            var path = Path.Combine(chain.Path, name);
            disk.Replace(path + Names.Copy, disk.ReadSmall(path, FormatLimits.PointFileBytes));
        }

        disk.FlushDirectory(chain.Path);
    }
}
