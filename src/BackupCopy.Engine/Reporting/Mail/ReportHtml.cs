using System.Globalization;
using System.Xml.Linq;
using BackupCopy.Jobs;

namespace BackupCopy.Reporting.Mail;

/// <summary>
/// A report as a page that needs nothing from elsewhere, for mail programs: tables for those that know
/// nothing newer, and one style sheet that makes cards of them on a narrow screen and follows a dark one.
/// </summary>
internal static partial class ReportHtml
{
    // Shown by the style sheet only where a row is a card; a program without style sheets shows the table.
    private const string HiddenLabel = "display:none;mso-hide:all";

    /// <param name="origin">Who sent it, for the end of the page.</param>
    public static string Of(MailReport report, string origin)
    {
        var page = new XElement("html", new XAttribute("lang", "en"),
            new XElement("head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                Meta("viewport", "width=device-width, initial-scale=1"),
                Meta("color-scheme", "light dark"),
                Meta("supported-color-schemes", "light dark"),
                new XElement("title", Text($"{report.Title}: {report.Result}")),
                new XElement("style", Style)),
            new XElement("body",
                Div("page", Header(report), Body(report),
                    Div("foot", Text($"{report.ZoneText} {origin}")))));
        return "<!DOCTYPE html>\n" + page.ToString(SaveOptions.DisableFormatting) + "\n";
    }

    private static XElement Header(MailReport report) => Div(
        $"head {Tone(report.Result)}",
        new XAttribute("style", $"background:{Colour(report.Result)};color:#ffffff;padding:20px 24px"),
        Div("kind", Text(report.Kind)),
        new XElement("h1", Text(report.Title)),
        new XElement("span", new XAttribute("class", "pill"), Text(report.Result.ToString())));

    private static XElement Body(MailReport report) => Div("body",
        new XElement("p", new XAttribute("class", "summary"), Text(report.Summary)),
        report.Counts.Count == 0 ? null : Counts(report.Counts),
        report.Facts.Count == 0 ? null : Facts(report.Facts),
        report.Tables.Select(Table),
        report.Notes.Count == 0 ? null : Notes(report));

    private static XElement Counts(IReadOnlyList<ReportCount> counts) => TableOf("counts", new XElement("tr",
        counts.Select(c => new XElement("td",
            new XAttribute("class", c.Number == 0 ? "none" : Tone(c.Result)),
            Div("number", Text(c.Number.ToString("N0", CultureInfo.InvariantCulture))),
            Div("label", Text(c.Label))))));

    private static XElement Facts(IReadOnlyList<ReportFact> facts) => TableOf("facts",
        facts.Chunk(4).Select(row => new XElement("tr",
            row.Select(fact => new XElement("td",
                Div("label", Text(fact.Label)), Div("value", Text(fact.Value)))),
            Enumerable.Range(0, facts.Count > 4 ? 4 - row.Length : 0).Select(_ => new XElement("td",
                new XAttribute("class", "blank"), "")))));

    private static IEnumerable<XElement> Table(ReportTable table)
    {
        yield return new XElement("h2", Text(table.Title));
        yield return TableOf("rows",
            new XElement("thead", new XElement("tr", table.Columns.Select((label, i) => new XElement("th",
                i < 2 ? null : new XAttribute("class", "n"), Text(label))))),
            table.Rows.Select(row => Row(row, table.Columns)));
        if (table.More.Length > 0)
        {
            yield return new XElement("p", new XAttribute("class", "more"), Text(table.More));
        }
    }

    // A body of its own for each: what belongs together stays together as a card.
    private static XElement Row(ReportRow row, IReadOnlyList<string> columns) => new("tbody",
        new XAttribute("class", Tone(row.Result)),
        new XElement("tr",
            new XElement("td", new XAttribute("class", "name"), Text(row.Name)),
            new XElement("td", new XAttribute("class", "status"),
                new XElement("span", new XAttribute("class", "mark"), Text(row.Status))),
            row.Values.Select((value, i) => new XElement("td", new XAttribute("class", "n"),
                new XElement("span",
                    new XAttribute("class", "cardlabel"), new XAttribute("style", HiddenLabel),
                    Text(columns[i + 2])),
                Text(value)))),
        row.Details.Length == 0 ? null : new XElement("tr", new XAttribute("class", "details"),
            new XElement("td", new XAttribute("colspan", columns.Count), Text(row.Details))));

    private static IEnumerable<XElement> Notes(MailReport report)
    {
        yield return new XElement("h2", "Warnings and errors");
        yield return TableOf("notes", report.Notes.Select(note => new XElement("tr",
            new XAttribute("class", note.Level == EventLevel.Error ? "bad" : "warn"),
            new XElement("td", new XAttribute("class", "time"), Text(note.Time)),
            new XElement("td", new XAttribute("class", "who"), Text(note.Who)),
            new XElement("td", new XAttribute("class", "text"), Text(note.Text)))));
        if (report.MoreNotes.Length > 0)
        {
            yield return new XElement("p", new XAttribute("class", "more"), Text(report.MoreNotes));
        }
    }

    private static XElement TableOf(string kind, params object?[] content) => new("table",
        new XAttribute("class", kind), new XAttribute("width", "100%"),
        new XAttribute("cellspacing", "0"), new XAttribute("cellpadding", "0"), content);

    private static XElement Div(string kind, params object?[] content) =>
        new("div", new XAttribute("class", kind), content);

    private static XElement Meta(string name, string content) =>
        new("meta", new XAttribute("name", name), new XAttribute("content", content));

    // An element without text would be closed at once, which HTML takes for open.
    private static XText Text(string text) => new(text.Length == 0 ? " " : XmlText.Valid(text));

    private static string Tone(SessionResult result) => result switch
    {
        SessionResult.Success => "good",
        SessionResult.Warning => "warn",
        SessionResult.Failed => "bad",
        _ => "calm",
    };

    private static string Colour(SessionResult result) => result switch
    {
        SessionResult.Success => "#1b7f4d",
        SessionResult.Warning => "#9a6200",
        SessionResult.Failed => "#b3261e",
        _ => "#4a5565",
    };
}
