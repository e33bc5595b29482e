using System.Diagnostics;
using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Measuring;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Peers;

/// <summary>
/// The removal rows by a peer, and its one check of everything beside ours: seven days are backed up once,
/// and every run works on a fresh copy. Its time includes the start of its processes and a sync; the bytes
/// it writes are sampled.
/// </summary>
internal sealed class PeerChainRounds
{
    private const string Kept = "kept";

    private readonly PeerTool _tool;
    private readonly DataSet _data;
    private readonly IReadOnlyList<Row> _rows;
    private readonly Dictionary<string, Samples> _samples;
    private readonly Action<string> _report;
    private bool _isMade;

    public PeerChainRounds(PeerTool tool, DataSet data, Options options, Action<string> report)
    {
        _tool = tool.InFolder(tool.Folder + "-chain");
        _data = data;
        _rows = Row.Asked(
            [.. Row.Removals, .. Row.Checks.Where(row => row.Name == Row.CheckFull)], options.Rows);
        _samples = _rows.ToDictionary(
            row => row.Name, row => new Samples { Program = tool.Name, Row = row.Name });
        _report = report;
    }

    public IReadOnlyList<Samples> Results => [.. _samples.Values];

    public async Task RunRoundAsync(CancellationToken cancellation)
    {
        foreach (var row in _rows.Where(_ => _samples.Values.All(s => s.Error is null)))
        {
            var samples = _samples[row.Name];
            try
            {
                await MakeAsync(cancellation);
                await RunAsync(row, samples, cancellation);
            }
            catch (IOException e)
            {
                samples.Error = e.Message.Split('\n')[0];
                _report($"  {row.Name}: {e.Message}");
            }
        }
    }

    private async Task MakeAsync(CancellationToken cancellation)
    {
        if (_isMade)
        {
            return;
        }

        await _tool.WriteFilesAsync(cancellation);
        await Command.RunAsync(_tool.InitialiseChain, cancellation);
        for (int day = 0; day < Row.PointsOfChain; day++)
        {
            _report($"  {_tool.Name} backs up day {day}");
            await _tool.PlaceImageAsync(_data.Image(day), cancellation);
            await Command.RunAsync(_tool.BackUp(day), cancellation);
        }

        FileCopy.Delete(Path.Combine(_tool.Folder, PeerTool.ImageName));
        Directory.CreateDirectory(Path.Combine(_tool.Folder, Kept));
        foreach (string name in _tool.ChainFolders)
        {
            Directory.Move(Path.Combine(_tool.Folder, name), Path.Combine(_tool.Folder, Kept, name));
        }

        _isMade = true;
    }

    private IReadOnlyList<CommandLine> Commands(Row row) => row.Name == Row.CheckFull
        ? [_tool.Check] : _tool.KeepNewest(row.Name == Row.DropOldest ? Row.PointsOfChain - 1 : 1);

    private async Task RunAsync(Row row, Samples samples, CancellationToken cancellation)
    {
        foreach (string name in _tool.ChainFolders)
        {
            string kept = Path.Combine(_tool.Folder, Kept, name);
            await FileCopy.PlaceAsync(kept, Path.Combine(_tool.Folder, name), cancellation);
        }

        string repository = Path.Combine(_tool.Folder, _tool.ChainFolders[0]);
        samples.ChainBytes = FileCopy.SizeBytes(repository);
        var cost = new OperationCost(0, 0, 0);
        FileCopy.Warm(repository);
        var clock = Stopwatch.StartNew();
        foreach (var command in Commands(row))
        {
            var part = (await Command.RunAsync(command, cancellation)).Cost;
            cost = new OperationCost(
                0, cost.CpuSeconds + part.CpuSeconds, Math.Max(cost.PeakMemoryMb, part.PeakMemoryMb),
                cost.WrittenBytes + part.WrittenBytes);
        }

        await FileCopy.SyncAsync(_tool.Folder, cancellation);
        samples.Runs.Add(cost with { WallSeconds = clock.Elapsed.TotalSeconds });
        samples.WorkedBytes = samples.ChainBytes - FileCopy.SizeBytes(repository);
        _report(FormattableString.Invariant(
            $"  {row.Name}: {_tool.Name} {samples.Runs[^1].WallSeconds:F2} s"));
    }
}
