using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// Health checks of a chain of seven days, and the bare reading of the same files; they take turns in going
/// first, and all bytes are in the page cache for both.
/// </summary>
internal sealed class CheckRounds(Options options, DataSet data, Action<string> report)
    : ChainRounds("check", Row.Checks, options, data, report)
{
    private string Chain => In("chain");

    protected override Task MakeAsync(
        Options options, Action<string> report, CancellationToken cancellation) =>
        SevenDays.MakeAsync(Chain, Data, report, cancellation);

    protected override async Task RunRowAsync(
        Row row, Samples samples, int round, CancellationToken cancellation)
    {
        for (int turn = 0; turn < 2; turn++)
        {
            FileCopy.Warm(Chain);
            if (turn == round % 2)
            {
                var cost = await RunAsync(row.Name + ChainOperations.Bare, Chain, cancellation);
                samples.BesideSeconds.Add(cost.WallSeconds);
            }
            else
            {
                samples.Runs.Add(await RunAsync(row.Name, Chain, cancellation));
            }
        }

        samples.WorkedBytes = FileCopy.SizeBytes(Chain);
    }
}
