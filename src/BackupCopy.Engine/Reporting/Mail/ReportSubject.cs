using System.Globalization;
using System.Text.RegularExpressions;

namespace BackupCopy.Reporting.Mail;

/// <summary>The subject of a report.</summary>
internal static partial class ReportSubject
{
    private const int Longest = 200;

    /// <summary>
    /// Puts in what stands between percent signs, once: what a job is called is no template. The subject is
    /// one line whatever the names hold.
    /// </summary>
    public static string Of(string template, MailReport report)
    {
        var text = Variable().Replace(template, match => match.Groups[1].Value.ToUpperInvariant() switch
        {
            "TIME" => report.Time.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            "JOBNAME" => report.Title,
            "JOBRESULT" => report.Result.ToString(),
            "OBJECTCOUNT" => report.MachineCount.ToString(CultureInfo.InvariantCulture),
            _ => report.IssueCount == 0 ? "no issues" : ReadableText.Count(report.IssueCount, "issue"),
        });
        var line = string.Concat(text.EnumerateRunes()
            .Select(r => System.Text.Rune.IsControl(r) || r.Value is 0x2028 or 0x2029 ? " " : r.ToString()))
            .Trim();
        return line.Length <= Longest ? line : string.Concat(line.AsSpan(0, Longest - 1), "…");
    }

    [GeneratedRegex(
        "%(Time|JobName|JobResult|ObjectCount|Issues)%",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Variable();
}
