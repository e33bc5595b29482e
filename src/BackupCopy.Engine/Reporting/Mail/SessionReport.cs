using System.Globalization;
using BackupCopy.Jobs;

namespace BackupCopy.Reporting.Mail;

/// <summary>The report of one session.</summary>
internal static class SessionReport
{
    /// <summary>More is read by nobody, and the page of a mail is cut by some programs at 102 KB.</summary>
    public const int MostRows = 100;
    public const int MostNotes = 50;

    private static readonly string[] s_machineColumns =
        ["Machine", "Status", "Start", "End", "Duration", "Size", "Read", "Transferred"];

    public static MailReport Of(SessionInfo session)
    {
        var notes = Notes(session).ToList();
        return new MailReport
        {
            Kind = "Backup copy job",
            Title = session.Job,
            Result = session.Result,
            Summary = Summary(session),
            Counts = Counts(session.Machines.Select(m => m.Result)),
            Facts = [.. Facts(session).Where(f => f.Value is not null).Select(f => new ReportFact(
                f.Label, f.Value!))],
            Tables = session.Machines.Count == 0 ? [] : [Machines(session)],
            Notes = [.. notes.TakeLast(MostNotes)],
            MoreNotes = notes.Count <= MostNotes ? ""
                : $"{ReadableText.Count(notes.Count - MostNotes, "earlier one")}: (Get-BackupCopySession "
                + $"-Id {session.Id}).Events.",
            MachineCount = session.MachineCount,
            IssueCount = session.Machines.Count(m => IsIssue(m.Result)),
            Time = session.EndTime ?? session.StartTime + session.Duration,
        };
    }

    public static bool IsIssue(SessionResult result) =>
        result is SessionResult.Warning or SessionResult.Failed;

    /// <summary>Success, Warning and Failed always; what was stopped where something was.</summary>
    public static IReadOnlyList<ReportCount> Counts(IEnumerable<SessionResult> results)
    {
        var all = results.ToList();
        SessionResult[] shown =
            [SessionResult.Success, SessionResult.Warning, SessionResult.Failed, SessionResult.Stopped];
        return [.. shown.Select(r => new ReportCount(r, all.Count(a => a == r)))
            .Where(c => c.Number > 0 || c.Result != SessionResult.Stopped)];
    }

    /// <summary>A session that says nothing of itself went well.</summary>
    public static string Summary(SessionInfo session)
    {
        if (session.Reason.Length > 0)
        {
            return session.Reason;
        }

        var copied = session.Machines.Count(m => m.TargetSequence > 0);
        return session.MachineCount == 0 ? "There was no machine to copy."
            : copied == 0 ? "Every machine was up to date."
            : copied == session.MachineCount
                ? $"{ReadableText.Count(copied, "machine was", "machines were")} copied."
                : $"{copied} of {session.MachineCount} machines were copied, the others were up to date.";
    }

    private static IEnumerable<(string Label, string? Value)> Facts(SessionInfo session)
    {
        var copied = session.Machines.Where(m => m.TargetSequence > 0).ToList();
        var size = session.Machines.Sum(m => m.SizeBytes);
        yield return ("Start", Moment(session.StartTime));
        yield return ("End", session.EndTime is { } end ? Moment(end) : "still running");
        yield return ("Duration", ReadableText.Duration(session.Duration));
        yield return ("Total size", ReadableText.Size(size));
        yield return ("Read", ReadableText.Size(session.ReadBytes));
        yield return ("Transferred", ReadableText.Size(session.TransferredBytes));
        yield return ("Stored", ReadableText.Size(session.TransferredBytes + session.ClonedBytes));
        yield return ("Cloned", SizeOrNull(session.ClonedBytes));
        yield return ("Kept from an unfinished copy", SizeOrNull(session.ReusedBytes));
        yield return ("Deduplication", ReadableText.Ratio(
            copied.Sum(m => m.SizeBytes), copied.Sum(m => m.ReadBytes)));
        yield return ("Compression", ReadableText.Ratio(session.ReadBytes, session.TransferredBytes));
        yield return ("Restore points removed", NumberOrNull(session.RemovedPointCount));
        yield return ("Space returned", SizeOrNull(session.FreedBytes));
        yield return ("Overdue for removal", session.RetentionDebt == 0
            ? null : ReadableText.Count(session.RetentionDebt, "restore point"));
        foreach (var fact in Health([session]))
        {
            yield return fact;
        }
    }

    /// <summary>What was checked, found, healed, left and compacted, as far as there is something.</summary>
    public static IEnumerable<(string Label, string? Value)> Health(IReadOnlyList<SessionInfo> sessions)
    {
        var points = sessions.Sum(s => s.CheckedPointCount);
        var bytes = sessions.Sum(s => s.CheckedBytes);
        var found = sessions.Sum(s => s.FoundCount);
        yield return ("Checked", bytes == 0 ? null
            : $"{ReadableText.Count(points, "restore point")}, {ReadableText.Size(bytes)}");
        yield return ("Damage found", NumberOrNull(found));
        yield return ("Healed", found == 0 ? null : Number(sessions.Sum(s => s.HealedCount)));
        yield return ("Still damaged", found == 0 ? null : Number(sessions.Sum(s => s.LeftCount)));
        yield return ("Compacted", SizeOrNull(sessions.Sum(s => s.CompactedBytes)));
    }

    private static ReportTable Machines(SessionInfo session)
    {
        // The worst first: they are what the mail is opened for.
        var sorted = session.Machines.OrderByDescending(m => m.Result)
            .ThenBy(m => m.Machine, StringComparer.OrdinalIgnoreCase).ToList();
        var left = sorted.Count - MostRows;
        return new ReportTable(
            "Machines", s_machineColumns,
            [.. sorted.Take(MostRows).Select(m => Row(m, session.StartTime))],
            left <= 0 ? "" : $"{ReadableText.Count(left, "more machine")}: Get-BackupCopyMachineTask "
                + $"{session.Id}.");
    }

    private static ReportRow Row(MachineTaskInfo machine, DateTime day) => new(
        machine.Machine, machine.Result, Status(machine),
        [
            Clock(machine.StartTime, day), machine.EndTime is { } end ? Clock(end, day) : "",
            ReadableText.Duration(machine.Duration), SizeOrDash(machine.SizeBytes),
            SizeOrDash(machine.ReadBytes), SizeOrDash(machine.TransferredBytes),
        ],
        Details(machine));

    private static string Status(MachineTaskInfo machine) => machine switch
    {
        { Result: SessionResult.None } => machine.State.ToString(),
        { Result: SessionResult.Success, TargetSequence: 0 } => "Up to date",
        _ => machine.Result.ToString(),
    };

    private static string Details(MachineTaskInfo machine)
    {
        if (machine.TargetSequence == 0 || machine.PointTime is not { } point)
        {
            return machine.Reason;
        }

        var age = (machine.EndTime ?? machine.StartTime + machine.Duration) - point;
        var behind = age > TimeSpan.Zero ? $", {ReadableText.Duration(age)} old when its copy was ready" : "";
        return $"Restore point of {point:yyyy-MM-dd HH:mm:ss}{behind}. {machine.Reason}".TrimEnd();
    }

    // What a machine's row says already is not said again.
    private static IEnumerable<ReportNote> Notes(SessionInfo session)
    {
        var said = session.Machines.Select(m => (m.Machine, m.Reason)).ToHashSet();
        return session.Events
            .Where(e => e.Level != EventLevel.Info && !said.Contains((e.Machine, e.Text)))
            .Select(e => new ReportNote(Clock(e.Time, session.StartTime), e.Level, e.Machine, e.Text));
    }

    /// <summary>The time of day, or with its date where that is another one.</summary>
    public static string Clock(DateTime time, DateTime day) => time.ToString(
        time.Date == day.Date ? "HH:mm:ss" : "MM-dd HH:mm", CultureInfo.InvariantCulture);

    public static string Moment(DateTime time) =>
        time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string SizeOrDash(long bytes) => SizeOrNull(bytes) ?? "–";

    private static string? SizeOrNull(long bytes) => bytes == 0 ? null : ReadableText.Size(bytes);

    private static string? NumberOrNull(int number) => number == 0 ? null : Number(number);

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
