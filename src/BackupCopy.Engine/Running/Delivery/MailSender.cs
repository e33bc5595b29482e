using System.Net;
using System.Text;
using BackupCopy.Jobs;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace BackupCopy.Running.Delivery;

/// <summary>
/// One connection to the mail server, made with the first message and used for all. Each step to it and each
/// message has its time; a server that is at fault is not asked again by the same sender.
/// </summary>
internal sealed class MailSender(Engine engine, MailSettings mail) : IDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_goodbyeLimit = TimeSpan.FromSeconds(3);

    private readonly Client _client = NewClient(engine);

    /// <summary>The server as messages name it.</summary>
    private string Server => $"{mail.SmtpServer}:{Port}";

    private int Port => mail switch
    {
        { SmtpPort: > 0 } => mail.SmtpPort,
        { Tls: MailTls.Tls } => 465,
        { Tls: MailTls.StartTls } => 587,
        _ => 25,
    };

    /// <summary>Returns what became of it; throws only when its caller cancels.</summary>
    public async Task<SendResult> SendAsync(MimeMessage message, CancellationToken cancellation)
    {
        using var limit = new TimeLimit(Limit, engine.Time, cancellation);
        var isConnecting = true;
        try
        {
            if (!_client.IsConnected && await ConnectAsync(limit.Token) is { } failed)
            {
                return failed;
            }

            isConnecting = false;
            return await DeliverAsync(message, limit.Token);
        }
        catch (Exception error) when (
            limit.IsOver && (error is OperationCanceledException || MailError.IsMail(error)))
        {
            return MailError.TimedOut(Server, Limit);
        }
        catch (BackupCopyException error)
        {
            return new SendResult.Failed(error, IsServer: true);
        }
        catch (Exception error) when (MailError.IsMail(error))
        {
            // Some calls end with an error of the socket when they are cancelled.
            cancellation.ThrowIfCancellationRequested();
            return MailError.From(error, Server, isConnecting);
        }
    }

    /// <summary>Says goodbye, for a moment at most: everything that matters is done.</summary>
    public async Task CloseAsync(CancellationToken cancellation)
    {
        if (!_client.IsConnected)
        {
            return;
        }

        using var limit = new TimeLimit(s_goodbyeLimit, engine.Time, cancellation);
        try
        {
            await _client.DisconnectAsync(quit: true, limit.Token);
        }
        catch (Exception error) when (error is OperationCanceledException || MailError.IsMail(error))
        {
            // The messages before it are delivered or told as failed already.
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<SendResult.Failed?> ConnectAsync(CancellationToken cancellation)
    {
        var password = mail.UserName.Length == 0 ? "" : new Secrets(engine).Password(mail);
        await _client.ConnectAsync(mail.SmtpServer, Port, Security(mail.Tls), cancellation);
        if (mail.UserName.Length == 0)
        {
            return null;
        }

        // Whoever sits in between can take the offer of TLS away; what he then hears is no password.
        if (!_client.IsSecure && mail.Tls != MailTls.None)
        {
            await CloseAsync(cancellation);
            return MailError.NoTls(Server);
        }

        await _client.AuthenticateAsync(
            Encoding.UTF8, new NetworkCredential(mail.UserName, password), cancellation);
        return null;
    }

    private async Task<SendResult> DeliverAsync(MimeMessage message, CancellationToken cancellation)
    {
        _client.Refused.Clear();
        var recipients = message.To.Mailboxes.Select(m => m.Address).ToList();
        try
        {
            await _client.SendAsync(message, cancellation);
        }
        catch (SmtpCommandException) when (_client.Refused.Count == recipients.Count)
        {
            return MailError.NobodyAccepted(Server, [.. _client.Refused]);
        }

        return new SendResult.Sent(
            [.. recipients.Except(_client.Refused.Select(r => r.Address))], [.. _client.Refused]);
    }

    private static Client NewClient(Engine engine)
    {
        // As .NET does for its own connections: an office's own authority seldom has a reachable list.
        var client = new Client { CheckCertificateRevocation = false };
        if (ServerTrust.Of(engine) is { } trust)
        {
            client.ServerCertificateValidationCallback = trust;
        }

        return client;
    }

    private static SecureSocketOptions Security(MailTls tls) => tls switch
    {
        MailTls.None => SecureSocketOptions.None,
        MailTls.StartTls => SecureSocketOptions.StartTls,
        MailTls.Tls => SecureSocketOptions.SslOnConnect,
        _ => SecureSocketOptions.Auto,
    };

    /// <summary>One recipient whom the server refuses does not keep the mail from the others.</summary>
    private sealed class Client : SmtpClient
    {
        public List<Refusal> Refused { get; } = [];

        protected override void OnRecipientNotAccepted(
            MimeMessage message, MailboxAddress mailbox, SmtpResponse response) => Refused.Add(new Refusal(
                mailbox.Address, MailError.Text(response), MailError.IsTemporary(response)));
    }
}
