using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// The same data and the same change strewn over disks of several sizes: day 1 is copied to a repository that
/// holds day 0, and day 0 is dropped there.
/// </summary>
internal sealed class ScaleRounds(Options options, DataSet data, Action<string> report)
    : ChainRounds("scale", Row.Scales, options, data, report)
{
    private static readonly DateTime FirstDay = new(2026, 1, 1, 2, 0, 0, DateTimeKind.Utc);

    protected override async Task MakeAsync(
        Options options, Action<string> report, CancellationToken cancellation)
    {
        foreach (int factor in Row.ScaleFactors)
        {
            cancellation.ThrowIfCancellationRequested();
            report($"Making a disk of {factor} times the size");
            string pair = In(Row.ScaleName(factor));
            string source = ChainOperations.SourceIn(pair);
            string target = ChainOperations.TargetIn(pair);
            string image = In("disk.img");
            EngineOperations.CreateRepository(source);
            EngineOperations.CreateRepository(target);
            StrewnDisk.Make(image, factor * options.SizeBytes, options.SizeBytes / 8);
            await EngineOperations.AppendImageAsync(source, image, FirstDay);
            await EngineOperations.CopyNewestAsync(source, target);
            StrewnDisk.Change(image, options.SizeBytes / 8);
            await EngineOperations.AppendImageAsync(source, image, FirstDay.AddDays(1));
            FileCopy.Delete(image);
        }
    }

    protected override async Task RunRowAsync(
        Row row, Samples samples, int round, CancellationToken cancellation)
    {
        string pair = In("pair");
        await FileCopy.PlaceAsync(In(row.Name), pair, cancellation);
        samples.Runs.Add(await RunAsync(row.Name, pair, cancellation));
        FileCopy.Delete(pair);
    }
}
