using System.Globalization;

namespace BackupCopy.Retention;

/// <summary>What a forecast starts from.</summary>
internal sealed record RetentionScenario
{
    /// <summary>More would take minutes and gigabytes, and nobody reads them.</summary>
    public const int MostExpected = 100_000;

    public required RetentionPolicy Policy { get; init; }

    /// <summary>The points there are, in any order; none for a new job.</summary>
    public IReadOnlyList<RetentionPoint> Existing { get; init; } = [];

    /// <summary>The time of the first expected point.</summary>
    public required DateTime StartUtc { get; init; }

    /// <summary>How many days are forecast, 1 to 3660.</summary>
    public int Days { get; init; } = 730;

    /// <summary>
    /// The time between expected points, a minute to 3660 days. Whole days keep the time of day of the zone
    /// through its clock changes.
    /// </summary>
    public TimeSpan Spacing { get; init; } = TimeSpan.FromDays(1);

    /// <summary>What a full takes in the repository.</summary>
    public long SizeBytes { get; init; }

    /// <summary>The share of the size that a day changes, 0 to 100 percent.</summary>
    public double DailyChangePercent { get; init; } = 3;

    public void Validate()
    {
        Policy.Validate();
        if (Days is < 1 or > 3660)
        {
            throw Invalid($"{Days} days cannot be forecast.", "Give 1 to 3660 days.");
        }

        if (Spacing < TimeSpan.FromMinutes(1) || Spacing > TimeSpan.FromDays(3660))
        {
            throw Invalid(
                $"Points cannot be {Spacing} apart.", "Give a minute to 3660 days between points.");
        }

        if (TimeSpan.FromDays(Days) / Spacing is > MostExpected and var expected)
        {
            throw Invalid(
                string.Create(CultureInfo.InvariantCulture, $"{expected:0} points are too many to forecast."),
                $"Give fewer days, or more time between points: {MostExpected} points are possible.");
        }

        if (SizeBytes < 0)
        {
            throw Invalid("A size cannot be negative.", "Give the machine's size in bytes.");
        }

        if (DailyChangePercent is not (>= 0 and <= 100))
        {
            throw Invalid("That is no share of a size.", "Give a daily change of 0 to 100 percent.");
        }
    }

    private static BackupCopyException Invalid(string sentence, string remedy) =>
        new(ErrorCode.InvalidArgument, sentence, remedy);
}
