using BackupCopy.Jobs;

namespace BackupCopy.Running.Delivery;

/// <summary>
/// Brings reports to those who want them. A report is queued in the catalog before anything is sent, and goes
/// from there when its server took it; nothing that happens on the way fails a session.
/// </summary>
internal static class ReportDelivery
{
    /// <summary>How long a session's end may be kept up by the reports of others.</summary>
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Sends the report of a session that has ended, or queues it; and what waits from earlier ones, and a
    /// digest that is due. A cancelled token leaves it queued.
    /// </summary>
    /// <returns>The session with what became of its report.</returns>
    public static async Task<SessionRecord> AfterSessionAsync(
        Engine engine, JobDefinition job, SessionRecord session, CancellationToken cancellation)
    {
        try
        {
            // Where no service runs the sessions bring the digest too.
            IReadOnlyList<Guid> own =
                [.. Queue(engine, job, session), .. Digest.QueueIfDue(engine, engine.NowUtc)];
            await new DeliveryRound(engine, own, s_budget).RunAsync(cancellation);
            return engine.Catalog.FindSession(session.Id) ?? session;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The session has its end already; its report waits for the next round.
            return engine.Catalog.FindSession(session.Id) ?? session;
        }
        catch (BackupCopyException error)
        {
            return session with { Delivery = $"No report: {error.Message}" };
        }
    }

    /// <summary>
    /// Queues the report of an ended session, as for one whose process died: the next round sends it.
    /// </summary>
    /// <param name="job">Null where it has to be looked up, or is gone.</param>
    /// <returns>What was queued; nothing where nobody wants it.</returns>
    public static IReadOnlyList<Guid> Queue(Engine engine, JobDefinition? job, SessionRecord session)
    {
        var mail = engine.Catalog.GlobalSettings().Mail;
        if (mail.SmtpServer.Length == 0 && mail.ProtectedWebhook.Length == 0)
        {
            return [];
        }

        job ??= engine.Catalog.Jobs().FirstOrDefault(j => j.Id == session.JobId);
        if (Unsent(job?.Reports.ReportOn ?? mail.ReportOn, mail, session.Result) is { } why)
        {
            if (why.Length > 0)
            {
                engine.Catalog.ChangeOutbox(c => c.Session(session.Id, s => s with { Delivery = why }));
            }

            return [];
        }

        var items = Channels(mail, ReportSource.Recipients(job, mail))
            .Select(channel => New(engine, channel) with { SessionId = session.Id }).ToList();
        if (items.Count == 0)
        {
            engine.Catalog.ChangeOutbox(c => c.Session(
                session.Id, s => s with { Delivery = "No report: nobody is set to get it." }));
        }
        else
        {
            new Outbox(engine).Add(items);
        }

        return [.. items.Select(i => i.Id)];
    }

    /// <summary>Sends what is due; for a service, as often as once a minute.</summary>
    public static Task SendQueuedAsync(Engine engine, CancellationToken cancellation) =>
        new DeliveryRound(engine, []).RunAsync(cancellation);

    /// <summary>
    /// Queues the digest once its time of the day has come, one for each group of recipients, and sends it; a
    /// day without a session has none.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    public static async Task<bool> SendDigestIfDueAsync(
        Engine engine, DateTime nowUtc, CancellationToken cancellation)
    {
        var queued = Digest.QueueIfDue(engine, nowUtc);
        if (queued.Count > 0)
        {
            await new DeliveryRound(engine, queued).RunAsync(cancellation);
        }

        return queued.Count > 0;
    }

    internal static OutboxItem New(Engine engine, ReportChannel channel) => new()
    {
        Id = Guid.NewGuid(),
        Channel = channel,
        CreatedUtc = engine.NowUtc,
        NextTryUtc = engine.NowUtc,
    };

    internal static IEnumerable<ReportChannel> Channels(MailSettings mail, IReadOnlyList<string> recipients)
    {
        if (mail.SmtpServer.Length > 0 && recipients.Count > 0)
        {
            yield return ReportChannel.Mail;
        }

        if (mail.ProtectedWebhook.Length > 0)
        {
            yield return ReportChannel.WebHook;
        }
    }

    /// <summary>Why no report goes out at once, empty for no word of it; null when one does.</summary>
    private static string? Unsent(ReportOn when, MailSettings mail, SessionResult result) => when switch
    {
        ReportOn.Always => null,
        ReportOn.Warning => result >= SessionResult.Warning ? null : "",
        ReportOn.Failed => result == SessionResult.Failed ? null : "",
        ReportOn.Digest => mail.DigestAt is { } at ? $"The digest at {at:HH:mm} tells of it."
            : "No report: it is left to a digest, and none is set with Set-BackupCopySetting -DigestAt.",
        _ => "",
    };
}
