using System.Globalization;
using System.Text;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>The results as text: one line a row, then the limits that are not a ratio.</summary>
internal static class ResultTable
{
    /// <summary>Characters a column; negative ones stand at the left.</summary>
    private static readonly int[] Widths = [-7, -11, 7, -14, 7, 7, 6, -4, 7, 6, 7, 6, 9];

    public static string Format(IReadOnlyList<Samples> results, Options options, long sizeBytes)
    {
        var text = new StringBuilder();
        text.AppendLine(Row(
            "program", "row", "s", "(min-max)", "cp+sync", "ratio", "must", "",
            "CPU s", "RSS MB", "data MB", "GB/s", "stored MB"));
        foreach (var samples in results)
        {
            text.AppendLine(Row(samples));
        }

        AppendMemory(text, [.. results.Where(s => s.Program == "ours" && s.Runs.Count > 0)]);
        AppendDay1(text, results, options, sizeBytes);
        return text.ToString();
    }

    private static string Row(Samples s) => s.Runs.Count == 0
        ? Row(s.Program, s.Row, "-", "", Number(s.MedianCopySeconds, "F2"), "", Must(s)) + " " + s.Error
        : Row(
            s.Program,
            s.Row,
            Number(s.WallSeconds, "F2"),
            $"({Number(s.FastestSeconds, "F2")}-{Number(s.SlowestSeconds, "F2")})",
            Number(s.MedianCopySeconds, "F2"),
            s.TimesCopy is { } times ? Number(times, "F2") + "x" : "",
            Must(s),
            Verdict(s.Passed),
            Number(s.CpuSeconds, "F2"),
            Number(s.PeakMemoryMb, "F0"),
            Number(s.WorkedBytes / 1e6, "F0"),
            Number(s.GigabytesPerSecond, "F2"),
            s.StoredBytes == 0 ? "" : Number(s.StoredBytes / 1e6, "F1")) + " " + s.Error;

    private static string Must(Samples s) => s.MostTimesCopy is { } most ? Number(most, "F2") + "x" : "";

    private static string Row(params string[] cells) =>
        string.Join(' ', cells.Zip(Widths, Pad)).TrimEnd();

    private static string Pad(string cell, int width) =>
        width < 0 ? cell.PadRight(-width) : cell.PadLeft(width);

    private static string Verdict(bool? passed) =>
        passed switch { true => "PASS", false => "MISS", null => "" };

    private static string Number(double value, string format) =>
        value.ToString(format, CultureInfo.InvariantCulture);

    private static void AppendMemory(StringBuilder text, List<Samples> ours)
    {
        if (ours.MaxBy(s => s.PeakMemoryMb) is { } most)
        {
            text.AppendLine(
                $"peak memory: {Number(most.PeakMemoryMb, "F0")} MB ({most.Row}), must be at most "
                + $"{Number(Rows.Row.MostMemoryMb, "F0")} MB in all rows: "
                + Verdict(most.PeakMemoryMb <= Rows.Row.MostMemoryMb));
        }
    }

    private static void AppendDay1(
        StringBuilder text, IReadOnlyList<Samples> results, Options options, long sizeBytes)
    {
        if (options.Rows.Count > 0 && !options.Rows.Contains(Rows.Row.Day1Bytes))
        {
            return;
        }

        double mostMb = Rows.Row.MostDay1Mb * sizeBytes / (4L << 30);
        foreach (var s in results.Where(s => s.Row == Rows.Row.ImageDay1 && s.StoredBytes > 0))
        {
            string limit = s.Program == "ours"
                ? $", must be at most {Number(mostMb, "F1")} MB: {Verdict(s.StoredBytes <= mostMb * 1e6)}"
                : "";
            string stored = Number(s.StoredBytes / 1e6, "F1");
            text.AppendLine($"{Rows.Row.Day1Bytes}: {s.Program} {stored} MB{limit}");
        }
    }
}
