using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// Rounds of rows that share what they start from: made before the first round, copied afresh for every run.
/// </summary>
internal abstract class ChainRounds
{
    private readonly Options _options;
    private readonly IReadOnlyList<Row> _rows;
    private readonly Action<string> _report;
    private readonly Dictionary<string, Samples> _samples;
    private bool _isMade;

    protected ChainRounds(
        string name, IReadOnlyList<Row> rows, Options options, DataSet data, Action<string> report)
    {
        _options = options;
        Data = data;
        Folder = Path.Combine(options.RunFolder, name);
        _rows = Row.Asked(rows, options.Rows);
        _report = report;
        _samples = _rows.ToDictionary(
            row => row.Name, row => new Samples { Program = "ours", Row = row.Name, Most = row.Most });
    }

    public IReadOnlyList<Samples> Results => [.. _samples.Values];

    /// <summary>Theirs alone, for the whole run.</summary>
    protected string Folder { get; }

    protected DataSet Data { get; }

    protected string In(string name) => Path.Combine(Folder, name);

    /// <summary>Runs every row once; an error ends the row or, before it, all of them.</summary>
    public async Task RunRoundAsync(int round, CancellationToken cancellation)
    {
        try
        {
            if (!_isMade && _samples.Values.Any(CanRun))
            {
                Directory.CreateDirectory(Folder);
                await MakeAsync(_options, Report, cancellation);
                _isMade = true;
            }
        }
        catch (NotSupportedException e)
        {
            _samples.Values.ToList().ForEach(samples => samples.Skipped = e.Message);
        }
        catch (Exception e) when (e is IOException or BackupCopyException)
        {
            _samples.Values.ToList().ForEach(samples => Fail(samples, e));
        }

        foreach (var row in _rows.Where(row => CanRun(_samples[row.Name])))
        {
            var samples = _samples[row.Name];
            try
            {
                await RunRowAsync(row, samples, round, cancellation);
            }
            catch (IOException e)
            {
                Fail(samples, e);
            }
        }
    }

    /// <summary>What the rows start from; not timed.</summary>
    protected abstract Task MakeAsync(Options options, Action<string> report, CancellationToken cancellation);

    protected abstract Task RunRowAsync(
        Row row, Samples samples, int round, CancellationToken cancellation);

    /// <summary>Runs one operation in a process of its own, with nothing left to be written before.</summary>
    protected async Task<OperationCost> RunAsync(
        string operation, string folder, CancellationToken cancellation)
    {
        await FileCopy.SyncAsync(folder, cancellation);
        var cost = await OperationProcess.RunAsync(
            operation, _options with { RunFolder = folder }, cancellation);
        Report(FormattableString.Invariant(
            $"{operation}: {cost.WallSeconds:F3} s, {cost.WrittenBytes / 1e6:F2} MB written"));
        return cost;
    }

    protected void Report(string line) => _report("  " + line);

    private static bool CanRun(Samples samples) => samples is { Error: null, Skipped: null };

    private void Fail(Samples samples, Exception error)
    {
        samples.Error = error.Message.Split('\n')[0];
        Report($"{samples.Row}: {error.Message}");
    }
}
