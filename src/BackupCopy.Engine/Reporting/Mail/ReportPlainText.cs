using System.Text;

namespace BackupCopy.Reporting.Mail;

/// <summary>A report as text, for programs that show no HTML.</summary>
internal static class ReportPlainText
{
    public static string Of(MailReport report, string origin)
    {
        var text = new StringBuilder();
        text.AppendLine($"{report.Title}: {report.Result}").AppendLine(OneLine(report.Summary)).AppendLine();
        if (report.Counts.Count > 0)
        {
            text.AppendLine(string.Join(", ", report.Counts.Select(c => $"{c.Number} {c.Label}")));
            text.AppendLine();
        }

        var width = report.Facts.Select(f => f.Label.Length).DefaultIfEmpty().Max() + 2;
        foreach (var fact in report.Facts)
        {
            text.AppendLine(fact.Label.PadRight(width) + fact.Value);
        }

        foreach (var table in report.Tables)
        {
            Table(text, table);
        }

        if (report.Notes.Count > 0)
        {
            text.AppendLine().AppendLine("WARNINGS AND ERRORS");
            foreach (var note in report.Notes)
            {
                var who = note.Who.Length == 0 ? "" : OneLine(note.Who) + ": ";
                text.AppendLine($"{note.Time} {note.Level}: {who}{OneLine(note.Text)}");
            }

            AppendIfAny(text, report.MoreNotes);
        }

        return text.AppendLine().AppendLine("-- ").AppendLine($"{report.ZoneText} {origin}").ToString();
    }

    private static void Table(StringBuilder text, ReportTable table)
    {
        text.AppendLine().AppendLine(table.Title.ToUpperInvariant());
        foreach (var row in table.Rows)
        {
            text.AppendLine($"{OneLine(row.Name)}: {row.Status}");
            text.AppendLine("  " + string.Join(", ", table.Columns.Skip(2).Zip(row.Values)
                .Where(v => v.Second.Length > 0).Select(v => $"{v.First} {v.Second}")));
            AppendIfAny(text, row.Details.Length == 0 ? "" : "  " + OneLine(row.Details));
        }

        AppendIfAny(text, table.More);
    }

    private static void AppendIfAny(StringBuilder text, string line)
    {
        if (line.Length > 0)
        {
            text.AppendLine(line);
        }
    }

    // A name or a message with line breaks must not look like other parts of the report.
    private static string OneLine(string text) =>
        string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
