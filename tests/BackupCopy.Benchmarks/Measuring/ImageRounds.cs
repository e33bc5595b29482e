using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// Rows about images, each of which measures itself: reading, beside the raw image in the same process, and
/// opening. An image is made when its first row runs and goes with the rounds.
/// </summary>
internal sealed class ImageRounds(
    string name, IReadOnlyList<Row> rows, Options options, DataSet data, Action<string> report)
    : ChainRounds(name, rows, options, data, report)
{
    protected override Task MakeAsync(
        Options options, Action<string> report, CancellationToken cancellation)
    {
        QemuImages.EnsureCanMake();
        return Task.CompletedTask;
    }

    protected override async Task RunRowAsync(
        Row row, Samples samples, int round, CancellationToken cancellation)
    {
        if (row.IsIn(Row.Opens))
        {
            await MakeStrewnAsync(row, cancellation);
        }
        else
        {
            await QemuImages.EnsureAsync(Data, row, Folder, Report, cancellation);
        }

        var cost = await RunAsync(row.Name, Folder, cancellation);
        samples.Runs.Add(cost);
        samples.WorkedBytes = cost.ReadBytes;
        if (cost.BesideSeconds > 0)
        {
            samples.BesideSeconds.Add(cost.BesideSeconds);
            Report(FormattableString.Invariant($"{row.Name}: raw {cost.BesideSeconds:F3} s"));
        }
    }

    private async Task MakeStrewnAsync(Row row, CancellationToken cancellation)
    {
        string image = ImageOperations.Image(Folder, row);
        if (!File.Exists(image))
        {
            Report($"Making {Path.GetFileName(image)}");
            await QemuImages.MakeStrewnAsync(image, row.ImageFormat!, cancellation);
        }
    }
}
