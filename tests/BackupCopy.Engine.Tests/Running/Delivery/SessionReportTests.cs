using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Reporting.Mail;

namespace BackupCopy.Tests.Running.Delivery;

public sealed class SessionReportTests
{
    [Theory]
    [InlineData("", "[Failed] Nightly to Offsite (5 machines, 2 issues)")]
    [InlineData("%time% %JOBNAME%", "2026-11-01 22:13 Nightly to Offsite")]
    [InlineData("%Unknown% 100% %Issues%", "%Unknown% 100% 2 issues")]
    [InlineData("plain\r\nX-Header: 1", "plain  X-Header: 1")]
    public void The_subject_tells_what_it_is_asked_for_in_one_line(string template, string subject)
    {
        var report = SessionReport.Of(ReportSamples.Info(ReportSamples.Mixed)) with
        {
            Time = ReportSamples.StartUtc.AddMinutes(13),
        };

        Assert.Equal(
            subject,
            ReportSubject.Of(template.Length == 0 ? MailSettings.DefaultSubject : template, report));
    }

    [Fact]
    public void A_name_is_no_template_and_a_long_subject_is_cut()
    {
        var report = SessionReport.Of(ReportSamples.Info(ReportSamples.AllWell)) with { Title = "%Time%" };

        Assert.Equal("%Time% (Success)", ReportSubject.Of("%JobName% (%JobResult%)", report));
        Assert.Equal(200, ReportSubject.Of(new string('x', 500), report).Length);
    }

    [Fact]
    public void Counters_and_rows_tell_what_happened_the_worst_first()
    {
        var report = SessionReport.Of(ReportSamples.Info(ReportSamples.Mixed));

        Assert.Equal(
            [(SessionResult.Success, 3), (SessionResult.Warning, 1), (SessionResult.Failed, 1)],
            report.Counts.Select(c => (c.Result, c.Number)));
        Assert.Equal(
            "Start, End, Duration: 13m 00s, Total size: 120 GB, Read: 3.6 GB, Transferred: 1.68 GB, "
            + "Stored: 1.68 GB, Deduplication: 33:1, Compression: 2.1:1, Restore points removed: 3, "
            + "Space returned: 18 GB, Overdue for removal: 2 restore points",
            string.Join(", ", report.Facts.Select(f =>
                f.Label is "Start" or "End" ? f.Label : $"{f.Label}: {f.Value}")));
        var rows = report.Tables.Single().Rows;
        Assert.Equal(
            ["Failed", "Warning", "Success", "Up to date", "Success"], rows.Select(r => r.Status));
        Assert.Equal("db01", rows[2].Name);
        Assert.Equal(["12m 00s", "40 GB", "1.2 GB", "573 MB"], rows[2].Values.Skip(2));
        Assert.Contains("32m 05s old when its copy was ready", rows[2].Details);
    }

    [Fact]
    public void What_was_checked_found_healed_left_and_compacted_is_told_where_there_is_something()
    {
        var session = ReportSamples.Info(ReportSamples.AllWell with
        {
            Health = new HealthTally
            {
                CheckedBytes = 3L << 30,
                CheckedPointCount = 2,
                Found = 4,
                Healed = 4,
            },
            CompactedBytes = 5 << 20,
        });
        string[] expected =
        [
            "Checked: 2 restore points, 3 GB", "Damage found: 4", "Healed: 4", "Still damaged: 0",
            "Compacted: 5 MB",
        ];
        Assert.Equal(
            expected, SessionReport.Of(session).Facts.TakeLast(5).Select(f => $"{f.Label}: {f.Value}"));
        var digest = DigestReport.Of(
            [session, ReportSamples.Info(ReportSamples.Mixed)], ReportSamples.StartUtc,
            ReportSamples.StartUtc.AddDays(1));
        Assert.Equal(expected, digest.Facts.TakeLast(5).Select(f => $"{f.Label}: {f.Value}"));
        Assert.Contains("\"foundCount\": 4", SessionJson.Write(session), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_row_says_is_not_said_again_among_the_warnings()
    {
        var notes = SessionReport.Of(ReportSamples.Info(ReportSamples.Mixed)).Notes;

        Assert.Equal(["db01"], notes.Select(n => n.Who));
    }

    [Fact]
    public void Of_very_many_machines_the_failed_ones_are_shown_and_the_mail_stays_small()
    {
        var machines = Enumerable.Range(1, 3000).Select(i => ReportSamples.Machine(
            $"vm{i:0000}", i == 2999 ? SessionResult.Failed : SessionResult.Success, 5)).ToArray();

        var report = SessionReport.Of(ReportSamples.Info(
            ReportSamples.Session("All", SessionResult.Failed, machines)));

        var table = report.Tables.Single();
        Assert.Equal((SessionReport.MostRows, "vm2999"), (table.Rows.Count, table.Rows[0].Name));
        Assert.StartsWith("2,900 more machines: Get-BackupCopyMachineTask", table.More);
        Assert.InRange(ReportHtml.Of(report, "").Length, 1, 102_000);
    }

    [Fact]
    public void The_text_says_the_same_and_no_name_can_look_like_a_line_of_it()
    {
        var session = ReportSamples.Session(
            "Nightly", SessionResult.Success,
            ReportSamples.Machine("web\r\n01", SessionResult.Success, 3));

        var text = ReportPlainText.Of(SessionReport.Of(ReportSamples.Info(session)), "BackupCopy on x");

        Assert.Contains("web 01: Success", text);
        Assert.Contains("1 machine was copied.", text);
        Assert.Contains("Transferred    573 MB", text);
        Assert.Contains("WARNINGS AND ERRORS", text);
        Assert.EndsWith("BackupCopy on x", text.TrimEnd());
    }

    [Fact]
    public void Characters_that_no_page_can_hold_are_left_out()
    {
        var session = ReportSamples.Session(
            "Nightly", SessionResult.Success,
            ReportSamples.Machine("a\0b\u0008c\ud800d&<>", SessionResult.Success, 3));

        var html = ReportHtml.Of(SessionReport.Of(ReportSamples.Info(session)), "");

        Assert.Contains("abc\ufffdd&amp;&lt;&gt;", html);
    }
}
