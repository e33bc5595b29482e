namespace BackupCopy.Benchmarks.Measuring;

/// <summary>All runs of one row by one program, and of the cp beside it.</summary>
internal sealed class Samples
{
    public required string Program { get; init; }

    public required string Row { get; init; }

    /// <value>The longest it may take, in times of cp + sync; null where there is no such limit.</value>
    public double? MostTimesCopy { get; init; }

    public List<OperationCost> Runs { get; } = [];

    public List<double> CopySeconds { get; } = [];

    /// <value>Bytes the operation worked on: the data of the image, or what was stored.</value>
    public long WorkedBytes { get; set; }

    /// <value>Bytes the repository grew by.</value>
    public long StoredBytes { get; set; }

    /// <value>Why there is no (full) result; null if all runs ended well.</value>
    public string? Error { get; set; }

    public double WallSeconds => Median(Runs.Select(r => r.WallSeconds));

    public double FastestSeconds => Runs.Count == 0 ? 0 : Runs.Min(r => r.WallSeconds);

    public double SlowestSeconds => Runs.Count == 0 ? 0 : Runs.Max(r => r.WallSeconds);

    public double CpuSeconds => Median(Runs.Select(r => r.CpuSeconds));

    public double PeakMemoryMb => Runs.Count == 0 ? 0 : Runs.Max(r => r.PeakMemoryMb);

    public double MedianCopySeconds => Median(CopySeconds);

    public double? TimesCopy =>
        Runs.Count > 0 && CopySeconds.Count > 0 ? WallSeconds / MedianCopySeconds : null;

    public bool? Passed => MostTimesCopy is null ? null : TimesCopy <= MostTimesCopy;

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
