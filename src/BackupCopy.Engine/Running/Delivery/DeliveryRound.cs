using BackupCopy.Jobs;
using BackupCopy.Storage;

namespace BackupCopy.Running.Delivery;

/// <summary>
/// Sends what is due. One process does so at a time, by a lock beside the catalog that is gone with it; what
/// another one queues meanwhile the holder finds before it leaves. A server at fault ends the round for its
/// channel, so it is tried once and not once for each report.
/// </summary>
internal sealed class DeliveryRound(Engine engine, IReadOnlyList<Guid> first, TimeSpan? budget = null)
{
    private const string LockName = "outbox";

    private readonly Outbox _outbox = new(engine);
    private readonly HashSet<Guid> _seen = [];
    private readonly long _start = engine.Time.GetTimestamp();

    public async Task RunAsync(CancellationToken cancellation)
    {
        // Cheap where nothing waits, which is nearly always.
        while (NextDue(channel: null) is not null)
        {
            using var held = Locks.TryExclusive(LockName, "sending reports", out _);
            if (held is null)
            {
                return;
            }

            var mail = engine.Catalog.GlobalSettings().Mail;
            await SendMailAsync(mail, cancellation);
            await SendHooksAsync(mail, cancellation);
        }
    }

    private FolderLocks Locks => new(engine.Storage, Path.GetDirectoryName(engine.CatalogPath)!);

    private async Task SendMailAsync(MailSettings mail, CancellationToken cancellation)
    {
        using var sender = new MailSender(engine, mail);
        await SendAsync(ReportChannel.Mail, async item =>
        {
            if (mail.SmtpServer.Length == 0)
            {
                _outbox.Drop(item, "Report given up: no mail server is set any more.");
                return null;
            }

            if (Source(item) is not { } source)
            {
                return null;
            }

            var to = item.To.Count > 0 ? item.To : source.Recipients(mail);
            if (to.Count == 0)
            {
                _outbox.Drop(item, "Report given up: nobody is set to get it any more.");
                return null;
            }

            return await SendMailAsync(sender, source, mail, to, item.Id, cancellation);
        });
        await sender.CloseAsync(cancellation);
    }

    private async Task<SendResult> SendMailAsync(
        MailSender sender, ReportSource source, MailSettings mail, IReadOnlyList<string> to, Guid id,
        CancellationToken cancellation)
    {
        try
        {
            using var message = MailForm.Make(
                source.Report(engine.NowUtc), mail, to, id, source.OriginText, engine.Time.GetLocalNow());
            return await sender.SendAsync(message, cancellation);
        }
        catch (BackupCopyException error)
        {
            return new SendResult.Failed(error, IsServer: false);
        }
    }

    private async Task SendHooksAsync(MailSettings mail, CancellationToken cancellation)
    {
        WebHookSender? sender = null;
        try
        {
            await SendAsync(ReportChannel.WebHook, async item =>
            {
                if (mail.ProtectedWebhook.Length == 0)
                {
                    _outbox.Drop(item, "Report given up: no web hook is set any more.");
                    return null;
                }

                try
                {
                    sender ??= new WebHookSender(engine, new Secrets(engine).WebHook(mail));
                }
                catch (BackupCopyException error)
                {
                    return new SendResult.Failed(error, IsServer: true);
                }

                return Source(item) is { } source
                    ? await sender.SendAsync(item.Id, source.Json(engine.NowUtc), cancellation) : null;
            });
        }
        finally
        {
            sender?.Dispose();
        }
    }

    /// <param name="send">Null when there is nothing to send any more.</param>
    private async Task SendAsync(ReportChannel channel, Func<OutboxItem, Task<SendResult?>> send)
    {
        while (NextDue(channel) is { } item)
        {
            _seen.Add(item.Id);
            if (await TryAsync(() => send(item)) is not { } result)
            {
                continue;
            }

            _outbox.Settle(item, result);
            if (result is SendResult.Failed { IsServer: true })
            {
                return;
            }
        }
    }

    // Whatever else a library throws is this report's: it fails no session, rests and is given up in time.
    private static async Task<SendResult?> TryAsync(Func<Task<SendResult?>> send)
    {
        try
        {
            return await send();
        }
        catch (Exception error) when (error is not (OperationCanceledException or BackupCopyException))
        {
            // Its text might tell the address of a web hook.
            return new SendResult.Failed(
                new BackupCopyException(
                    ErrorCode.MailFailed, $"The report could not be sent: {error.GetType().Name}.",
                    "Check the settings with Send-BackupCopyReport -Test.", error),
                IsServer: false);
        }
    }

    // The round's own report first, then those that were not tried yet: one that a server cannot bear does
    // not stand before the others for ever.
    private OutboxItem? NextDue(ReportChannel? channel)
    {
        var isLate = budget is { } most && engine.Time.GetElapsedTime(_start) >= most;
        return engine.Catalog.Outbox()
            .Where(i => (channel is null || i.Channel == channel) && !_seen.Contains(i.Id)
                && i.IsDue(engine.NowUtc) && (!isLate || first.Contains(i.Id)))
            .OrderByDescending(i => first.Contains(i.Id)).ThenBy(i => i.Attempts).ThenBy(i => i.CreatedUtc)
            .FirstOrDefault();
    }

    private ReportSource? Source(OutboxItem item)
    {
        var source = ReportSource.Of(engine, item);
        if (source is null)
        {
            _outbox.Drop(item, "");
        }

        return source;
    }
}
