using BackupCopy.Jobs;
using BackupCopy.Retention;

namespace BackupCopy.Running.Delivery;

/// <summary>When the daily digest is due, and what goes into it.</summary>
internal static class Digest
{
    /// <summary>The last time that a clock on the wall showed this time.</summary>
    public static DateTime LastDueUtc(TimeOnly at, DateTime nowUtc, TimeZoneInfo zone)
    {
        var today = new LocalDays(zone).Of(nowUtc);
        var due = IntervalClock.ToUtc(zone, today.ToDateTime(at));
        return due <= nowUtc ? due : IntervalClock.ToUtc(zone, today.AddDays(-1).ToDateTime(at));
    }

    /// <returns>What was queued; nothing when it is not yet time, or nothing happened.</returns>
    public static IReadOnlyList<Guid> QueueIfDue(Engine engine, DateTime nowUtc)
    {
        var mail = engine.Catalog.GlobalSettings().Mail;
        if (!IsDue(engine, mail, nowUtc))
        {
            return [];
        }

        var since = Since(mail, nowUtc);
        var items = since == nowUtc ? [] : Items(engine, mail, since, nowUtc);
        return engine.Catalog.ChangeOutbox(change =>
        {
            // Another process may have been here in between.
            var isOurs = false;
            change.Settings(settings =>
            {
                isOurs = settings.Mail.DigestUntilUtc == mail.DigestUntilUtc;
                return isOurs
                    ? settings with { Mail = settings.Mail with { DigestUntilUtc = nowUtc } } : settings;
            });
            if (isOurs && items.Count > 0)
            {
                new Outbox(engine).Add(change, items);
            }

            return isOurs ? items.Select(i => i.Id).ToList() : [];
        });
    }

    private static bool IsDue(Engine engine, MailSettings mail, DateTime nowUtc) =>
        mail.DigestAt is { } at
        && (mail.DigestUntilUtc is not { } until || until > nowUtc
            || until < LastDueUtc(at, nowUtc, engine.Time.LocalTimeZone));

    // Without a beginning, or with one that a clock set back made later than now, it begins now.
    private static DateTime Since(MailSettings mail, DateTime nowUtc) =>
        mail.DigestUntilUtc is { } until && until < nowUtc ? until : nowUtc;

    private static List<OutboxItem> Items(
        Engine engine, MailSettings mail, DateTime sinceUtc, DateTime untilUtc)
    {
        var jobs = engine.Catalog.Jobs()
            .Where(job => (job.Reports.ReportOn ?? mail.ReportOn) != ReportOn.Never)
            .Where(job => engine.Catalog.SessionsEnded(job.Id, sinceUtc, untilUtc).Count > 0).ToList();
        var items = new List<OutboxItem>();
        foreach (var group in jobs.GroupBy(
            job => string.Join('\n', ReportSource.Recipients(job, mail).Order(StringComparer.Ordinal))))
        {
            var to = ReportSource.Recipients(group.First(), mail);
            if (ReportDelivery.Channels(mail, to).Contains(ReportChannel.Mail))
            {
                items.Add(Item(engine, ReportChannel.Mail, group, sinceUtc, untilUtc) with { To = to });
            }
        }

        if (jobs.Count > 0 && mail.ProtectedWebhook.Length > 0)
        {
            items.Add(Item(engine, ReportChannel.WebHook, jobs, sinceUtc, untilUtc));
        }

        return items;
    }

    private static OutboxItem Item(
        Engine engine, ReportChannel channel, IEnumerable<JobDefinition> jobs, DateTime sinceUtc,
        DateTime untilUtc) => ReportDelivery.New(engine, channel) with
        {
            JobIds = [.. jobs.Select(job => job.Id)],
            SinceUtc = sinceUtc,
            UntilUtc = untilUtc,
        };
}
