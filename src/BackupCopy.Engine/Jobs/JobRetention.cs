using BackupCopy.Retention;

namespace BackupCopy.Jobs;

/// <summary>
/// What a job keeps, as the admin wrote it: the texts of the parameters, so that what was stored reads as
/// what was typed. <see cref="Policy"/> is what is decided by.
/// </summary>
public sealed record JobRetention
{
    /// <summary>The newest 7 points.</summary>
    public const int DefaultPoints = 7;

    /// <summary>The fewest days after which a vanished machine's points go without being forced.</summary>
    public const int FewestDeletedDays = 3;

    /// <summary>How many of the newest points stay; null when days count.</summary>
    public int? KeepPoints { get; init; } = DefaultPoints;

    /// <summary>How many days points stay; null when points count.</summary>
    public int? KeepDays { get; init; }

    /// <summary>A count, or a time such as "8 weeks"; empty for no such tier.</summary>
    public string Weekly { get; init; } = "";
    public string WeeklyOn { get; init; } = "";
    public string Monthly { get; init; } = "";
    public string MonthlyOn { get; init; } = "";
    public string Quarterly { get; init; } = "";
    public string QuarterlyOn { get; init; } = "";
    public string Yearly { get; init; } = "";
    public string YearlyOn { get; init; } = "";

    /// <summary>The zone whose dates count; empty for that of the machine.</summary>
    public string TimeZone { get; init; } = "";

    /// <summary>Points with a GFS flag are read whole and share nothing with older ones.</summary>
    public bool ReadEntirePoint { get; init; }

    /// <summary>Weekdays and days of the month on which a full is made; empty for none.</summary>
    public string ActiveFullOn { get; init; } = "";

    /// <summary>
    /// After how many days without the machine in any source its points go, GFS points excepted; 0 is never.
    /// </summary>
    public int RemoveDeletedAfterDays { get; init; }

    /// <summary>The policy that the texts mean.</summary>
    /// <exception cref="BackupCopyException">
    /// A text that means nothing, or a policy that cannot be.
    /// </exception>
    public RetentionPolicy Policy()
    {
        var policy = new RetentionPolicy
        {
            KeepPoints = KeepPoints,
            KeepDays = KeepDays,
            Weekly = GfsRule.Parse(GfsTier.Weekly, Weekly, WeeklyOn),
            Monthly = GfsRule.Parse(GfsTier.Monthly, Monthly, MonthlyOn),
            Quarterly = GfsRule.Parse(GfsTier.Quarterly, Quarterly, QuarterlyOn),
            Yearly = GfsRule.Parse(GfsTier.Yearly, Yearly, YearlyOn),
            TimeZone = TimeZone,
        };
        policy.Validate();
        return policy;
    }

    /// <summary>The days of <see cref="ActiveFullOn"/>.</summary>
    public FullSchedule ActiveFulls() => FullSchedule.Parse(ActiveFullOn);

    /// <summary>The policy in words, or what is wrong with it.</summary>
    // A job that was defined on another machine may name a zone that this one does not know.
    internal string InWords()
    {
        try
        {
            return Policy().ToString();
        }
        catch (BackupCopyException error)
        {
            return error.Message;
        }
    }
}
