using System.Globalization;
using BackupCopy.Jobs;

namespace BackupCopy.Reporting.Mail;

/// <summary>The report of all sessions of some time, and the mail that only tries the way out.</summary>
internal static class DigestReport
{
    private static readonly string[] s_columns =
        ["Job", "Status", "Start", "End", "Duration", "Machines", "Read", "Transferred"];

    /// <param name="sessions">One at least.</param>
    /// <param name="since">Local, as all times of it.</param>
    public static MailReport Of(IReadOnlyList<SessionInfo> sessions, DateTime since, DateTime until)
    {
        var worstFirst = sessions
            .OrderByDescending(s => s.Result).ThenByDescending(s => s.StartTime).ToList();
        var machines = sessions.SelectMany(s => s.Machines).GroupBy(m => m.MachineId).ToList();
        var notes = worstFirst.SelectMany(s => Notes(s, until)).ToList();
        var jobs = sessions.Select(s => s.JobId).Distinct().Count();
        return new MailReport
        {
            Kind = "Daily digest",
            Title = "Daily digest",
            Result = sessions.Max(s => s.Result),
            Summary = $"{ReadableText.Count(sessions.Count, "session")} of "
                + $"{ReadableText.Count(jobs, "job")} ended since {since:yyyy-MM-dd HH:mm}.",
            Counts = SessionReport.Counts(sessions.Select(s => s.Result)),
            Facts =
            [
                new("From", SessionReport.Moment(since)),
                new("Until", SessionReport.Moment(until)),
                new("Machines", machines.Count.ToString("N0", CultureInfo.InvariantCulture)),
                new("Read", ReadableText.Size(sessions.Sum(s => s.ReadBytes))),
                new("Transferred", ReadableText.Size(sessions.Sum(s => s.TransferredBytes))),
                new("Restore points removed", sessions.Sum(s => s.RemovedPointCount)
                    .ToString("N0", CultureInfo.InvariantCulture)),
                .. SessionReport.Health(sessions).Where(f => f.Value is not null)
                    .Select(f => new ReportFact(f.Label, f.Value!)),
            ],
            Tables = [Sessions(worstFirst, until)],
            Notes = [.. notes.Take(SessionReport.MostNotes)],
            MoreNotes = notes.Count <= SessionReport.MostNotes ? ""
                : $"{ReadableText.Count(notes.Count - SessionReport.MostNotes, "more machine")}: "
                + "Get-BackupCopySession | Get-BackupCopyMachineTask.",
            MachineCount = machines.Count,
            IssueCount = machines.Count(m => m.Any(t => SessionReport.IsIssue(t.Result))),
            Time = until,
        };
    }

    /// <param name="host">The machine that sends it.</param>
    public static MailReport Test(string host, DateTime now) => new()
    {
        Kind = "Test",
        Title = "Test report",
        Result = SessionResult.Success,
        Summary = $"{host} can send reports to this address.",
        Facts = [new("Sent", SessionReport.Moment(now))],
        MachineCount = 0,
        IssueCount = 0,
        Time = now,
    };

    private static ReportTable Sessions(List<SessionInfo> sessions, DateTime day)
    {
        var left = sessions.Count - SessionReport.MostRows;
        return new ReportTable(
            "Sessions", s_columns, [.. sessions.Take(SessionReport.MostRows).Select(s => Row(s, day))],
            left <= 0 ? "" : $"{ReadableText.Count(left, "more session")}: Get-BackupCopySession.");
    }

    private static ReportRow Row(SessionInfo session, DateTime day) => new(
        session.Job, session.Result, session.Result.ToString(),
        [
            SessionReport.Clock(session.StartTime, day),
            session.EndTime is { } end ? SessionReport.Clock(end, day) : "",
            ReadableText.Duration(session.Duration),
            session.MachineCount.ToString("N0", CultureInfo.InvariantCulture),
            SessionReport.SizeOrDash(session.ReadBytes), SessionReport.SizeOrDash(session.TransferredBytes),
        ],
        SessionReport.Summary(session));

    private static IEnumerable<ReportNote> Notes(SessionInfo session, DateTime day) => session.Machines
        .Where(m => SessionReport.IsIssue(m.Result))
        .Select(m => new ReportNote(
            SessionReport.Clock(m.EndTime ?? m.StartTime, day),
            m.Result == SessionResult.Failed ? EventLevel.Error : EventLevel.Warning,
            $"{session.Job}: {m.Machine}", m.Reason));
}
