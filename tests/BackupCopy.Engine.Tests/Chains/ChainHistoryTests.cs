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

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
