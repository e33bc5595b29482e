using BackupCopy.Retention;

namespace BackupCopy.Reporting;

/// <summary>One calendar of a page, and what is said of it.</summary>
/// <param name="Title">Above the calendar, any text.</param>
public sealed record CalendarSection(string Title, IReadOnlyList<RetainedPoint> Points)
{
    /// <summary>A sentence below the calendar; empty for none.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The points that exist, for a table of what becomes of them; empty for none.</summary>
    public IReadOnlyList<ExistingPoint> Existing { get; init => field = value.ForPrompt(); } = [];
}
