using System.Globalization;

namespace BackupCopy.Retention;

/// <summary>A point as forecasts and calendars show it.</summary>
public sealed record RetainedPoint
{
    /// <summary>The order of the points; expected ones go on after the last that exists.</summary>
    public required long Sequence { get; init; }
    public required DateTime TimeUtc { get; init; }

    /// <summary>Local to this machine, as the prompt shows times.</summary>
    public DateTime Time => TimeUtc.ToLocalTime();

    /// <summary>Its day in the policy's time zone.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>An array, as are the lists of a forecast: the prompt can index it.</summary>
    public IReadOnlyList<GfsFlag> Flags { get; init; } = [];
    public bool IsHeld { get; init; }

    /// <summary>Not made yet: a forecast's own.</summary>
    public bool IsExpected { get; init; }

    /// <summary>Such as "2026-11-22 12:00:00, Weekly for Sunday 2026-11-22, held".</summary>
    public override string ToString() => string.Join(", ",
    [
        Time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        .. Flags.Select(f => f.ToString()),
        .. IsHeld ? ["held"] : Array.Empty<string>(),
        .. IsExpected ? ["expected"] : Array.Empty<string>(),
    ]);

    internal static RetainedPoint From(RetentionPoint point, LocalDays days, bool isExpected = false) => new()
    {
        Sequence = point.Sequence,
        TimeUtc = point.TimeUtc,
        Date = days.Of(point.TimeUtc),
        Flags = point.Flags.ToArray(),
        IsHeld = point.IsHeld,
        IsExpected = isExpected,
    };
}
