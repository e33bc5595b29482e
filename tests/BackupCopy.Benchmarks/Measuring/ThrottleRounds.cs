using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>Copies that share a rate, for as long as the rate has to hold.</summary>
internal sealed class ThrottleRounds(Options options, DataSet data, Action<string> report)
    : ChainRounds("throttle", Row.Throttles, options, data, report)
{
    protected override Task MakeAsync(
        Options options, Action<string> report, CancellationToken cancellation) => Task.CompletedTask;

    protected override async Task RunRowAsync(
        Row row, Samples samples, int round, CancellationToken cancellation) =>
        samples.Runs.Add(await RunAsync(row.Name, Folder, cancellation));
}
