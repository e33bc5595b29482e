using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Reporting.Mail;

namespace BackupCopy.Tests.Running.Delivery;

public sealed class MailPageTests
{
    [Theory]
    [InlineData("mixed")]
    [InlineData("well")]
    [InlineData("many")]
    [InlineData("digest")]
    [InlineData("test")]
    public async Task A_report_fits_its_window_and_asks_nobody_for_anything(string report)
    {
        // 761 is the narrowest window that shows tables and no cards.
        var windows = await Browser.ShowAsync(Html(report), 320, 400, 761, 1000);

        Assert.Equal(
            [(320, 0, 0, 0), (400, 0, 0, 0), (761, 0, 0, 0), (1000, 0, 0, 0)],
            windows.Select(w => (w.Width, w.Overflowing, w.Scripts, w.Requests)));
    }

    [Fact]
    public async Task Names_and_messages_are_shown_as_text_whatever_they_hold()
    {
        var seen = (await Browser.ShowAsync(Html("mixed"), 1000)).Single();

        Assert.Contains("<script>alert('x')</script>", seen.Text);
        Assert.Contains("1 of 5 machines failed.", seen.Text);
    }

    [Fact]
    public async Task On_a_narrow_screen_each_value_has_its_label()
    {
        var windows = await Browser.ShowAsync(Html("well"), 400, 1000);

        Assert.Matches("Transferred\\s+573 MB", Lines(windows[0], "web01"));
        Assert.DoesNotMatch("Transferred\\s+573 MB", Lines(windows[1], "web01"));
    }

    [Theory]
    [InlineData("mixed")]
    [InlineData("digest")]
    public void Nothing_of_a_page_lies_elsewhere(string report)
    {
        var html = Html(report);

        string[] ways = ["http:", "https:", "url(", "@import", "src=", "href=", "<script", "<img"];
        foreach (var outside in ways)
        {
            Assert.DoesNotContain(outside, html, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static string Lines(Browser seen, string from) =>
        seen.Text[seen.Text.IndexOf(from, StringComparison.Ordinal)..].Replace("\r", "");

    private static string Html(string report) =>
        ReportHtml.Of(Report(report), "BackupCopy 0.1.0 on backup01");

    private static MailReport Report(string name) => name switch
    {
        "mixed" => SessionReport.Of(ReportSamples.Info(ReportSamples.Mixed)),
        "well" => SessionReport.Of(ReportSamples.Info(ReportSamples.AllWell)),
        "many" => SessionReport.Of(ReportSamples.Info(ReportSamples.Session(
            "Everything", SessionResult.Success,
            [.. Enumerable.Range(1, 300).Select(i => ReportSamples.Machine(
                $"vm{i:000}", SessionResult.Success, i % 13))]))),
        "digest" => DigestReport.Of(
            [
                ReportSamples.Info(ReportSamples.AllWell), ReportSamples.Info(ReportSamples.Mixed),
                ReportSamples.Info(ReportSamples.Session(
                    "Hourly-" + new string('q', 50), SessionResult.Stopped) with
                {
                    Reason = "Stopped by its user; the next sync goes on from there.",
                    StartUtc = ReportSamples.StartUtc.AddHours(-20),
                    EndUtc = ReportSamples.StartUtc.AddHours(-19),
                }),
            ],
            ReportSamples.StartUtc.AddDays(-1).ToLocalTime(),
            ReportSamples.StartUtc.AddHours(9).ToLocalTime()),
        _ => DigestReport.Test("backup01", ReportSamples.StartUtc.ToLocalTime()),
    };
}
