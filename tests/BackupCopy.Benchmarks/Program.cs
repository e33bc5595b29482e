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
    Row.Check(options.Rows);
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

    case "memory":
        HostMemory.Take();
        return 0;
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
    EnsureData(options, data);
    string life = Path.Combine(options.RunFolder, "life");
    string peerFolder = Path.Combine(options.RunFolder, "peers");
    Directory.CreateDirectory(life);
    Directory.CreateDirectory(peerFolder);
    try
    {
        var ours = new Harness(options with { RunFolder = life }, data, Console.WriteLine);
        await using var clones = new CloneRounds(options, data, Console.WriteLine);
        ChainRounds[] chains =
        [
            new RemovalRounds(options, data, Console.WriteLine),
            new CheckRounds(options, data, Console.WriteLine),
            new CompactRounds(options, data, Console.WriteLine), clones,
            new PlanRounds(options, data, Console.WriteLine),
            new ScaleRounds(options, data, Console.WriteLine),
            new ThrottleRounds(options, data, Console.WriteLine),
            new ImageRounds("read", Row.Reads, options, data, Console.WriteLine),
            new ImportRounds(options, data, Console.WriteLine),
            new ImageRounds("open", Row.Opens, options, data, Console.WriteLine),
        ];
        var tools = options.Peers
            ? await PeerHarness.FindAsync(peerFolder, Console.WriteLine, cancellation) : [];
        List<PeerHarness> peers =
            [.. tools.Select(tool => new PeerHarness(tool, data, options, Console.WriteLine))];
        List<PeerChainRounds> peerChains =
            [.. tools.Select(tool => new PeerChainRounds(tool, data, options, Console.WriteLine))];
        for (int round = 0; round < options.Runs; round++)
        {
            Console.WriteLine($"Round {round + 1} of {options.Runs}");
            await ours.RunRoundAsync(round, cancellation);
            foreach (var rows in chains)
            {
                await rows.RunRoundAsync(round, cancellation);
            }

            foreach (var peer in peers)
            {
                await peer.RunRoundAsync(round, cancellation);
            }

            foreach (var peer in peerChains)
            {
                await peer.RunRoundAsync(cancellation);
            }
        }

        List<Samples> results =
        [
            .. ours.Results, .. chains.SelectMany(rows => rows.Results),
            .. peers.SelectMany(peer => peer.Results), .. peerChains.SelectMany(peer => peer.Results),
        ];
        return await PrintAsync(results, options);
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

static void EnsureData(Options options, DataSet data)
{
    bool withSparse = Row.WithNeeds(options.Rows).Any(row => row.Name == Row.Sparse);
    bool withAllDays = Row.Asked([.. Row.Removals, .. Row.Checks, .. Row.Compacts], options.Rows).Count > 0;
    data.Ensure(withAllDays ? DataSet.LastDay : 1, withSparse, Console.WriteLine);
    OperationProcess.EnsureWarmUpData(options, Console.WriteLine);
}

static async Task<int> PrintAsync(IReadOnlyList<Samples> results, Options options)
{
    Console.WriteLine();
    Console.Write(ResultTable.Format(results, options, options.SizeBytes));
    if (options.JsonFile is { } file)
    {
        var indented = new JsonSerializerOptions { WriteIndented = true };
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(results, indented));
    }

    return results.Any(samples => samples.Error is not null) ? 1 : 0;
}
