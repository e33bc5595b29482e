using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Reporting;
using BackupCopy.Storage;

namespace BackupCopy.Tests.Running.Upkeep;

/// <summary>What health checks left in a chain's memory is shown with its points.</summary>
public sealed class PointHealthTests : IDisposable
{
    private static readonly DateTime s_checked = new(2026, 11, 1, 3, 0, 0, DateTimeKind.Utc);

    private readonly EngineLab _lab = new();

    public static TheoryData<string[], int, string> Damage => new()
    {
        { [], 0, "" },
        { ["DamagedBlock"], 1, "1 block is damaged" },
        { ["DamagedBlock", "DamagedBlock"], 2, "2 blocks are damaged" },
        { ["DamagedMap"], 0, "1 part of its structure is damaged" },
        { ["DamagedBlock", "DamagedIndex", "DamagedMap"], 1,
            "1 block and 2 parts of its structure are damaged" },
        { ["DamagedCopy"], 0, "" },
    };

    public void Dispose() => _lab.Dispose();

    [Theory]
    [MemberData(nameof(Damage))]
    public async Task A_point_says_what_of_it_is_known_to_be_damaged(
        string[] kinds, int blocks, string reason)
    {
        await ImportAsync(2);
        Remember(new HealthFile
        {
            Points = [new VerifiedPoint(2, s_checked, "Quick", 0)],
            Damage = [.. kinds.Select((kind, i) => new KnownDamage(
                kind, "00000001.bcblocks", 4096 * (i + 1), $"1/{i}", "", default, i, -1, [2]))],
        });

        var points = _lab.Points("Primary");

        Assert.Equal((null, "", 0, ""), History(points[0]));
        Assert.Equal((s_checked.ToLocalTime(), "Quick"), (points[1].VerifiedTime, points[1].VerifiedDepth));
        Assert.Equal(blocks, points[1].DamagedBlockCount);
        Assert.StartsWith(reason, points[1].Reason);
        Assert.Equal(reason.Length == 0, points[1].Reason.Length == 0);
        Assert.All(points, p => Assert.Equal(RestorePointState.Complete, p.State));
    }

    [Fact]
    public async Task A_memory_that_does_not_read_hides_no_point()
    {
        await ImportAsync(1);
        File.WriteAllText(MemoryPath(), "{");

        Assert.Equal((null, "", 0, ""), History(Assert.Single(_lab.Points("Primary"))));
    }

    private static (DateTime?, string, int, string) History(RestorePointInfo point) =>
        (point.VerifiedTime, point.VerifiedDepth, point.DamagedBlockCount, point.Reason);

    private async Task ImportAsync(int count)
    {
        var image = _lab.NewImage("web01.img", 700_000, seed: 1);
        for (var i = 0; i < count; i++)
        {
            EngineLab.Change(image, 0, 100, seed: i);
            _lab.Clock.Advance(TimeSpan.FromHours(1));
            await _lab.ImportAsync("web01", image);
        }
    }

    private void Remember(HealthFile memory) => ChainMemory.Write(Chain(), memory);

    private string MemoryPath() => Path.Combine(Chain().Path, Names.HealthFile);

    private Chain Chain() => RepositoryFolder.Open(LocalStorage.Instance, _lab.PathOf("Primary"))
        .Backups().Single().Chains().Single();
}
