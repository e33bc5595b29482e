using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// Rounds of the rows. In each, every row's operation and cp + sync of the same bytes run one after the other
/// and take turns in going first, with the page cache warm and nothing left to be written.
/// </summary>
internal sealed class Harness
{
    private readonly Options _options;
    private readonly DataSet _data;
    private readonly Life _life;
    private readonly IReadOnlyList<Row> _rows;
    private readonly Dictionary<string, Samples> _samples = [];
    private readonly Action<string> _report;

    public Harness(Options options, DataSet data, Action<string> report)
    {
        _options = options;
        _data = data;
        _life = new Life(data, options.RunFolder);
        _rows = Row.WithNeeds(options.Rows);
        _report = report;
    }

    /// <summary>The rows measured so far, in the order of a life.</summary>
    public IReadOnlyList<Samples> Results => [.. _samples.Values];

    public async Task RunRoundAsync(int round, CancellationToken cancellation)
    {
        try
        {
            foreach (var row in _rows)
            {
                var samples = SamplesOf(row);
                samples.Error ??= row.Needs.Select(need => _samples[need].Error).FirstOrDefault(IsSet);
                await RunRowAsync(row, samples, copyFirst: row.CopyFirst || round % 2 == 0, cancellation);
            }
        }
        finally
        {
            foreach (string path in Directory.EnumerateFileSystemEntries(_options.RunFolder).ToList())
            {
                FileCopy.Delete(path);
            }
        }
    }

    private static bool IsSet(string? error) => error is not null;

    private Samples SamplesOf(Row row)
    {
        if (!_samples.TryGetValue(row.Name, out var samples))
        {
            samples = new Samples { Program = "ours", Row = row.Name, Most = row.Most };
            _samples.Add(row.Name, samples);
        }

        return samples;
    }

    private async Task RunRowAsync(Row row, Samples samples, bool copyFirst, CancellationToken cancellation)
    {
        string copied = _life.CopiedBeside(row);
        if (samples.Error is not null && !File.Exists(copied))
        {
            return;
        }

        var data = DataOf(row);
        if (data is null)
        {
            FileCopy.Warm(copied);
        }
        else
        {
            DataSet.Warm(copied, data);
        }

        if (copyFirst)
        {
            await CopyAsync(copied, samples, cancellation);
        }

        if (samples.Error is null)
        {
            await RunOursAsync(row, samples, data, cancellation);
        }

        if (!copyFirst)
        {
            await CopyAsync(copied, samples, cancellation);
        }
    }

    private async Task CopyAsync(string copied, Samples samples, CancellationToken cancellation)
    {
        string target = Path.Combine(_options.RunFolder, "copied");
        double seconds = await FileCopy.MeasureAsync(copied, target, cancellation);
        samples.BesideSeconds.Add(seconds);
        _report($"  {samples.Row}: cp + sync {seconds:F2} s");
    }

    private async Task RunOursAsync(
        Row row, Samples samples, IReadOnlyList<Extent>? data, CancellationToken cancellation)
    {
        long before = FileCopy.SizeBytes(_life.ResultOf(row));
        await FileCopy.SyncAsync(_options.RunFolder, cancellation);
        try
        {
            var cost = await OperationProcess.RunAsync(row.Name, _options, cancellation);
            samples.Runs.Add(cost);
            _report($"  {row.Name}: ours {cost.WallSeconds:F2} s");
            Verify(row);
        }
        catch (IOException e)
        {
            samples.Error = e.Message.Split('\n')[0];
            _report($"  {row.Name}: {e.Message}");
        }

        long grown = FileCopy.SizeBytes(_life.ResultOf(row)) - before;
        samples.StoredBytes = row.Name == Row.Export ? 0 : grown;
        samples.WorkedBytes = data?.Sum(extent => extent.SizeBytes) ?? grown;
        FileCopy.Delete(_life.Exported);
        if (row.Name == Row.Sparse)
        {
            FileCopy.Delete(_life.SparseSource);
            FileCopy.Delete(_life.SparseTarget);
        }

        await FileCopy.SyncAsync(_options.RunFolder, cancellation);
    }

    /// <summary>An export is worth a figure only if it is the image.</summary>
    private void Verify(Row row)
    {
        string? image = row.Name switch
        {
            Row.Export => _data.Image(1),
            Row.Sparse => _data.SparseImage,
            _ => null,
        };
        if (image is not null && !DataSet.SameData(image, _life.ExportedImage, DataOf(row)!))
        {
            throw new IOException($"The image exported by {row.Name} is not {Path.GetFileName(image)}.");
        }
    }

    /// <summary>The data of the image a row is about; null for the rows between repositories.</summary>
    private IReadOnlyList<Extent>? DataOf(Row row) => row.Name switch
    {
        Row.ImageDay0 => _data.DataOf(0),
        Row.ImageDay1 or Row.Export => _data.DataOf(1),
        Row.Sparse => _data.DataOfSparse(),
        _ => null,
    };
}
