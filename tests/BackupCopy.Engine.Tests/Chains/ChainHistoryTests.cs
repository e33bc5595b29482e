using BackupCopy.Chains;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Chains;

/// <summary>
/// Random lives of a chain and of its copy, against plain disks in memory: every point is read back after
/// every step. BACKUPCOPY_TEST_BUDGET multiplies the number of histories; BACKUPCOPY_TEST_SEED runs one.
/// </summary>
public sealed class ChainHistoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bc-history-").FullName;

    public static TheoryData<int> Seeds => [.. TestBudget.Seeds(30)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_point_of_a_random_history_reads_back_byte_for_byte(int seed) =>
        new History(seed, LocalStorage.Instance, _folder).Run(steps: 12);

    [Fact]
    public void A_64_TiB_sparse_disk_costs_its_data_and_reads_back_at_any_offset()
    {
        const long size = 64L << 40;
        var source = Lab.ChainIn(Lab.NewRepository(LocalStorage.Instance, Path.Combine(_folder, "source")));
        var target = Lab.ChainIn(Lab.NewRepository(LocalStorage.Instance, Path.Combine(_folder, "target")));
        var disk = new MemoryDisk("big", size);
        disk.Write(0, "first"u8);
        disk.Write(size / 3, "a third"u8);
        disk.Write(size - 4, "last"u8);
        var point = Lab.Import(source, Lab.Start, [disk]);
        Assert.InRange(point.AddedBytes, 1, 1 << 20);
        Lab.Copy(source, 1, target);
        Lab.AssertEqual(target, 1, [disk]);
        using var reader = target.OpenPoint(target.Points()[0]);
        using var content = new DiskReader(reader, reader.Point.Disks[0]);
        var bytes = new byte[9];
        Assert.Equal(9, content.Read(size / 3 - 1, bytes));
        Assert.Equal("\0a third\0"u8.ToArray(), bytes);
        Assert.Equal(4, content.Read(size - 4, bytes));
        Assert.Equal("last"u8.ToArray(), bytes[..4]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
