using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>The chain of seven days that several rows start from.</summary>
internal static class SevenDays
{
    private static readonly DateTime FirstDay = new(2026, 1, 1, 2, 0, 0, DateTimeKind.Utc);

    public static async Task MakeAsync(
        string repository, DataSet data, Action<string> report, CancellationToken cancellation)
    {
        EngineOperations.CreateRepository(repository);
        for (int day = 0; day < Row.PointsOfChain; day++)
        {
            cancellation.ThrowIfCancellationRequested();
            report($"Making day {day} of the chain");
            await EngineOperations.AppendImageAsync(repository, data.Image(day), FirstDay.AddDays(day));
        }
    }
}
