using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Reporting.Mail;

namespace BackupCopy.Running.Delivery;

/// <summary>What a report is about, read from the catalog when it is sent.</summary>
internal sealed record ReportSource
{
    /// <summary>One for a session's report, those of the time for a digest.</summary>
    public required IReadOnlyList<SessionRecord> Sessions { get; init; }

    /// <summary>The job whose session it is; null for a digest, and for a job that is gone.</summary>
    public JobDefinition? Job { get; init; }
    private OutboxItem? Digest { get; init; }

    /// <summary>Null when nothing of it is kept any more.</summary>
    public static ReportSource? Of(Engine engine, OutboxItem item)
    {
        if (item.SessionId is { } id)
        {
            return engine.Catalog.FindSession(id) is { } session
                ? OfSession(engine, session) : null;
        }

        var sessions = item.JobIds
            .SelectMany(job => engine.Catalog.SessionsEnded(job, item.SinceUtc!.Value, item.UntilUtc!.Value))
            .OrderByDescending(s => s.StartUtc).ToList();
        return sessions.Count == 0 ? null : new ReportSource { Sessions = sessions, Digest = item };
    }

    public static ReportSource OfSession(Engine engine, SessionRecord session) => new()
    {
        Sessions = [session],
        Job = engine.Catalog.Jobs().FirstOrDefault(j => j.Id == session.JobId),
    };

    /// <summary>The job's recipients, who get it instead of those of the settings.</summary>
    public IReadOnlyList<string> Recipients(MailSettings mail) => Recipients(Job, mail);

    public static IReadOnlyList<string> Recipients(JobDefinition? job, MailSettings mail) =>
        job is { Reports.MailTo.Count: > 0 } ? job.Reports.MailTo : mail.To;

    public MailReport Report(DateTime nowUtc) => Digest is null
        ? SessionReport.Of(SessionInfo.From(Sessions[0], nowUtc))
        : DigestReport.Of(
            Infos(nowUtc), Digest.SinceUtc!.Value.ToLocalTime(), Digest.UntilUtc!.Value.ToLocalTime());

    public string Json(DateTime nowUtc) => Digest is null
        ? SessionJson.Write(SessionInfo.From(Sessions[0], nowUtc)) : SessionJson.Write(Infos(nowUtc));

    public string OriginText => Origin.Text(Digest is null ? Sessions[0] : null);

    private SessionInfo[] Infos(DateTime nowUtc) => [.. Sessions.Select(s => SessionInfo.From(s, nowUtc))];
}
