using System.Globalization;
using BackupCopy.Retention;

namespace BackupCopy.Reporting;

/// <summary>What a policy will have kept of a machine, day by day.</summary>
public sealed record RetentionForecastInfo
{
    /// <summary>Empty when only a policy was asked about.</summary>
    public required string Job { get; init; }

    /// <summary>Empty when only a policy was asked about, or the job has copied nothing yet.</summary>
    public required string Machine { get; init; }

    /// <summary>The policy in words.</summary>
    public required string Policy { get; init; }

    /// <summary>The end of every day: its date in the policy's zone, points and expected bytes.</summary>
    public required IReadOnlyList<ForecastDay> Days { get; init => field = value.ForPrompt(); }

    /// <summary>The most points at once, a new one counted before retention has run.</summary>
    public required int MostPoints { get; init; }

    /// <summary>The most bytes at once, counted as <see cref="MostPoints"/> is.</summary>
    public required long MostBytes { get; init; }

    /// <summary>What becomes of the points that exist today, oldest first.</summary>
    public required IReadOnlyList<ExistingPoint> Existing { get; init => field = value.ForPrompt(); }

    /// <summary>The points of the last day, for the console.</summary>
    public string Calendar => RetentionCalendar.ToText(LastDay);

    /// <summary>The machine and its job, or the policy: what a calendar is headed by.</summary>
    public string Title => Machine.Length > 0 ? $"{Machine} ({Job}): {Policy}"
        : Job.Length > 0 ? $"{Job}: {Policy}" : Policy;

    /// <summary>The points of the last day.</summary>
    public IReadOnlyList<RetainedPoint> LastDay => Days[^1].Points;

    internal static RetentionForecastInfo From(
        RetentionForecast forecast, string job, string machine, RetentionPolicy policy) => new()
    {
        Job = job,
        Machine = machine,
        Policy = policy.ToString(),
        Days = forecast.Days,
        MostPoints = forecast.MostPoints,
        MostBytes = forecast.MostBytes,
        Existing =
        [
            .. forecast.Existing.Select(outcome => new ExistingPoint(
                machine, outcome.Point.TimeUtc.ToLocalTime(), outcome.Point.Sequence, outcome.Point.Flags,
                outcome.GoesUtc?.ToLocalTime(), outcome.Why)),
        ],
    };
}

/// <summary>What becomes of a point that exists. Times are local.</summary>
/// <param name="Machine">Whose point it is.</param>
/// <param name="Flags">The GFS flags that it carries.</param>
/// <param name="Goes">When it goes; null when it outlives the forecast.</param>
/// <param name="Why">Why it goes, or why it stays.</param>
public sealed record ExistingPoint(
    string Machine, DateTime Time, long Sequence, IReadOnlyList<GfsFlag> Flags, DateTime? Goes, string Why)
{
    public IReadOnlyList<GfsFlag> Flags { get; } = Flags.ForPrompt();

    internal string TimeText => Time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    internal string FlagsText => string.Join(", ", Flags);

    internal string GoesText => Goes?.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "stays";

    /// <summary>All of it in a line.</summary>
    public string Fate =>
        $"{TimeText}  {(Goes is null ? "stays" : $"goes {GoesText}")}: {Why}"
        + (Flags.Count > 0 ? $" ({FlagsText})" : "");

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Time:yyyy-MM-dd HH:mm:ss} {(Goes is { } goes ? $"goes {goes:yyyy-MM-dd}" : "stays")}: {Why}");
}
