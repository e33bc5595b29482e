using BackupCopy.Catalog;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Delivery;

/// <summary>The changes of the queue, each whole or not at all, with what the sessions say of it.</summary>
internal sealed class Outbox(Engine engine)
{
    /// <summary>
    /// Queues reports. While their server is known to be away they wait like the others, so that every ended
    /// session does not knock at it.
    /// </summary>
    public void Add(IReadOnlyList<OutboxItem> added) => engine.Catalog.ChangeOutbox(change =>
    {
        Add(change, added);
        return true;
    });

    public void Add(CatalogStore.OutboxChange change, IReadOnlyList<OutboxItem> added)
    {
        var now = engine.NowUtc;
        foreach (var given in added)
        {
            var resting = change.Items.Where(i => i.Channel == given.Channel && i.ServerFailures > 0
                && !i.IsDue(now)).OrderBy(i => i.NextTryUtc).FirstOrDefault();
            var item = resting is null ? given : given with
            {
                ServerFailures = resting.ServerFailures,
                NextTryUtc = resting.NextTryUtc,
                Error = resting.Error,
            };
            change.Put(item);
            Tell(
                change, item, DeliveryText.Queued(item),
                resting is null ? null : SessionEventId.ReportQueued);
        }

        foreach (var old in change.Items.Take(change.Items.Count + added.Count - OutboxItem.Most))
        {
            change.Remove(old.Id);
            Tell(change, old, DeliveryText.Replaced, SessionEventId.ReportQueued);
        }
    }

    public void Settle(OutboxItem item, SendResult result) => engine.Catalog.ChangeOutbox(change =>
    {
        // Its report may have been sent by hand, or given up, meanwhile.
        if (change.Items.FirstOrDefault(i => i.Id == item.Id) is not { } known)
        {
            return false;
        }

        switch (result)
        {
            case SendResult.Sent sent:
                Sent(change, known, sent);
                break;
            case SendResult.Failed { IsServer: true } failed:
                ServerFailed(change, known, failed.Error);
                break;
            case SendResult.Failed failed:
                Refused(change, known, failed.Error);
                break;
        }

        return true;
    });

    /// <summary>Takes a report out that nobody can get, and says why.</summary>
    public void Drop(OutboxItem item, string why) => engine.Catalog.ChangeOutbox(change =>
    {
        change.Remove(item.Id);
        Tell(change, item, why, SessionEventId.ReportQueued);
        return true;
    });

    /// <summary>The settings changed: what failed until now may work.</summary>
    public void RetryAll() => engine.Catalog.ChangeOutbox(change =>
    {
        foreach (var item in change.Items)
        {
            change.Put(item.Retried(engine.NowUtc));
        }

        return true;
    });

    /// <summary>A report was sent by hand: the one that waits for the same need not go any more.</summary>
    public void SentByHand(Guid sessionId, ReportChannel channel, SendResult.Sent sent, bool toAll) =>
        engine.Catalog.ChangeOutbox(change =>
        {
            var waiting = change.Items.FirstOrDefault(i => i.SessionId == sessionId && i.Channel == channel);
            if (toAll && waiting is not null)
            {
                change.Remove(waiting.Id);
            }

            var text = DeliveryText.Sent(sent);
            change.Session(sessionId, s => s.EndUtc is null ? s
                : (waiting is null || toAll ? s.With(channel, text) : s)
                    .Told(engine.NowUtc, SessionEventId.ReportSent, text));
            return true;
        });

    private void Sent(CatalogStore.OutboxChange change, OutboxItem item, SendResult.Sent sent)
    {
        string[] left = [.. sent.Refused.Where(r => r.IsTemporary).Select(r => r.Address)];
        if (left.Length == 0 || item.IsTooOld(engine.NowUtc))
        {
            change.Remove(item.Id);
        }
        else
        {
            change.Put(item.AfterRefusal(engine.NowUtc, MailError.Text(sent.Refused), left));
        }

        Tell(change, item, DeliveryText.Sent(sent), SessionEventId.ReportSent);
    }

    private void Refused(CatalogStore.OutboxChange change, OutboxItem item, BackupCopyException error)
    {
        if (item.IsTooOld(engine.NowUtc))
        {
            GiveUp(change, item, error);
            return;
        }

        var next = item.AfterRefusal(engine.NowUtc, $"{error.Message} {error.Remedy}", item.To);
        change.Put(next);
        Tell(
            change, next, DeliveryText.Queued(next),
            item.Attempts == 0 ? SessionEventId.ReportQueued : null);
    }

    // All that wait for the server wait longer; only the one that was tried says why.
    private void ServerFailed(CatalogStore.OutboxChange change, OutboxItem tried, BackupCopyException error)
    {
        var now = engine.NowUtc;
        var waiting = change.Items.Where(i => i.Channel == tried.Channel).ToList();
        var failures = waiting.Max(i => i.ServerFailures) + 1;
        foreach (var item in waiting)
        {
            if (item.IsTooOld(now))
            {
                GiveUp(change, item, error);
                continue;
            }

            var next = item.AfterServerFailure(
                now, failures, $"{error.Message} {error.Remedy}", wasTried: item.Id == tried.Id);
            change.Put(next);
            if (item.Id == tried.Id)
            {
                Tell(
                    change, next, DeliveryText.Queued(next),
                    item.Attempts == 0 ? SessionEventId.ReportQueued : null);
            }
        }
    }

    private void GiveUp(CatalogStore.OutboxChange change, OutboxItem item, BackupCopyException error)
    {
        change.Remove(item.Id);
        Tell(change, item, DeliveryText.GivenUp(item, error.Message), SessionEventId.ReportQueued);
    }

    private void Tell(
        CatalogStore.OutboxChange change, OutboxItem item, string text, SessionEventId? happened)
    {
        if (item.SessionId is { } id)
        {
            change.Session(id, session =>
            {
                var told = session.With(item.Channel, text);
                return happened is { } known ? told.Told(engine.NowUtc, known, text) : told;
            });
        }
    }
}
