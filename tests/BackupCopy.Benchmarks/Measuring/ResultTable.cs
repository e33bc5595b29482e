using System.Globalization;
using System.Text;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>The results as text: one line a row, then the limits that are not a ratio.</summary>
internal static class ResultTable
{
    /// <summary>Characters a column; negative ones stand at the left.</summary>
    private static readonly int[] Widths = [-7, -12, 7, -14, 7, 7, 10, -4, 7, 6, 7, 6, 9, 8];

    public static string Format(IReadOnlyList<Samples> results, Options options, long sizeBytes)
    {
        var text = new StringBuilder();
        text.AppendLine(Row(
            "program", "row", "s", "(min-max)", "beside", "ratio", "must", "",
            "CPU s", "RSS MB", "data MB", "GB/s", "stored MB", "wrote MB"));
        foreach (var samples in results)
        {
            text.AppendLine(Row(samples));
        }

        AppendMemory(text, [.. results.Where(s => s.Program == "ours" && s.Runs.Count > 0)]);
        AppendDay1(text, results, options, sizeBytes);
        AppendWritten(text, results);
        AppendScale(text, results);
        AppendRates(text, results);
        AppendChecks(text, results);
        ImageFigures.Append(text, results);
        return text.ToString();
    }

    private static string Row(Samples s) => s.Runs.Count == 0
        ? Row(s.Program, s.Row, "-", "", Number(s.MedianBesideSeconds, "F2"), "", $"{s.Most}")
            + " " + (s.Error ?? $"skipped: {s.Skipped}")
        : Row(
            s.Program,
            s.Row,
            Number(s.WallSeconds, "F2"),
            $"({Number(s.FastestSeconds, "F2")}-{Number(s.SlowestSeconds, "F2")})",
            s.BesideSeconds.Count == 0 ? "" : Number(s.MedianBesideSeconds, "F2"),
            s.TimesBeside is { } times ? Number(times, "F2") + "x" : "",
            $"{s.Most}",
            Verdict(s.Passed),
            Number(s.CpuSeconds, "F2"),
            Number(s.PeakMemoryMb, "F0"),
            s.WorkedBytes == 0 ? "" : Number(s.WorkedBytes / 1e6, "F0"),
            s.WorkedBytes == 0 ? "" : Number(s.GigabytesPerSecond, "F2"),
            s.StoredBytes == 0 ? "" : Number(s.StoredBytes / 1e6, "F1"),
            Number(s.WrittenBytes / 1e6, "F1")) + " " + s.Error;

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

    private static void AppendWritten(StringBuilder text, IReadOnlyList<Samples> results)
    {
        foreach (var s in results.Where(s => s.WrittenShare is not null && s.Runs.Count > 0))
        {
            string limit = s.Most.WrittenShare is { } most
                ? $", must be at most {Number(most * 100, "F0")} %: {Verdict(s.WrittenShare <= most)}"
                : "";
            text.AppendLine(
                $"written bytes: {s.Program} {s.Row} {Number(s.WrittenShare!.Value * 100, "F3")} % of "
                + $"{Number(s.ChainBytes / 1e6, "F0")} MB{limit}");
        }
    }

    private static void AppendScale(StringBuilder text, IReadOnlyList<Samples> results)
    {
        var scales = results.Where(s => Rows.Row.Scales.Any(row => row.Name == s.Row) && s.Runs.Count > 0)
            .Select(s => s.WallSeconds).ToList();
        if (scales.Count == Rows.Row.Scales.Count)
        {
            double times = scales.Max() / scales.Min();
            text.AppendLine(
                $"scale: the slowest size takes {Number(times, "F2")} times the fastest, must be at most "
                + $"{Number(Rows.Row.MostScaleTimes, "F2")}: {Verdict(times <= Rows.Row.MostScaleTimes)}");
        }
    }

    private static void AppendRates(StringBuilder text, IReadOnlyList<Samples> results)
    {
        foreach (var s in results.Where(s => s.Most.Deviation is not null && s.Runs.Count > 0))
        {
            text.AppendLine(
                $"rate: {s.Row} is off by {Number(s.Deviation * 100, "F2")} % at most, total or share, "
                + $"must be at most {Number(s.Most.Deviation!.Value * 100, "F0")} %: {Verdict(s.Passed)}");
        }
    }

    private static void AppendChecks(StringBuilder text, IReadOnlyList<Samples> results)
    {
        var restic = results.FirstOrDefault(
            s => s.Program == "restic" && s.Row == Rows.Row.CheckFull && s.Runs.Count > 0);
        foreach (var s in results.Where(s => restic is not null && s.Program == "ours" && s.Runs.Count > 0
            && Rows.Row.Checks.Any(row => row.Name == s.Row)))
        {
            double times = restic!.WallSeconds / s.WallSeconds;
            double least = Rows.Row.LeastTimesRestic(s.Row);
            text.AppendLine(
                $"check: {s.Row} is {Number(times, "F1")} times as fast as restic's of all data, must be at "
                + $"least {Number(least, "F1")}: {Verdict(times >= least)}");
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
