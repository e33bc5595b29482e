using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>Plans of removals from the big chain, its points, maps and indexes in the page cache.</summary>
internal sealed class PlanRounds(Options options, DataSet data, Action<string> report)
    : ChainRounds("plan", Row.Plans, options, data, report)
{
    // Longer files are the block files of data, which hold no block.
    private const long MostMapBytes = 512 << 20;

    private string _repository = "";

    protected override Task MakeAsync(Options options, Action<string> report, CancellationToken cancellation)
    {
        _repository = PlanChain.Ensure(options.WorkFolder, options.SizeBytes, report);
        return Task.CompletedTask;
    }

    protected override async Task RunRowAsync(
        Row row, Samples samples, int round, CancellationToken cancellation)
    {
        FileCopy.Warm(_repository, MostMapBytes);
        samples.Runs.Add(await RunAsync(row.Name, _repository, cancellation));
    }
}
