namespace BackupCopy.Retention;

/// <summary>
/// What a job keeps of each machine: the newest points or the last days, and beside them a point for each
/// week, month, quarter or year. A point goes only when no part of the policy wants it.
/// </summary>
public sealed record RetentionPolicy
{
    /// <summary>The newest 7 points.</summary>
    public static RetentionPolicy Default { get; } = new() { KeepPoints = 7 };

    /// <summary>How many of the newest good points stay; null when the policy counts days.</summary>
    /// <value>2 to 9999.</value>
    public int? KeepPoints { get; init; }

    /// <summary>
    /// How many days points stay, today not counted; the newest 3 stay at any age. Null when the policy
    /// counts points.
    /// </summary>
    /// <value>2 to 36500.</value>
    public int? KeepDays { get; init; }
    public GfsRule? Weekly { get; init; }
    public GfsRule? Monthly { get; init; }
    public GfsRule? Quarterly { get; init; }
    public GfsRule? Yearly { get; init; }

    /// <summary>The time zone whose dates count: an IANA or Windows id.</summary>
    /// <value>Empty, the zone of the machine that runs the job.</value>
    public string TimeZone { get; init; } = "";

    /// <summary>The smallest <see cref="KeepPoints"/> and <see cref="KeepDays"/>.</summary>
    public const int Minimum = 2;

    /// <summary>The largest <see cref="KeepPoints"/>.</summary>
    public const int MostPoints = 9999;

    /// <summary>The largest <see cref="KeepDays"/>.</summary>
    public const int MostDays = 36500;

    /// <summary>The rule of a tier, null where the policy has none.</summary>
    public GfsRule? Rule(GfsTier tier) => tier switch
    {
        GfsTier.Weekly => Weekly,
        GfsTier.Monthly => Monthly,
        GfsTier.Quarterly => Quarterly,
        _ => Yearly,
    };

    /// <summary>Throws unless the policy can be carried out.</summary>
    /// <exception cref="BackupCopyException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public void Validate()
    {
        switch (KeepPoints, KeepDays)
        {
            case (null, null):
                throw Invalid("The policy keeps neither points nor days.", "Give KeepPoints or KeepDays.");
            case ({ }, { }):
                throw Invalid("The policy keeps points and days.", "Give either KeepPoints or KeepDays.");
            case ( < Minimum or > MostPoints, _):
                throw Invalid(
                    $"{KeepPoints} points cannot be kept.", $"Give KeepPoints {Minimum} to {MostPoints}.");
            case (_, < Minimum or > MostDays):
                throw Invalid($"{KeepDays} days cannot be kept.", $"Give KeepDays {Minimum} to {MostDays}.");
        }

        foreach (var tier in Enum.GetValues<GfsTier>())
        {
            Rule(tier)?.Validate(tier);
        }

        _ = Zone();
    }

    /// <summary>Such as "7 points, Weekly 4 on Sunday".</summary>
    public override string ToString()
    {
        var tiers = Enum.GetValues<GfsTier>().Where(t => Rule(t) is not null).Select(t => $", {t} {Rule(t)}");
        return (KeepDays is { } days ? $"{days} days" : $"{KeepPoints} points") + string.Concat(tiers);
    }

    internal TimeZoneInfo Zone()
    {
        if (TimeZone.Length == 0)
        {
            return TimeZoneInfo.Local;
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out var zone) ? zone
            : throw Invalid(
                $"There is no time zone {TimeZone} on this machine.",
                "Give an id such as Europe/Berlin, or none for the local zone.");
    }

    private static BackupCopyException Invalid(string sentence, string remedy) =>
        new(ErrorCode.InvalidArgument, sentence, remedy);
}
