using System.Globalization;
using System.Text;
using BackupCopy.Benchmarks.Rows;

namespace BackupCopy.Benchmarks.Measuring;

/// <summary>
/// What the table has no columns for: the processors' time beside raw, the limits of opening.
/// </summary>
internal static class ImageFigures
{
    public static void Append(StringBuilder text, IReadOnlyList<Samples> results)
    {
        foreach (var s in results.Where(s => s.Program == "ours" && s.Runs.Count > 0))
        {
            if (s.CpuTimesBeside > 0)
            {
                text.AppendLine(
                    $"cpu: {s.Row} takes {Number(s.CpuTimesBeside, "F3")} times the processors' time of raw "
                    + $"(runs: {string.Join(' ', s.Runs.Select(TimesBeside))})");
            }

            if (s.Runs.LastOrDefault(r => r.Open is not null)?.Open is { } open)
            {
                Append(text, s, open);
            }
        }
    }

    private static void Append(StringBuilder text, Samples s, OpenCost open)
    {
        double grown = s.Runs.Max(r => r.Open!.GrownMb);
        text.AppendLine(
            $"open: {s.Row} takes {Number(grown, "F1")} MB of memory, {Number(open.ManagedMb, "F1")} MB of "
            + $"it managed and kept, must be at most {Number(Row.MostOpenMemoryMb, "F0")}: "
            + Verdict(grown <= Row.MostOpenMemoryMb));
        double share = (double)open.HoleBytes / open.DataBytes;
        text.AppendLine(
            $"holes: {s.Row} reads {Number(open.WalkedBytes / 1e6, "F1")} MB to walk, "
            + $"{Number(open.FileBytes / 1e6, "F1")} MB in all for {Number(open.DataBytes / 1e6, "F1")} MB "
            + $"of data; {Number(share * 100, "F2")} % of that lies in holes, must be at most "
            + $"{Number(Row.MostHoleShare * 100, "F0")}: {Verdict(share <= Row.MostHoleShare)}");
    }

    private static string TimesBeside(OperationCost cost) =>
        Number(cost.WallSeconds / cost.BesideSeconds, "F3");

    private static string Verdict(bool passed) => passed ? "PASS" : "MISS";

    private static string Number(double value, string format) =>
        value.ToString(format, CultureInfo.InvariantCulture);
}
