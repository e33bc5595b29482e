using System.Text.Json;
using BackupCopy.Benchmarks;
using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Measuring;
using BackupCopy.Benchmarks.Peers;
using BackupCopy.Benchmarks.Rows;

if (args.Contains("--help"))
{
    Console.WriteLine(Options.Usage);
    return 0;
}

Options options;
try
{
    options = Options.Parse(args);
    _ = Row.WithNeeds(options.Rows);
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(Options.Usage);
    return 2;
}

switch (options.Command)
{
    case "row":
        try
        {
            await OperationProcess.RunInsideAsync(options);
            return 0;
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e);
            return 1;
        }

    case "data":
        new DataSet(options.WorkFolder, options.SizeBytes)
            .Ensure(options.Days, withSparse: true, Console.WriteLine);
        return 0;
    case "run":
        using (var stop = new CancellationTokenSource())
        {
            Console.CancelKeyPress += (_, pressed) =>
            {
                pressed.Cancel = true;
                stop.Cancel();
            };
            return await RunAsync(options, stop.Token);
        }

    default:
        Console.Error.WriteLine(Options.Usage);
        return 2;
}

static async Task<int> RunAsync(Options options, CancellationToken cancellation)
{
    options = options with { RunFolder = Path.Combine(options.WorkFolder, $"run-{Environment.ProcessId}") };
    var data = new DataSet(options.WorkFolder, options.SizeBytes);
    bool withSparse = Row.WithNeeds(options.Rows).Any(row => row.Name == Row.Sparse);
    data.Ensure(1, withSparse, Console.WriteLine);
    OperationProcess.EnsureWarmUpData(options, Console.WriteLine);
    Directory.CreateDirectory(options.RunFolder);
    try
    {
        var ours = new Harness(options, data, Console.WriteLine);
        var tools = options.Peers ? await PeerHarness.FindAsync(options.RunFolder, cancellation) : [];
        List<PeerHarness> peers =
            [.. tools.Select(tool => new PeerHarness(tool, data, options, Console.WriteLine))];
        for (int round = 0; round < options.Runs; round++)
        {
            Console.WriteLine($"Round {round + 1} of {options.Runs}");
            await ours.RunRoundAsync(round, cancellation);
            foreach (var peer in peers)
            {
                await peer.RunRoundAsync(round, cancellation);
            }
        }

        List<Samples> results = [.. ours.Results, .. peers.SelectMany(peer => peer.Results)];
        Console.WriteLine();
        Console.Write(ResultTable.Format(results, options, options.SizeBytes));
        if (options.JsonFile is { } file)
        {
            var indented = new JsonSerializerOptions { WriteIndented = true };
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(results, indented), cancellation);
        }

        return results.Any(samples => samples.Error is not null) ? 1 : 0;
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("Stopped.");
        return 130;
    }
    finally
    {
        FileCopy.Delete(options.RunFolder);
    }
}
