using BackupCopy.Running;
using BackupCopy.Running.Delivery;
using MimeKit;

namespace BackupCopy.Tests.Running.Delivery;

public sealed class ReportsTests
{
    [Fact]
    public async Task A_report_asked_for_goes_at_once_and_takes_the_place_of_the_queued_one()
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Server.Answers["CONNECT"] = "421 down";
        var session = await lab.EndSessionAsync();
        var error = await Assert.ThrowsAsync<BackupCopyException>(
            () => lab.Engine.Reports.SendAsync(session.Id, [], default));
        Assert.Equal(ErrorCode.MailFailed, error.Code);

        lab.Server.Answers.Clear();
        await lab.Engine.Reports.SendAsync(session.Id, ["other@example.com"], default);
        Assert.Single(lab.Queue);
        var sent = await lab.Engine.Reports.SendAsync(session.Id, [], default);

        Assert.Equal(["Report sent to admin@example.com, boss@example.com."], sent);
        Assert.Empty(lab.Queue);
        Assert.Equal(
            ["other@example.com", "admin@example.com", "boss@example.com"], lab.Server.Recipients);
        Assert.Equal(sent[0], lab.Engine.Catalog.FindSession(session.Id)!.Delivery);
    }

    [Fact]
    public async Task A_test_mail_tells_what_is_wrong()
    {
        await using var lab = new DeliveryLab();
        var unset = await Assert.ThrowsAsync<BackupCopyException>(
            () => lab.Engine.Reports.SendTestAsync([], default));
        Assert.Equal(ErrorCode.MailNotConfigured, unset.Code);

        lab.WithMail();
        await lab.Engine.Reports.SendTestAsync([], default);
        Assert.Equal("[Success] Test report (0 machines, no issues)", lab.Server.Messages.Single().Subject);

        lab.Server.Answers["RCPT TO:<boss"] = "550 no such user";
        var part = await Assert.ThrowsAsync<BackupCopyException>(
            () => lab.Engine.Reports.SendTestAsync([], default));
        Assert.Equal(
            "The report was sent to admin@example.com and refused for boss@example.com (550 no such user).",
            part.Message);
    }

    [Fact]
    public async Task Names_with_line_breaks_make_no_headers()
    {
        await using var lab = new DeliveryLab().WithMail(new SettingsChanges { Subject = "%JobName%" });
        var session = lab.Session() with { JobName = "Night\r\nBcc: thief@example.com\r\n\r\nHello" };
        lab.Engine.Catalog.SaveSession(session);

        await ReportDelivery.AfterSessionAsync(lab.Engine, lab.Job, session, default);

        var mail = lab.Server.Messages.Single();
        Assert.Equal("Night  Bcc: thief@example.com    Hello", mail.Subject);
        Assert.Null(mail.Headers[HeaderId.Bcc]);
        Assert.Equal(["admin@example.com", "boss@example.com"], lab.Server.Recipients);
    }
}
