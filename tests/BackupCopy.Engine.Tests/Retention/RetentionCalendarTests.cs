using System.Xml.Linq;
using BackupCopy.Reporting;
using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>The calendar of points as text and as a picture.</summary>
public sealed class RetentionCalendarTests
{
    private static readonly RetainedPoint[] s_points =
    [
        Point("2024-02-29", GfsTier.Monthly),
        Point("2026-10-31", GfsTier.Weekly, GfsTier.Yearly),
        Point("2026-11-01", GfsTier.Weekly),
        Point("2026-11-08"),
        Point("2026-11-08", GfsTier.Quarterly),
        Point("2026-11-30") with { IsHeld = true },
    ];

    [Fact]
    public void A_month_is_a_row_and_a_day_shows_its_highest_mark() => Assert.Equal(
        """
                                   1                   2                   3
                 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
        2024-02  . . . . . . . . . . . . . . . . . . . . . . . . . . . . M
        (31 months without a point)
        2026-10  . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . Y
        2026-11  W . . . . . . Q . . . . . . . . . . . . . . . . . . . . .*o
        o point  W weekly  M monthly  Q quarterly  Y yearly (a day's highest)  * held

        """.ReplaceLineEndings("\n"), RetentionCalendar.ToText(s_points));

    [Fact]
    public void The_text_fits_80_columns() => Assert.All(
        RetentionCalendar.ToText([.. s_points, Point("2031-12-31")]).Split('\n'),
        line => Assert.True(line.Length < 80, line));

    [Theory]
    [InlineData("web01", "web01")]
    [InlineData("<script>&\"'", "<script>&\"'")]
    [InlineData("a\u0001b\uffffc", "abc")]
    [InlineData("x \U0001f4be", "x \U0001f4be")]
    [InlineData("", "Restore points")]
    public void Any_title_makes_valid_XML(string title, string shown)
    {
        var svg = XDocument.Parse(RetentionCalendar.ToSvg(s_points, title));
        Assert.Equal(shown, svg.Descendants().First(e => (string?)e.Attribute("class") == "title").Value);
        var page = XDocument.Parse(RetentionCalendar.ToHtml(s_points, title));
        Assert.Equal(shown, page.Descendants("title").First().Value);
    }

    [Fact]
    public void Half_a_character_is_shown_as_a_missing_one() => Assert.Contains(
        ">a\ufffdb<", RetentionCalendar.ToSvg(s_points, "a\ud800b"), StringComparison.Ordinal);

    [Fact]
    public void The_picture_has_the_marks_of_the_text_and_tells_their_points()
    {
        var svg = XDocument.Parse(RetentionCalendar.ToSvg(s_points, "web01"));
        Assert.Equal(["M", "Y", "W", "Q", "o"], Class(svg, "mark").Select(e => e.Value));
        Assert.Equal(29 + 31 + 30 - 5, Class(svg, "empty").Count());
        Assert.Single(Class(svg, "held"));
        Assert.Contains(svg.Descendants(), e => e.Name.LocalName == "title" && e.Value
            == "2026-11-08 12:00 UTC\n2026-11-08 12:00 UTC, Quarterly for Sunday 2026-11-08");
    }

    [Fact]
    public void Pages_need_nothing_from_elsewhere()
    {
        var page = RetentionCalendar.ToHtml(s_points, "web01");
        Assert.StartsWith("<!DOCTYPE html>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_tells_what_becomes_of_the_points_that_exist()
    {
        var point = new ExistingPoint(
            "web01", new DateTime(2026, 11, 8, 12, 0, 0), 3, s_points[2].Flags,
            new DateTime(2026, 12, 1, 1, 2, 3), "a <b> & c\u0001");
        var page = XDocument.Parse(RetentionCalendar.ToHtml(
        [
            new CalendarSection("web01", s_points)
            {
                Summary = "At most 3 points", Existing = [point, point with { Goes = null }],
            },
        ]));

        Assert.Equal("At most 3 points", page.Descendants("p").Single().Value);
        Assert.Equal(
            [
                "2026-11-08 12:00:00", "Weekly for Sunday 2026-11-01", "2026-12-01 01:02", "a <b> & c",
                "2026-11-08 12:00:00", "Weekly for Sunday 2026-11-01", "stays", "a <b> & c",
            ],
            page.Descendants("td").Select(cell => cell.Value));
    }

    [Fact]
    public void No_points_make_an_empty_calendar()
    {
        Assert.Equal(4, RetentionCalendar.ToText([]).Split('\n').Length);
        Assert.Empty(Class(XDocument.Parse(RetentionCalendar.ToSvg([], "web01")), "empty"));
    }

    private static IEnumerable<XElement> Class(XDocument picture, string kind) =>
        picture.Descendants().Where(e => (string?)e.Attribute("class") == kind);

    private static RetainedPoint Point(string date, params GfsTier[] tiers)
    {
        var time = TestChain.Utc(date);
        var day = DateOnly.FromDateTime(time);
        return new()
        {
            Sequence = day.DayNumber, TimeUtc = time, Date = day,
            Flags = [.. tiers.Select(t => new GfsFlag(t, day))],
        };
    }
}
