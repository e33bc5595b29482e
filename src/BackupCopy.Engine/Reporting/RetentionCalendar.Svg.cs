using System.Globalization;
using System.Xml.Linq;
using BackupCopy.Retention;

namespace BackupCopy.Reporting;

public static partial class RetentionCalendar
{
    private const int CellSize = 22;
    private const int LeftMargin = 76;
    private const int TopMargin = 58;

    // Colours that keep their contrast on white and on black; the mark in the cell says the same.
    private const string Style = """
        .bc { font: 11px system-ui, sans-serif; fill: #222; }
        .bc .title { font-size: 15px; font-weight: 600; }
        .bc .soft { fill: #666; }
        .bc .empty { fill: #eee; }
        .bc .o { fill: #687280; } .bc .W { fill: #2468b0; } .bc .M { fill: #217a4c; }
        .bc .Q { fill: #8a5700; } .bc .Y { fill: #a8325a; }
        .bc .held { fill: none; stroke: #222; stroke-width: 2; }
        .bc .mark { fill: #fff; text-anchor: middle; }
        .bc .day { text-anchor: middle; }
        @media (prefers-color-scheme: dark) {
          .bc { fill: #e6e6e6; } .bc .soft { fill: #a0a0a0; } .bc .empty { fill: #2c2c2c; }
          .bc .held { stroke: #fff; }
        }
        """;

    private const string PageStyle = """
        body { font: 13px system-ui, sans-serif; margin: 1em; }
        svg, table { display: block; } table { border-spacing: 1em 0; margin-bottom: 2em; }
        th { text-align: left; } td { vertical-align: top; }
        """;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    /// <summary>A picture with a tooltip for every day, for a browser; needs no other file.</summary>
    /// <param name="title">Above the calendar, such as the machine; any text.</param>
    public static string ToSvg(IReadOnlyList<RetainedPoint> points, string title) =>
        Svg(points, title).ToString(SaveOptions.DisableFormatting);

    /// <summary>The picture as a page, readable in light and dark; needs no other file.</summary>
    /// <param name="title">The page's title, any text.</param>
    public static string ToHtml(IReadOnlyList<RetainedPoint> points, string title) =>
        ToHtml([new CalendarSection(title, points)]);

    /// <summary>Several pictures as one page, each under its title, with what is said of it.</summary>
    /// <param name="calendars">One at least; the page is named after the first.</param>
    public static string ToHtml(IReadOnlyList<CalendarSection> calendars)
    {
        var page = new XElement("html", new XAttribute("lang", "en"),
            new XElement("head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta",
                    new XAttribute("name", "color-scheme"), new XAttribute("content", "light dark")),
                new XElement("title", Shown(calendars[0].Title)),
                new XElement("style", PageStyle)),
            new XElement("body", calendars.Select(Section)));
        return "<!DOCTYPE html>\n" + page.ToString(SaveOptions.DisableFormatting) + "\n";
    }

    private static XElement[] Section(CalendarSection section) =>
    [
        Svg(section.Points, section.Title),
        .. section.Summary.Length > 0
            ? [new XElement("p", XmlText.Valid(section.Summary))] : Array.Empty<XElement>(),
        .. section.Existing.Count > 0 ? [Table(section.Existing)] : Array.Empty<XElement>(),
    ];

    private static XElement Table(IReadOnlyList<ExistingPoint> points) => new("table",
        Row("th", ["Point", "GFS", "Goes", "Why"]),
        points.Select(p => Row("td", [p.TimeText, p.FlagsText, p.GoesText, p.Why])));

    private static XElement Row(string cell, IEnumerable<string> texts) =>
        new("tr", texts.Select(text => new XElement(cell, XmlText.Valid(text))));

    private static XElement Svg(IReadOnlyList<RetainedPoint> points, string title)
    {
        var body = new List<XElement> { Text(Shown(title), 8, 22, "title") };
        body.AddRange(
            Enumerable.Range(1, 31).Select(day => Text(Number(day), CellX(day) + 10, 48, "soft day")));
        var y = TopMargin;
        foreach (var row in CalendarRow.Make(points))
        {
            if (row.EmptyMonthsBefore > 0)
            {
                body.Add(Text(Gap(row.EmptyMonthsBefore), LeftMargin, y + 14, "soft"));
                y += CellSize;
            }

            body.Add(Text(row.Label, 8, y + 14, "soft"));
            body.AddRange(row.Days.Select(day => Cell(day, CellX(day.Date.Day), y)));
            y += CellSize;
        }

        body.Add(Text(Legend + "  framed: held", 8, y + 20, "soft"));
        var (width, height) = (CellX(32) + 8, y + 34);
        return new XElement(s_svg + "svg",
            new XAttribute("class", "bc"), new XAttribute("role", "img"),
            new XAttribute("width", width), new XAttribute("height", height),
            new XAttribute("viewBox", $"0 0 {Number(width)} {Number(height)}"),
            new XElement(s_svg + "style", Style), body);
    }

    private static XElement Cell(CalendarDay day, int x, int y)
    {
        var cell = new XElement(s_svg + "g", Square(x, y, day.IsEmpty ? "empty" : day.Mark));
        if (!day.IsEmpty)
        {
            cell.AddFirst(new XElement(s_svg + "title", day.Details));
            cell.Add(Text(day.Mark, x + 10, y + 14, "mark"));
        }

        if (day.IsHeld)
        {
            cell.Add(Square(x, y, "held"));
        }

        return cell;
    }

    private static XElement Square(int x, int y, string kind) => new(s_svg + "rect",
        new XAttribute("class", kind), new XAttribute("x", x), new XAttribute("y", y),
        new XAttribute("width", CellSize - 2), new XAttribute("height", CellSize - 2),
        new XAttribute("rx", 3));

    private static XElement Text(string text, int x, int y, string kind) => new(s_svg + "text",
        new XAttribute("class", kind), new XAttribute("x", x), new XAttribute("y", y), text);

    private static int CellX(int day) => LeftMargin + ((day - 1) * CellSize);

    // A name may hold characters that XML cannot; and an empty title element would swallow the page.
    private static string Shown(string title)
    {
        var valid = XmlText.Valid(title);
        return string.IsNullOrWhiteSpace(valid) ? "Restore points" : valid;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
