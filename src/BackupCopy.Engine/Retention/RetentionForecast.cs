namespace BackupCopy.Retention;

/// <summary>What a policy will have kept, day by day.</summary>
public sealed record RetentionForecast
{
    public required IReadOnlyList<ForecastDay> Days { get; init; }

    /// <summary>
    /// The most points at once, counted when a new one is there and retention has not run yet.
    /// </summary>
    public required int MostPoints { get; init; }

    /// <summary>The most bytes at once, counted as <see cref="MostPoints"/> is.</summary>
    public required long MostBytes { get; init; }

    /// <summary>What becomes of the points that exist today, oldest first.</summary>
    public required IReadOnlyList<ForecastOutcome> Existing { get; init; }
}

/// <summary>The end of one day.</summary>
/// <param name="Date">In the policy's time zone.</param>
/// <param name="Points">Those that exist, oldest first.</param>
/// <param name="Bytes">What they are expected to take.</param>
public sealed record ForecastDay(DateOnly Date, IReadOnlyList<RetainedPoint> Points, long Bytes)
{
    /// <summary>The number of <see cref="Points"/>.</summary>
    public int Count => Points.Count;
}

/// <summary>What becomes of a point that exists.</summary>
/// <param name="GoesUtc">When it goes; null when it outlives the forecast.</param>
/// <param name="Why">Why it goes, or why it stays.</param>
public sealed record ForecastOutcome(RetainedPoint Point, DateTime? GoesUtc, string Why);
