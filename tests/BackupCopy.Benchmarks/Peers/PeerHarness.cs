using System.Diagnostics;
using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Measuring;

namespace BackupCopy.Benchmarks.Peers;

/// <summary>Rounds of one peer; its time includes the start of its process and a sync.</summary>
internal sealed class PeerHarness
{
    private static readonly string[] Known = ["restic", "borg"];

    private readonly PeerTool _tool;
    private readonly DataSet _data;
    private readonly IReadOnlyList<string> _rows;
    private readonly Dictionary<string, Samples> _samples = [];
    private readonly Action<string> _report;

    public PeerHarness(PeerTool tool, DataSet data, Options options, Action<string> report)
    {
        _tool = tool;
        _data = data;
        _rows = [.. Rows.Row.WithNeeds(options.Rows).Select(row => row.Name)];
        _report = report;
    }

    public IReadOnlyList<Samples> Results => [.. _samples.Values];

    /// <summary>The peers that are installed here.</summary>
    public static async Task<IReadOnlyList<PeerTool>> FindAsync(
        string folder, Action<string> report, CancellationToken cancellation)
    {
        var found = new List<PeerTool>();
        if (Command.Find("restic") is not null)
        {
            var help = await Command.RunAsync(new CommandLine("restic", ["restore", "--help"]), cancellation);
            bool sparse = help.Output.Contains("--sparse", StringComparison.Ordinal);
            found.Add(new Restic(Path.Combine(folder, "restic"), sparse));
        }

        if (Command.Find("borg") is not null)
        {
            var version = await Command.RunAsync(new CommandLine("borg", ["--version"]), cancellation);
            if (version.Output.StartsWith("borg 1.", StringComparison.Ordinal))
            {
                found.Add(new Borg(Path.Combine(folder, "borg")));
            }
        }

        foreach (string missing in Known.Except(found.Select(tool => tool.Name)))
        {
            report($"No {missing} that can be measured is on the PATH.");
        }

        return found;
    }

    public async Task RunRoundAsync(int round, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.Combine(_tool.Folder, "restored"));
        await _tool.WriteFilesAsync(cancellation);
        try
        {
            foreach (var step in _tool.Steps(_data).Where(step => _rows.Contains(step.Row)))
            {
                if (_samples.Values.All(samples => samples.Error is null))
                {
                    await RunStepAsync(step, round, cancellation);
                }
            }
        }
        finally
        {
            FileCopy.Delete(_tool.Folder);
        }
    }

    private async Task RunStepAsync(PeerStep step, int round, CancellationToken cancellation)
    {
        if (!_samples.TryGetValue(step.Row, out var samples))
        {
            samples = new Samples { Program = _tool.Name, Row = step.Row };
            _samples.Add(step.Row, samples);
        }

        try
        {
            await RunStepAsync(step, samples, round, cancellation);
        }
        catch (IOException e)
        {
            samples.Error = e.Message.Split('\n')[0];
            _report($"  {step.Row}: {e.Message}");
        }
    }

    private async Task RunStepAsync(PeerStep step, Samples samples, int round, CancellationToken cancellation)
    {
        foreach (var before in step.Before)
        {
            await Command.RunAsync(before, cancellation);
        }

        int day = step.Row == Rows.Row.ImageDay0 ? 0 : 1;
        if (step.Day >= 0)
        {
            await _tool.PlaceImageAsync(_data.Image(day), cancellation);
        }

        if (File.Exists(step.CopiedBeside))
        {
            DataSet.Warm(step.CopiedBeside, _data.DataOf(day));
        }
        else
        {
            FileCopy.Warm(step.CopiedBeside);
        }

        bool copyFirst = round % 2 == 0 || step.CopiedBeside == step.Result;
        await CopyAsync(step, samples, when: copyFirst, cancellation);
        await MeasureAsync(step, samples, cancellation);
        await CopyAsync(step, samples, when: !copyFirst, cancellation);
    }

    private async Task MeasureAsync(PeerStep step, Samples samples, CancellationToken cancellation)
    {
        long before = FileCopy.SizeBytes(step.Result ?? "");
        await FileCopy.SyncAsync(_tool.Folder, cancellation);
        var clock = Stopwatch.StartNew();
        var ended = await Command.RunAsync(step.Command, cancellation);
        await FileCopy.SyncAsync(_tool.Folder, cancellation);
        var cost = ended.Cost with { WallSeconds = clock.Elapsed.TotalSeconds };
        samples.Runs.Add(cost);
        _report($"  {step.Row}: {_tool.Name} {cost.WallSeconds:F2} s");
        long grown = FileCopy.SizeBytes(step.Result ?? "") - before;
        samples.StoredBytes = step.Result is null ? 0 : grown;
        samples.WorkedBytes = File.Exists(step.CopiedBeside)
            ? _data.DataOf(step.Row == Rows.Row.ImageDay0 ? 0 : 1).Sum(extent => extent.SizeBytes)
            : grown;
    }

    private async Task CopyAsync(PeerStep step, Samples samples, bool when, CancellationToken cancellation)
    {
        if (when)
        {
            string target = Path.Combine(_tool.Folder, "copied");
            samples.BesideSeconds.Add(await FileCopy.MeasureAsync(step.CopiedBeside, target, cancellation));
        }
    }
}
