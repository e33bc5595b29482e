using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// Day 0 into an empty repository and day 1 onto day 0, from images and from the raw ones that they were made
/// of; they take turns in going first.
/// </summary>
internal sealed class ImportRounds(Options options, DataSet data, Action<string> report)
    : ChainRounds("import", Row.Imports, options, data, report)
{
    private static readonly DateTime FirstDay = new(2026, 1, 1, 2, 0, 0, DateTimeKind.Utc);

    protected override async Task MakeAsync(
        Options options, Action<string> report, CancellationToken cancellation)
    {
        QemuImages.EnsureCanMake();
        foreach (var row in Row.Asked(Row.Imports, options.Rows))
        {
            await QemuImages.EnsureAsync(Data, row, Folder, report, cancellation);
        }

        report("Making day 0");
        EngineOperations.CreateRepository(In("day0"));
        await EngineOperations.AppendImageAsync(In("day0"), Data.Image(0), FirstDay);
    }

    protected override async Task RunRowAsync(
        Row row, Samples samples, int round, CancellationToken cancellation)
    {
        string repository = ImageOperations.Repository(Folder);
        var stored = new HashSet<long>();
        OperationCost? raw = null;
        OperationCost? own = null;
        for (int turn = 0; turn < 2; turn++)
        {
            await PlaceAsync(row, repository, cancellation);
            bool isRaw = turn == round % 2;
            Warm(isRaw ? ImageOperations.RawImage(Folder, row) : ImageOperations.Image(Folder, row));
            long before = FileCopy.SizeBytes(repository);
            string operation = isRaw ? row.Name + ImageOperations.Raw : row.Name;
            var cost = await RunAsync(operation, Folder, cancellation);
            samples.StoredBytes = FileCopy.SizeBytes(repository) - before;
            stored.Add(samples.StoredBytes);
            (raw, own) = isRaw ? (cost, own) : (raw, cost);
        }

        samples.BesideSeconds.Add(raw!.WallSeconds);
        samples.Runs.Add(own! with { BesideSeconds = raw.WallSeconds, BesideCpuSeconds = raw.CpuSeconds });

        FileCopy.Delete(repository);
        samples.WorkedBytes = Data.DataOf(row.ImageDay).Sum(extent => extent.SizeBytes);
        if (stored.Count > 1)
        {
            throw new IOException($"The image and the raw one store {string.Join(" and ", stored)} bytes.");
        }
    }

    private async Task PlaceAsync(Row row, string repository, CancellationToken cancellation)
    {
        if (row.ImageDay == 0)
        {
            FileCopy.Delete(repository);
            EngineOperations.CreateRepository(repository);
        }
        else
        {
            await FileCopy.PlaceAsync(In("day0"), repository, cancellation);
        }
    }

    private static void Warm(string image) =>
        DataSet.Warm(image, [new Extent(0, FileCopy.SizeBytes(image), ContentKind.Files)]);
}
