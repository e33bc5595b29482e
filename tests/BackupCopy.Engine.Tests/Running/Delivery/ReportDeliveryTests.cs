using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Running.Delivery;
using MimeKit;

namespace BackupCopy.Tests.Running.Delivery;

public sealed class ReportDeliveryTests
{
    [Fact]
    public async Task A_report_reaches_every_recipient_and_the_session_says_so()
    {
        await using var lab = new DeliveryLab().WithMail();

        var told = await lab.EndSessionAsync();

        var mail = lab.Server.Messages.Single();
        Assert.Equal(["admin@example.com", "boss@example.com"], lab.Server.Recipients);
        Assert.Equal("[Success] Nightly (2 machines, no issues)", mail.Subject);
        Assert.Equal("\"BackupCopy\" <backup@example.com>", mail.From.ToString());
        Assert.Equal("auto-generated", mail.Headers["Auto-Submitted"]);
        Assert.Contains("2 machines were copied.", mail.TextBody);
        Assert.Contains("<h1>Nightly</h1>", mail.HtmlBody);
        Assert.Equal("Report sent to admin@example.com, boss@example.com.", told.Delivery);
        Assert.Equal(
            (SessionEventId.ReportSent, EventLevel.Info, SyncPhase.PostJob),
            (told.Events[^1].Id, told.Events[^1].Level, told.Events[^1].Phase));
        Assert.Equal(SyncPhase.Idle, told.Phase);
        Assert.Empty(lab.Queue);
    }

    [Fact]
    public async Task The_log_of_a_session_keeps_what_became_of_its_report()
    {
        await using var lab = new DeliveryLab().WithMail();
        var log = new SessionLog(lab.Engine, lab.Job);
        log.Begin(() => null);
        await log.ReportAsync(lab.Job, default);
        Assert.Empty(lab.Server.Messages);

        log.End();
        await log.ReportAsync(lab.Job, default);

        Assert.Equal("[Success] Nightly (0 machines, no issues)", lab.Server.Messages.Single().Subject);
        Assert.StartsWith("Report sent to", log.Record.Delivery);
        Assert.Equal(log.Record.Delivery, lab.Engine.Catalog.FindSession(log.Record.Id)!.Delivery);
    }

    [Fact]
    public async Task The_report_of_a_session_whose_process_died_goes_with_the_next_round()
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Reports(new JobReports { MailTo = ["dba@example.com"] });

        ReportDelivery.Queue(lab.Engine, job: null, lab.Session(SessionResult.Failed));
        await lab.SendQueuedAsync(TimeSpan.Zero);

        Assert.Equal(["dba@example.com"], lab.Server.Recipients);
        Assert.Equal(MessageImportance.High, lab.Server.Messages.Single().Importance);
    }

    [Fact]
    public async Task TLS_from_the_first_byte_works_too()
    {
        await using var lab = new DeliveryLab(new SmtpTestServer
        {
            Certificate = TestCertificate.For("localhost"),
            IsTlsFromTheStart = true,
        }).WithMail(new SettingsChanges { Tls = MailTls.Tls });

        await lab.EndSessionAsync();

        Assert.Single(lab.Server.Messages);
    }

    [Fact]
    public async Task A_server_without_TLS_gets_mail_but_no_password_unless_told_so()
    {
        await using var lab = new DeliveryLab(new SmtpTestServer { WantsPassword = false })
            .WithMail(new SettingsChanges { Tls = MailTls.Auto });

        var refused = await lab.EndSessionAsync();
        Assert.Contains("the password would travel in the clear", refused.Delivery);
        Assert.Empty(lab.Server.Messages);

        lab.Engine.Settings.Update(new SettingsChanges { Tls = MailTls.None });
        await lab.SendQueuedAsync(TimeSpan.Zero);
        lab.Engine.Settings.Update(new SettingsChanges { Tls = MailTls.Auto, Credential = new("", "") });
        await lab.EndSessionAsync();

        Assert.Equal(2, lab.Server.Messages.Count);
    }

    // What goes wrong, and what the session says of it.
    public static TheoryData<string, string, string> Troubles => new()
    {
        { "AUTH", "535 5.7.8 Authentication failed", "refuses user name or password: 535" },
        { "CONNECT", "421 4.3.2 too busy", "takes no mail now: 421 4.3.2 too busy" },
        { "CONNECT", "HTTP/1.1 400 Bad Request", "does not speak as a mail server does" },
        { "CONNECT", "drop", "does not speak as a mail server does" },
        { "EHLO", "250 mail.test", "does not offer what the settings want of it" },
        { "MAIL", "550 5.7.1 not yours", "takes no mail from backup@example.com: 550 5.7.1 not yours" },
        { "MAIL", "530 5.7.0 Authentication required", "wants a user name and a password" },
        { "RCPT", "550 5.1.1 no such user", "takes none of the recipients: admin@example.com (550 5.1.1" },
        { "RCPT", "drop", "broke while the report was sent" },
        { "DATA", "452 4.3.1 no room", "refuses the report: 452 4.3.1 no room" },
        { "DATA-MIDDLE", "drop", "broke while the report was sent" },
        { "DATA-END", "552 5.3.4 too big", "is too large for localhost" },
        { "DATA-END", "drop", "broke while the report was sent" },
        { "DATA-END", "554 5.6.0 smells", "refuses the report: 554 5.6.0 smells" },
    };

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task Trouble_with_a_server_is_told_and_the_report_sent_when_it_is_over(
        string at, string answer, string told)
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Server.Answers[at] = answer;

        var session = await lab.EndSessionAsync();

        Assert.Equal(SessionResult.Success, session.Result);
        Assert.StartsWith("Report queued, tried again ", session.Delivery);
        Assert.Contains(told, session.Delivery);
        Assert.Equal(
            (SessionEventId.ReportQueued, EventLevel.Warning),
            (session.Events[^1].Id, session.Events[^1].Level));
        Assert.Equal(1, lab.Queue.Single().Attempts);

        lab.Server.Answers.Clear();
        await lab.SendQueuedAsync(TimeSpan.FromSeconds(59));
        Assert.Empty(lab.Server.Messages);
        await lab.SendQueuedAsync(TimeSpan.FromSeconds(1));

        Assert.Single(lab.Server.Messages);
        Assert.Empty(lab.Queue);
        var after = lab.Engine.Catalog.FindSession(session.Id)!;
        Assert.Equal("Report sent to admin@example.com, boss@example.com.", after.Delivery);
        Assert.Equal(SessionEventId.ReportSent, after.Events[^1].Id);
    }

    [Theory]
    [InlineData("CONNECT")]
    [InlineData("DATA-END")]
    public async Task A_server_that_says_nothing_any_more_is_left_after_a_while(string at)
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Server.Answers[at] = "stall";

        var ending = lab.EndSessionAsync();
        await lab.Server.Stalled;
        Assert.False(ending.IsCompleted);
        lab.Clock.Advance(TimeSpan.FromSeconds(30));
        var session = await ending;

        Assert.Contains("did not answer within 30 s", session.Delivery);
        Assert.Single(lab.Queue);
    }

    [Fact]
    public async Task Nobody_listens()
    {
        await using var lab = new DeliveryLab().WithMail();
        await lab.Server.DisposeAsync();

        Assert.Contains("cannot be reached", (await lab.EndSessionAsync()).Delivery);
    }

    [Theory]
    [InlineData(false, "localhost")]
    [InlineData(true, "mail.elsewhere.test")]
    public async Task A_certificate_that_nobody_vouches_for_gets_no_password(bool isTrusted, string name)
    {
        await using var lab = new DeliveryLab(
            new SmtpTestServer { Certificate = TestCertificate.For(name) }).WithMail();
        if (!isTrusted)
        {
            lab.Engine.TrustedRoots.Clear();
        }

        Assert.Contains("certificate of localhost", (await lab.EndSessionAsync()).Delivery);
        Assert.Empty(lab.Server.Messages);
    }

    [Fact]
    public async Task A_refused_recipient_does_not_keep_the_report_from_the_others()
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Server.Answers["RCPT TO:<boss"] = "550 5.1.1 no such user";

        var session = await lab.EndSessionAsync();

        Assert.Equal(["admin@example.com"], lab.Server.Recipients);
        Assert.Equal(
            "Report sent to admin@example.com. Refused: boss@example.com (550 5.1.1 no such user).",
            session.Delivery);
        Assert.Empty(lab.Queue);
    }

    [Fact]
    public async Task A_recipient_refused_for_now_gets_it_later_and_the_others_only_once()
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Server.Answers["RCPT TO:<boss"] = "450 4.7.1 come back later";

        var session = await lab.EndSessionAsync();
        Assert.EndsWith("Tried again for boss@example.com (450 4.7.1 come back later).", session.Delivery);
        lab.Server.Answers.Clear();
        await lab.SendQueuedAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(["admin@example.com", "boss@example.com"], lab.Server.Recipients);
        Assert.Equal(
            lab.Server.Messages.First().MessageId, lab.Server.Messages.Last().MessageId);
        Assert.Equal(
            "Report sent to boss@example.com.", lab.Engine.Catalog.FindSession(session.Id)!.Delivery);
    }

    [Fact]
    public async Task Cancelling_ends_the_sending_and_loses_nothing()
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Server.Answers["DATA-END"] = "stall";
        using var stop = new CancellationTokenSource();

        var ending = lab.EndSessionAsync(cancellation: stop.Token);
        await lab.Server.Stalled;
        await stop.CancelAsync();
        var session = await ending;

        Assert.Equal("Report queued.", session.Delivery);
        Assert.Equal(0, lab.Queue.Single().Attempts);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ReportDelivery.SendQueuedAsync(lab.Engine, stop.Token));
        lab.Server.Answers.Clear();
        await lab.SendQueuedAsync(TimeSpan.Zero);
        Assert.Single(lab.Server.Messages);
    }

    [Theory]
    [InlineData(ReportOn.Always, null, "Success Warning Stopped Failed")]
    [InlineData(ReportOn.Warning, null, "Warning Stopped Failed")]
    [InlineData(ReportOn.Failed, null, "Failed")]
    [InlineData(ReportOn.Never, null, "")]
    [InlineData(ReportOn.Always, ReportOn.Failed, "Failed")]
    [InlineData(ReportOn.Never, ReportOn.Warning, "Warning Stopped Failed")]
    [InlineData(ReportOn.Always, ReportOn.Digest, "")]
    public async Task A_job_decides_before_the_settings_which_sessions_are_reported(
        ReportOn all, ReportOn? job, string reported)
    {
        await using var lab = new DeliveryLab().WithMail(new SettingsChanges { ReportOn = all });
        lab.Reports(new JobReports { ReportOn = job });

        foreach (var result in Enum.GetValues<SessionResult>().Except([SessionResult.None]))
        {
            await lab.EndSessionAsync(result);
        }

        Assert.Equal(
            reported, string.Join(' ', lab.Server.Messages.Select(m => m.Headers["X-BackupCopy-Result"])));
    }

    [Fact]
    public async Task The_recipients_of_a_job_get_its_reports_instead_of_those_of_the_settings()
    {
        await using var lab = new DeliveryLab().WithMail();
        lab.Reports(new JobReports { MailTo = ["dba@example.com"] });

        await lab.EndSessionAsync();

        Assert.Equal(["dba@example.com"], lab.Server.Recipients);
    }

    [Fact]
    public async Task Without_mail_and_web_hook_nothing_is_queued_or_said()
    {
        await using var lab = new DeliveryLab();

        var session = await lab.EndSessionAsync(SessionResult.Failed);

        Assert.Equal("", session.Delivery);
        Assert.Empty(lab.Queue);
    }
}
