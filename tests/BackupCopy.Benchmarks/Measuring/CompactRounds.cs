using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// Compacts equal copies of a chain of seven days, beside the system's copy of the files that come of it; and
/// exports its newest point afterwards, beside a full of the same state, both read from the disk.
/// </summary>
internal sealed class CompactRounds(Options options, DataSet data, Action<string> report)
    : ChainRounds("compact", Row.Compacts, options, data, report)
{
    private static readonly DateTime Day = new(2026, 1, 1, 2, 0, 0, DateTimeKind.Utc);

    private long _movedBytes;

    private string Chain => In("chain");

    private string Compacted => ChainOperations.SourceIn(In("compacted"));

    private string Full => ChainOperations.SourceIn(In("full"));

    // The files that compacting writes.
    private string Moved => In("moved");

    protected override async Task MakeAsync(
        Options options, Action<string> report, CancellationToken cancellation)
    {
        await SevenDays.MakeAsync(Chain, Data, report, cancellation);
        report("Making the full and the compacted chain");
        Directory.CreateDirectory(In("compacted"));
        Directory.CreateDirectory(In("full"));
        Directory.CreateDirectory(Moved);
        EngineOperations.CreateRepository(Full);
        await EngineOperations.AppendImageAsync(Full, Data.Image(Row.PointsOfChain - 1), Day);
        await FileCopy.PlaceAsync(Chain, Compacted, cancellation);
        _movedBytes = await CompactOperations.CompactAsync(Compacted);
        if (_movedBytes == 0)
        {
            throw new IOException("The chain is in order as it is.");
        }

        var before = CompactOperations.BlockFiles(Chain).Select(Path.GetFileName).ToHashSet();
        foreach (string file in CompactOperations.BlockFiles(Compacted)
            .Where(file => !before.Contains(Path.GetFileName(file))))
        {
            File.Copy(file, Path.Combine(Moved, Path.GetFileName(file)));
        }
    }

    protected override async Task RunRowAsync(
        Row row, Samples samples, int round, CancellationToken cancellation)
    {
        for (int turn = 0; turn < 2; turn++)
        {
            bool isBeside = turn == round % 2;
            if (row.Name == Row.ExportAfter)
            {
                var cost = await ExportAsync(In(isBeside ? "full" : "compacted"), cancellation);
                (isBeside ? samples.BesideSeconds : null)?.Add(cost.WallSeconds);
                (isBeside ? null : samples.Runs)?.Add(cost);
            }
            else if (isBeside)
            {
                FileCopy.Warm(Moved);
                samples.BesideSeconds.Add(await FileCopy.MeasureAsync(Moved, In("copy"), cancellation));
            }
            else
            {
                await FileCopy.PlaceAsync(Chain, In("ours"), cancellation);
                FileCopy.Warm(In("ours"));
                samples.Runs.Add(await RunAsync(row.Name, In("ours"), cancellation));
                FileCopy.Delete(In("ours"));
            }
        }

        samples.WorkedBytes = _movedBytes;
    }

    private async Task<OperationCost> ExportAsync(string folder, CancellationToken cancellation)
    {
        foreach (string file in CompactOperations.BlockFiles(folder))
        {
            await FileCopy.ForgetAsync(file, cancellation);
        }

        var cost = await RunAsync(Row.ExportAfter, folder, cancellation);
        FileCopy.Delete(ChainOperations.TargetIn(folder));
        return cost;
    }
}
