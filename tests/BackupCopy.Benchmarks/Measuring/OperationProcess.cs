using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Rows;
using BackupCopy.Health;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>What one operation cost its own process.</summary>
/// <param name="WrittenBytes">What it had the system write; 0 where the system does not count that.</param>
/// <param name="Deviation">How far it missed its rate; 0 for what has none.</param>
internal sealed record OperationCost(
    double WallSeconds, double CpuSeconds, double PeakMemoryMb, long WrittenBytes = 0, double Deviation = 0)
{
    /// <value>What ran beside it in the same process; 0 where nothing did.</value>
    public double BesideSeconds { get; init; }

    public double BesideCpuSeconds { get; init; }

    /// <value>Bytes of the disk that it read, where it only reads.</value>
    public long ReadBytes { get; init; }

    public OpenCost? Open { get; init; }
}

/// <summary>What an open image took, and what was read of its file.</summary>
/// <param name="GrownMb">The peak of the process's memory while it was walked and read.</param>
/// <param name="ManagedMb">What was still referred to at the end.</param>
/// <param name="DataBytes">Of the disk, as the walk told.</param>
/// <param name="WalkedBytes">Read of the file to open and walk it.</param>
/// <param name="FileBytes">Read of the file in all.</param>
/// <param name="HoleBytes">Of these, where the file has a hole.</param>
internal sealed record OpenCost(
    double GrownMb, double ManagedMb, long DataBytes, long WalkedBytes, long FileBytes, long HoleBytes);

/// <summary>
/// One operation in a process of its own, so that its peak memory is its own: the command <c>row</c> is the
/// inside, <see cref="RunAsync"/> the outside. The clock runs inside, around the operation.
/// </summary>
internal static class OperationProcess
{
    private const string Mark = "result: ";
    private const long WarmUpSizeBytes = 64 << 20;
    private const int MostLooks = 40;
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(0.5);

    /// <summary>The inside: runs the row and prints its cost.</summary>
    public static async Task RunInsideAsync(Options options)
    {
        if (await ImageOperations.TryMeasureAsync(options) is { } measured)
        {
            Print(measured);
            return;
        }

        var row = Row.Life.SingleOrDefault(r => r.Name == options.RowName);
        if (row is null or { WarmUp: true })
        {
            await WarmUpAsync(options);
            ForgetPeakMemory();
        }

        var run = row is null
            ? ChainOperations.Prepare(options.RowName, options.RunFolder) : Prepare(row, options);
        if (options.RowName == Row.Compact)
        {
            await HostMemory.TakeAsync(default);
            FileCopy.Warm(options.RunFolder);
        }

        Print(await MeasureAsync(run));
    }

    public static async Task<OperationCost> MeasureAsync(Func<Task> run)
    {
        var process = Process.GetCurrentProcess();
        var cpuBefore = process.TotalProcessorTime;
        long writtenBefore = WrittenBytes();
        var clock = Stopwatch.StartNew();
        await run();
        var wall = clock.Elapsed;
        process.Refresh();
        return new OperationCost(
            wall.TotalSeconds, (process.TotalProcessorTime - cpuBefore).TotalSeconds, PeakMemoryMb(),
            WrittenBytes() - writtenBefore, ThrottledCopies.Deviation);
    }

    private static void Print(OperationCost cost) => Console.WriteLine(Mark + JsonSerializer.Serialize(cost));

    /// <summary>The outside: starts this program again for one row.</summary>
    public static async Task<OperationCost> RunAsync(
        string row, Options options, CancellationToken cancellation)
    {
        var line = Itself(
            "row", row, "--work", options.WorkFolder, "--run-folder", options.RunFolder, "--size",
            $"{options.SizeBytes >> 20}MiB");
        var ended = await Command.RunAsync(line, cancellation);
        string result = ended.Output.Split('\n').Single(l => l.StartsWith(Mark, StringComparison.Ordinal));
        return JsonSerializer.Deserialize<OperationCost>(result[Mark.Length..])!;
    }

    /// <summary>This program with other arguments.</summary>
    public static CommandLine Itself(params IReadOnlyList<string> arguments)
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("No process path.");
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [Environment.GetCommandLineArgs()[0]]
            : [];
        return new CommandLine(program, [.. host, .. arguments]);
    }

    private static Func<Task> Prepare(Row row, Options options)
    {
        var life = new Life(new DataSet(options.WorkFolder, options.SizeBytes), options.RunFolder);
        life.Prepare(row);
        return () => life.RunAsync(row);
    }

    private static async Task WarmUpAsync(Options options)
    {
        var data = new DataSet(options.WorkFolder, WarmUpSizeBytes);
        string folder = Path.Combine(
            Path.GetDirectoryName(options.RunFolder)!, $"warm-up-{Environment.ProcessId}");
        for (int pass = 0; pass < 2; pass++)
        {
            Directory.CreateDirectory(folder);
            var life = new Life(data, folder);
            foreach (var row in Row.Life.Where(r => r.Name != Row.Sparse))
            {
                life.Prepare(row);
                await life.RunAsync(row);
            }

            // Often enough for the runtime to compile what a long check calls often.
            for (int check = 0; check < 10; check++)
            {
                await EngineOperations.CheckAsync(life.Source, CheckDepth.Quick);
            }

            await EngineOperations.CheckAsync(life.Source, CheckDepth.Full);
            await CompactOperations.CompactAsync(life.Source);
            BareRelease.Of(life.Target, 1).Run();
            EngineOperations.KeepNewest(life.Source, 1);
            Directory.Delete(folder, recursive: true);
            await EndCompilingAsync();
        }
    }

    // What was called often is compiled again in the background, once nothing new was called for 100 ms. The
    // large methods of a compressor take a second each, which the operation is not to share.
    private static async Task EndCompilingAsync()
    {
        using var process = Process.GetCurrentProcess();
        for (int looks = 0; looks < MostLooks; looks++)
        {
            var before = process.TotalProcessorTime;
            await Task.Delay(s_look);
            process.Refresh();
            if (process.TotalProcessorTime - before < s_look / 10)
            {
                return;
            }
        }
    }

    /// <summary>The images of the warm-up; made by the outside, before anything is measured.</summary>
    public static void EnsureWarmUpData(Options options, Action<string> report) =>
        new DataSet(options.WorkFolder, WarmUpSizeBytes).Ensure(1, withSparse: false, report);

    /// <summary>
    /// What the warm-up held is not the operation's; Linux lets a process start its peak anew.
    /// </summary>
    public static void ForgetPeakMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (OperatingSystem.IsLinux())
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
    }

    /// <summary>What a process made dirty, whenever it reaches the disk; Linux counts it.</summary>
    public static long WrittenBytes(string process = "self")
    {
        string counters = $"/proc/{process}/io";
        const string written = "write_bytes:";
        return File.Exists(counters)
            ? long.Parse(
                File.ReadLines(counters).First(l => l.StartsWith(written, StringComparison.Ordinal))
                    [written.Length..],
                CultureInfo.InvariantCulture)
            : 0;
    }

    public static double PeakMemoryMb() => MemoryMb("VmHWM:", process => process.PeakWorkingSet64);

    /// <summary>What the process has in memory now.</summary>
    public static double MemoryMb() => MemoryMb("VmRSS:", process => process.WorkingSet64);

    private static double MemoryMb(string counter, Func<Process, long> otherwise)
    {
        const string status = "/proc/self/status";
        if (!File.Exists(status))
        {
            using var process = Process.GetCurrentProcess();
            return otherwise(process) / 1e6;
        }

        string line = File.ReadLines(status).First(l => l.StartsWith(counter, StringComparison.Ordinal));
        string kib = line[counter.Length..].Trim().Split(' ')[0];
        return long.Parse(kib, CultureInfo.InvariantCulture) * 1024 / 1e6;
    }
}
