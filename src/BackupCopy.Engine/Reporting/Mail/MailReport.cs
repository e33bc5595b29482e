using System.Globalization;
using BackupCopy.Jobs;

namespace BackupCopy.Reporting.Mail;

/// <summary>
/// What a report says, as a value: <see cref="ReportHtml"/> and <see cref="ReportPlainText"/> show the same.
/// Sizes and times in it are readable text already.
/// </summary>
internal sealed record MailReport
{
    /// <summary>What kind of report it is, such as "Backup copy job".</summary>
    public required string Kind { get; init; }

    /// <summary>The job, or what the report is about.</summary>
    public required string Title { get; init; }
    public required SessionResult Result { get; init; }

    /// <summary>How it went, in a sentence or two.</summary>
    public required string Summary { get; init; }

    /// <summary>How many machines, or sessions, ended so; empty where nothing is counted.</summary>
    public IReadOnlyList<ReportCount> Counts { get; init; } = [];
    public IReadOnlyList<ReportFact> Facts { get; init; } = [];
    public IReadOnlyList<ReportTable> Tables { get; init; } = [];

    /// <summary>Warnings and errors.</summary>
    public IReadOnlyList<ReportNote> Notes { get; init; } = [];

    /// <summary>Where the rest of the notes is; empty when all are here.</summary>
    public string MoreNotes { get; init; } = "";

    /// <summary>How many machines it is about, and how many of them have an issue: for the subject.</summary>
    public required int MachineCount { get; init; }
    public required int IssueCount { get; init; }

    /// <summary>The time that the subject tells, local.</summary>
    public required DateTime Time { get; init; }

    public string ZoneText => string.Create(CultureInfo.InvariantCulture, $"Times are of UTC{Time:zzz}.");
}

internal sealed record ReportCount(SessionResult Result, int Number)
{
    public string Label => Result.ToString();
}

internal sealed record ReportFact(string Label, string Value);

/// <summary>Rows of a name, a result and some values; on a narrow screen each is a card.</summary>
/// <param name="Columns">The labels: of the name, of the result, of the values.</param>
/// <param name="More">What is left out; empty when nothing is.</param>
internal sealed record ReportTable(
    string Title, IReadOnlyList<string> Columns, IReadOnlyList<ReportRow> Rows, string More = "");

/// <param name="Details">What else there is to say; empty for nothing.</param>
internal sealed record ReportRow(
    string Name, SessionResult Result, string Status, IReadOnlyList<string> Values, string Details);

internal sealed record ReportNote(string Time, EventLevel Level, string Who, string Text);
