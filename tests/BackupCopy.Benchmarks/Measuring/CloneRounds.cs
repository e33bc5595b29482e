using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// Copies between two repositories on one XFS that clones, beside cp --reflink=never + sync of the bytes that
/// the row of the life copies: the repository of the source, or the whole target before day 1.
/// </summary>
internal sealed class CloneRounds(Options options, DataSet data, Action<string> report)
    : ChainRounds("clone", Row.Clones, options, data, report), IAsyncDisposable
{
    private static readonly DateTime FirstDay = new(2026, 1, 1, 2, 0, 0, DateTimeKind.Utc);
    private readonly string _pairs = Path.Combine(options.RunFolder, "clone", "xfs");
    private LoopXfs? _volume;

    public async ValueTask DisposeAsync()
    {
        if (_volume is not null)
        {
            await _volume.DisposeAsync();
        }
    }

    /// <summary>One folder a row, each with a source; that of day 1 begins as a clone of the other.</summary>
    protected override async Task MakeAsync(
        Options options, Action<string> report, CancellationToken cancellation)
    {
        _volume = await LoopXfs.MountAsync(In("xfs.img"), _pairs, options.SizeBytes * 4, cancellation);
        string full = PairOf(Row.CloneFull);
        string source = ChainOperations.SourceIn(full);
        EngineOperations.CreateRepository(source);
        report("Making days 0 and 1 on XFS");
        await EngineOperations.AppendImageAsync(source, Data.Image(0), FirstDay);
        await FileCopy.PlaceAsync(full, PairOf(Row.CloneDay1), cancellation);
        source = ChainOperations.SourceIn(PairOf(Row.CloneDay1));
        string target = In("xfs/day0");
        EngineOperations.CreateRepository(target);
        await EngineOperations.CopyNewestAsync(source, target);
        await EngineOperations.AppendImageAsync(source, Data.Image(1), FirstDay.AddDays(1));
    }

    protected override async Task RunRowAsync(
        Row row, Samples samples, int round, CancellationToken cancellation)
    {
        bool isFull = row.Name == Row.CloneFull;
        string pair = PairOf(row.Name);
        string source = ChainOperations.SourceIn(pair);
        string target = ChainOperations.TargetIn(pair);
        string copied = isFull ? source : In("xfs/day0");
        FileCopy.Delete(target);
        if (isFull)
        {
            EngineOperations.CreateRepository(target);
        }
        else
        {
            await FileCopy.PlaceAsync(copied, target, cancellation);
        }

        FileCopy.Warm(source);
        FileCopy.Warm(copied);
        await CopyAsync(copied, samples, when: round % 2 == 0, cancellation);
        long before = FileCopy.SizeBytes(target);
        samples.Runs.Add(await RunAsync(row.Name, pair, cancellation));
        samples.WorkedBytes = samples.ChainBytes = FileCopy.SizeBytes(target) - before;
        await CopyAsync(copied, samples, when: round % 2 != 0, cancellation);
    }

    private async Task CopyAsync(string copied, Samples samples, bool when, CancellationToken cancellation)
    {
        if (when)
        {
            double seconds = await FileCopy.MeasureAsync(
                copied, In("xfs/copied"), cancellation, "--reflink=never");
            samples.BesideSeconds.Add(seconds);
            Report($"{samples.Row}: cp + sync {seconds:F2} s");
        }
    }

    private string PairOf(string row) => Path.Combine(_pairs, row);
}
