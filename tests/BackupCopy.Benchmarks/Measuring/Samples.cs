using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// All runs of one row by one program, and of what runs beside it: cp, or bare system calls.
/// </summary>
internal sealed class Samples
{
    public required string Program { get; init; }

    public required string Row { get; init; }

    /// <value>What it may cost at most; null where there is no such limit.</value>
    public Limits Most { get; init; } = new();

    public List<OperationCost> Runs { get; } = [];

    public List<double> BesideSeconds { get; } = [];

    /// <value>Bytes the operation worked on: the data of the image, or what was stored.</value>
    public long WorkedBytes { get; set; }

    /// <value>Bytes the repository grew by.</value>
    public long StoredBytes { get; set; }

    /// <value>What the bytes that the process wrote are a share of; 0 where nobody asks.</value>
    public long ChainBytes { get; set; }

    /// <value>Why there is no (full) result; null if all runs ended well.</value>
    public string? Error { get; set; }

    /// <value>Why this machine cannot run the row; null if it can.</value>
    public string? Skipped { get; set; }

    public double WallSeconds => Median(Runs.Select(r => r.WallSeconds));

    public double FastestSeconds => Runs.Count == 0 ? 0 : Runs.Min(r => r.WallSeconds);

    public double SlowestSeconds => Runs.Count == 0 ? 0 : Runs.Max(r => r.WallSeconds);

    public double CpuSeconds => Median(Runs.Select(r => r.CpuSeconds));

    public double PeakMemoryMb => Runs.Count == 0 ? 0 : Runs.Max(r => r.PeakMemoryMb);

    public double MedianBesideSeconds => Median(BesideSeconds);

    public double? TimesBeside =>
        Runs.Count > 0 && BesideSeconds.Count > 0 ? WallSeconds / MedianBesideSeconds : null;

    /// <value>The processors' time in times of that of what ran beside it in the same process.</value>
    public double CpuTimesBeside => Median(
        Runs.Where(r => r.BesideCpuSeconds > 0).Select(r => r.CpuSeconds / r.BesideCpuSeconds));

    /// <value>Bytes that the process had the system write, by the system's own count.</value>
    public double WrittenBytes => Median(Runs.Select(r => (double)r.WrittenBytes));

    public double? WrittenShare => ChainBytes > 0 ? WrittenBytes / ChainBytes : null;

    /// <value>How far the worst run missed its rate.</value>
    public double Deviation => Runs.Count == 0 ? 0 : Runs.Max(r => r.Deviation);

    public bool? Passed => (Most.TimesBeside, Most.Seconds) switch
    {
        _ when Most.Deviation is { } most => Deviation <= most,
        ({ } times, _) => WallSeconds <= times * MedianBesideSeconds + Most.SpareSeconds,
        (_, { } seconds) => WallSeconds <= seconds,
        _ => null,
    };

    public double GigabytesPerSecond => WallSeconds > 0 ? WorkedBytes / WallSeconds / 1e9 : 0;

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        int middle = sorted.Count / 2;
        return sorted.Count == 0 ? 0
            : sorted.Count % 2 == 1 ? sorted[middle]
            : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
