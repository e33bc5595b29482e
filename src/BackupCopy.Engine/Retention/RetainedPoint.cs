namespace BackupCopy.Retention;

/// <summary>A point as forecasts and calendars show it.</summary>
public sealed record RetainedPoint
{
    /// <summary>The order of the points; expected ones go on after the last that exists.</summary>
    public required long Sequence { get; init; }
    public required DateTime TimeUtc { get; init; }

    /// <summary>Its day in the policy's time zone.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>An array, as are the lists of a forecast: the prompt can index it.</summary>
    public IReadOnlyList<GfsFlag> Flags { get; init; } = [];
    public bool IsHeld { get; init; }

    /// <summary>Not made yet: a forecast's own.</summary>
    public bool IsExpected { get; init; }

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
