using System.Diagnostics;
using BackupCopy.Benchmarks.Data;
using BackupCopy.Benchmarks.Measuring;
using BackupCopy.Images;

namespace BackupCopy.Benchmarks.Rows;

/// <summary>
/// What the rows about images run in a process of their own, in the folder of their rounds.
/// </summary>
internal static class ImageOperations
{
    /// <summary>Ends the name of the import of the raw image.</summary>
    public const string Raw = ".raw";

    /// <summary>Short, so that both sides get the same share of a busy machine.</summary>
    private const long TurnBytes = 128 << 20;

    private static readonly DateTime FirstDay = new(2026, 1, 1, 2, 0, 0, DateTimeKind.Utc);

    public static string Repository(string folder) => Path.Combine(folder, "repository");

    public static string Image(string folder, Row row) =>
        Path.Combine(folder, $"day{row.ImageDay}.{row.ImageFormat}");

    public static string RawImage(string folder, Row row) => Path.Combine(folder, $"day{row.ImageDay}.raw");

    /// <summary>Runs the row and gives its cost; null where the name is none of these.</summary>
    public static async Task<OperationCost?> TryMeasureAsync(Options options)
    {
        string name = options.RowName.EndsWith(Raw, StringComparison.Ordinal)
            ? options.RowName[..^Raw.Length] : options.RowName;
        if (Row.OfImages.FirstOrDefault(r => r.Name == name) is not { } row)
        {
            return null;
        }

        bool isRaw = name != options.RowName;
        string raw = RawImage(options.RunFolder, row);
        string image = Image(options.RunFolder, row);
        return row switch
        {
            _ when row.IsIn(Row.Reads) => Read(raw, image, row.IsOneThread ? 1 : DiskReading.CopyThreads),
            _ when row.IsIn(Row.Opens) => Open(image),
            _ => await OperationProcess.MeasureAsync(() => EngineOperations.AppendImageAsync(
                Repository(options.RunFolder), isRaw ? raw : image, FirstDay.AddDays(row.ImageDay), isRaw)),
        };
    }

    // The two take turns stretch by stretch of the disk.
    private static OperationCost Read(string rawPath, string imagePath, int threads)
    {
        ThreadPool.SetMinThreads(threads, threads);
        CompareAndWarm(rawPath, imagePath, threads);
        using var raw = DiskReading.Open(DiskFile.Open(rawPath), isRaw: true, threads);
        var (ours, beside) = (new Spent(), new Spent());
        ours.Begin();
        using var image = DiskReading.Open(DiskFile.Open(imagePath), isRaw: false, threads);
        ours.End();
        Sweep(image, ours, raw, beside);
        return new OperationCost(ours.WallSeconds, ours.CpuSeconds, OperationProcess.PeakMemoryMb())
        {
            BesideSeconds = beside.WallSeconds,
            BesideCpuSeconds = beside.CpuSeconds,
            ReadBytes = image.ReadBytes,
        };
    }

    private static void CompareAndWarm(string rawPath, string imagePath, int threads)
    {
        using var raw = DiskReading.Open(DiskFile.Open(rawPath), isRaw: true, threads);
        using var image = DiskReading.Open(DiskFile.Open(imagePath), isRaw: false, threads);
        if (image.SizeBytes != raw.SizeBytes || image.Digest() != raw.Digest())
        {
            throw new IOException($"{imagePath} does not read as {rawPath}.");
        }

        Sweep(image, new Spent(), raw, new Spent());
    }

    private static void Sweep(DiskReading image, Spent ours, DiskReading raw, Spent beside)
    {
        for (long from = 0; from < raw.SizeBytes; from += TurnBytes)
        {
            long to = Math.Min(from + TurnBytes, raw.SizeBytes);
            for (int turn = 0; turn < 2; turn++)
            {
                var (disk, spent) = turn == from / TurnBytes % 2 ? (image, ours) : (raw, beside);
                spent.Begin();
                disk.Read(from, to);
                spent.End();
            }
        }
    }

    // Nothing is warmed up: opening is what a process does first.
    private static OperationCost Open(string path)
    {
        OperationProcess.ForgetPeakMemory();
        double before = OperationProcess.MemoryMb();
        var spent = new Spent();
        spent.Begin();
        var file = new CountingFile(DiskFile.Open(path));
        using var image = DiskReading.Open(file, isRaw: false, DiskReading.CopyThreads);
        long dataBytes = image.Walk();
        spent.End();
        long walkedBytes = file.ReadBytes;
        image.Read(0, image.SizeBytes);
        double peak = OperationProcess.PeakMemoryMb();
        return new OperationCost(spent.WallSeconds, spent.CpuSeconds, peak)
        {
            ReadBytes = image.ReadBytes,
            Open = new OpenCost(
                peak - before, GC.GetTotalMemory(forceFullCollection: true) / 1e6, dataBytes, walkedBytes,
                file.ReadBytes, file.HoleBytes),
        };
    }

    /// <summary>Time of the clock and of the processors, added up over stretches.</summary>
    private sealed class Spent
    {
        private readonly Stopwatch _clock = new();
        private TimeSpan _cpu;
        private TimeSpan _cpuBegan;

        public double WallSeconds => _clock.Elapsed.TotalSeconds;

        public double CpuSeconds => _cpu.TotalSeconds;

        public void Begin()
        {
            _cpuBegan = Environment.CpuUsage.TotalTime;
            _clock.Start();
        }

        public void End()
        {
            _clock.Stop();
            _cpu += Environment.CpuUsage.TotalTime - _cpuBegan;
        }
    }
}
