using System.ComponentModel;
using System.Diagnostics;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>A program to run, where, and with what added to the environment.</summary>
internal sealed record CommandLine(string Program, IReadOnlyList<string> Arguments)
{
    public string WorkingFolder { get; init; } = "";

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>What an ended program printed and cost; CPU and memory are sampled while it runs.</summary>
internal sealed record CommandEnd(string Output, OperationCost Cost);

/// <summary>Runs programs to their end; an exit code but 0 is an error that quotes the output.</summary>
internal static class Command
{
    private const int MostQuotedLines = 12;
    private static readonly TimeSpan SamplePeriod = TimeSpan.FromMilliseconds(20);

    public static async Task<CommandEnd> RunAsync(CommandLine line, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(line.Program, line.Arguments)
        {
            WorkingDirectory = line.WorkingFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in line.Environment)
        {
            start.Environment[name] = value;
        }

        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new IOException($"Cannot start {line.Program}.");
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        var exit = process.WaitForExitAsync(CancellationToken.None);
        var cost = new OperationCost(0, 0, 0);
        while (await Task.WhenAny(exit, Task.Delay(SamplePeriod, CancellationToken.None)) != exit)
        {
            cost = Sample(process, cost);
            if (cancellation.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                await exit;
                throw new OperationCanceledException(cancellation);
            }
        }

        cost = cost with { WallSeconds = clock.Elapsed.TotalSeconds };
        if (process.ExitCode != 0)
        {
            throw new IOException(Failure(line, process.ExitCode, await errors + await output));
        }

        return new CommandEnd(await output, cost);
    }

    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    private static OperationCost Sample(Process process, OperationCost last)
    {
        try
        {
            process.Refresh();
            return new OperationCost(
                0,
                Math.Max(last.CpuSeconds, process.TotalProcessorTime.TotalSeconds),
                Math.Max(last.PeakMemoryMb, process.PeakWorkingSet64 / 1e6),
                Math.Max(last.WrittenBytes, OperationProcess.WrittenBytes($"{process.Id}")));
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or IOException)
        {
            return last;
        }
    }

    private static string Failure(CommandLine command, int exitCode, string printed)
    {
        var said = printed.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);
        string text = string.Join("\n    ", said.Take(MostQuotedLines));
        return $"{Path.GetFileName(command.Program)} ended with {exitCode}: {text}";
    }
}
