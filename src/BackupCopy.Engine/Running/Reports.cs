using BackupCopy.Jobs;
using BackupCopy.Reporting.Mail;
using BackupCopy.Running.Delivery;
using MimeKit;

namespace BackupCopy.Running;

/// <summary>Reports that somebody asks for, sent at once and not queued.</summary>
public sealed class Reports
{
    private readonly Engine _engine;

    internal Reports(Engine engine) => _engine = engine;

    /// <summary>The job's last session.</summary>
    /// <exception cref="BackupCopyException">
    /// <see cref="ErrorCode.SessionNotFound"/>: it never ran.
    /// </exception>
    public Guid LastSession(string job) =>
        _engine.Sessions.List(job, newest: 1).FirstOrDefault()?.Id ?? throw new BackupCopyException(
            ErrorCode.SessionNotFound, $"The job {job} has no session yet.",
            $"Run it with Start-BackupCopySync {job}.");

    /// <summary>The session as a person names it.</summary>
    public string Title(Guid sessionId)
    {
        var session = _engine.Sessions.Get(sessionId);
        return $"report of {session.Job}, {session.StartTime:yyyy-MM-dd HH:mm:ss}";
    }

    /// <summary>Who would get a session's report: addresses, and the host of a web hook.</summary>
    /// <exception cref="BackupCopyException"><see cref="ErrorCode.MailNotConfigured"/>.</exception>
    public IReadOnlyList<string> Receivers(Guid sessionId, IReadOnlyList<string> to)
    {
        _engine.Sessions.Get(sessionId);
        var mail = _engine.Catalog.GlobalSettings().Mail;
        var source = ReportSource.OfSession(_engine, _engine.Catalog.FindSession(sessionId)!);
        return Receivers(mail, to.Count > 0 ? to : source.Recipients(mail), to.Count > 0);
    }

    /// <summary>Who would get a test.</summary>
    /// <exception cref="BackupCopyException"><see cref="ErrorCode.MailNotConfigured"/>.</exception>
    public IReadOnlyList<string> TestReceivers(IReadOnlyList<string> to)
    {
        var mail = _engine.Catalog.GlobalSettings().Mail;
        return Receivers(mail, to.Count > 0 ? to : mail.To, to.Count > 0);
    }

    /// <summary>
    /// Sends a session's report by mail and, where nobody is named, to the web hook too.
    /// </summary>
    /// <param name="to">Instead of the job's recipients; empty for these.</param>
    /// <returns>Who got it, in a sentence for each way.</returns>
    /// <exception cref="BackupCopyException">
    /// <see cref="ErrorCode.MailNotConfigured"/>, <see cref="ErrorCode.MailFailed"/>,
    /// <see cref="ErrorCode.SecretUnreadable"/>.
    /// </exception>
    public async Task<IReadOnlyList<string>> SendAsync(
        Guid sessionId, IReadOnlyList<string> to, CancellationToken cancellation)
    {
        _engine.Sessions.Get(sessionId);
        var session = _engine.Catalog.FindSession(sessionId)!;
        var source = ReportSource.OfSession(_engine, session);
        var mail = _engine.Catalog.GlobalSettings().Mail;
        var recipients = to.Count > 0 ? to : source.Recipients(mail);
        var sent = new List<string>();
        foreach (var channel in Channels(mail, recipients, onlyMail: to.Count > 0))
        {
            var result = await SendAsync(
                channel, mail, recipients, () => source.Report(_engine.NowUtc), source.OriginText,
                () => source.Json(_engine.NowUtc), cancellation);
            new Outbox(_engine).SentByHand(sessionId, channel, result, toAll: to.Count == 0);
            sent.Add(DeliveryText.Sent(result));
        }

        return sent;
    }

    /// <summary>Sends a mail that only tries the way, and a small object to the web hook.</summary>
    /// <returns>Who got it, in a sentence for each way.</returns>
    public async Task<IReadOnlyList<string>> SendTestAsync(
        IReadOnlyList<string> to, CancellationToken cancellation)
    {
        var mail = _engine.Catalog.GlobalSettings().Mail;
        var recipients = to.Count > 0 ? to : mail.To;
        var report = DigestReport.Test(Environment.MachineName, _engine.NowUtc.ToLocalTime());
        var sent = new List<string>();
        foreach (var channel in Channels(mail, recipients, onlyMail: to.Count > 0))
        {
            var result = await SendAsync(
                channel, mail, recipients, () => report, Origin.Text(), () => """{"test":true}""",
                cancellation);
            sent.Add(DeliveryText.Sent(result));
        }

        return sent;
    }

    private async Task<SendResult.Sent> SendAsync(
        ReportChannel channel, MailSettings mail, IReadOnlyList<string> to, Func<MailReport> report,
        string origin, Func<string> json, CancellationToken cancellation)
    {
        var id = Guid.NewGuid();
        if (channel == ReportChannel.WebHook)
        {
            using var hook = new WebHookSender(_engine, new Secrets(_engine).WebHook(mail));
            return Delivered(await hook.SendAsync(id, json(), cancellation));
        }

        using var sender = new MailSender(_engine, mail);
        using MimeMessage message = MailForm.Make(
            report(), mail, to, id, origin, _engine.Time.GetLocalNow());
        var sent = Delivered(await sender.SendAsync(message, cancellation));
        await sender.CloseAsync(cancellation);
        return sent;
    }

    private static SendResult.Sent Delivered(SendResult result) => result switch
    {
        SendResult.Sent { Refused.Count: 0 } sent => sent,
        SendResult.Sent part => throw new BackupCopyException(
            ErrorCode.MailFailed,
            $"The report was sent to {string.Join(", ", part.To)} and refused for "
            + $"{MailError.Text(part.Refused)}.",
            "Correct the addresses, or ask the server's administrator."),
        SendResult.Failed failed => throw failed.Error,
        _ => throw new InvalidOperationException(),
    };

    private string[] Receivers(MailSettings mail, IReadOnlyList<string> to, bool onlyMail) =>
    [
        .. Channels(mail, to, onlyMail).SelectMany(channel => channel == ReportChannel.Mail
            ? to : [WebHookSender.HostOf(new Secrets(_engine).WebHook(mail))]),
    ];

    private static List<ReportChannel> Channels(
        MailSettings mail, IReadOnlyList<string> recipients, bool onlyMail)
    {
        var channels = ReportDelivery.Channels(mail, recipients)
            .Where(channel => !onlyMail || channel == ReportChannel.Mail).ToList();
        return channels.Count > 0 ? channels : throw new BackupCopyException(
            ErrorCode.MailNotConfigured,
            mail.SmtpServer.Length == 0 ? "No mail server is set." : "Nobody is set to get reports.",
            "Set it with Set-BackupCopySetting -SmtpServer -From -To, or a web hook with -Webhook.");
    }
}
