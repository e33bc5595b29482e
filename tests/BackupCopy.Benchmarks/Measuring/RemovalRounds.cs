using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// Removals from a chain of seven days, and the bare system calls of the same plan on an equal copy of it;
/// they take turns in going first.
/// </summary>
internal sealed class RemovalRounds(Options options, DataSet data, Action<string> report)
    : ChainRounds("removal", Row.Removals, options, data, report)
{
    private string Chain => In("chain");

    protected override Task MakeAsync(
        Options options, Action<string> report, CancellationToken cancellation) =>
        SevenDays.MakeAsync(Chain, Data, report, cancellation);

    protected override async Task RunRowAsync(
        Row row, Samples samples, int round, CancellationToken cancellation)
    {
        samples.ChainBytes = FileCopy.SizeBytes(Chain);
        string ours = In("ours");
        string bare = In("bare");
        await FileCopy.PlaceAsync(Chain, ours, cancellation);
        await FileCopy.PlaceAsync(Chain, bare, cancellation);
        long before = await FileCopy.AllocatedBytesAsync(ours, cancellation);
        for (int turn = 0; turn < 2; turn++)
        {
            if (turn == round % 2)
            {
                var cost = await RunAsync(row.Name + ChainOperations.Bare, bare, cancellation);
                samples.BesideSeconds.Add(cost.WallSeconds);
            }
            else
            {
                samples.Runs.Add(await RunAsync(row.Name, ours, cancellation));
            }
        }

        samples.WorkedBytes = before - await FileCopy.AllocatedBytesAsync(ours, cancellation);
        FileCopy.Delete(ours);
        FileCopy.Delete(bare);
    }
}
