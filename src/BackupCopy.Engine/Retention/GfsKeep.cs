using System.Globalization;

namespace BackupCopy.Retention;

/// <summary>How long a tier keeps its points: so many periods that have one, or for a time.</summary>
public abstract record GfsKeep
{
    /// <summary>The largest number of either form.</summary>
    public const int Limit = 999;

    private GfsKeep()
    {
    }

    /// <summary>
    /// The points of the newest periods that have a flagged point; periods without one do not count.
    /// </summary>
    public sealed record Count(int Periods) : GfsKeep;

    /// <summary>For so many weeks, months, quarters or years from the point's day.</summary>
    /// <param name="Unit">The period counted; it has to be the tier's own.</param>
    public sealed record Time(int Length, GfsTier Unit) : GfsKeep;

    /// <summary>"4" is a count; "8 weeks" and "1 year" are times.</summary>
    public sealed override string ToString() => this switch
    {
        Count count => count.Periods.ToString(CultureInfo.InvariantCulture),
        Time time => string.Create(
            CultureInfo.InvariantCulture, $"{time.Length} {UnitName(time.Unit, time.Length)}"),
        _ => "",
    };

    /// <summary>Reads a count or a time of the tier.</summary>
    /// <exception cref="BackupCopyException">
    /// <see cref="ErrorCode.InvalidArgument"/>: neither form, a unit of another tier, less than 1, or more
    /// than <see cref="Limit"/>.
    /// </exception>
    public static GfsKeep Parse(GfsTier tier, string text)
    {
        var words = GfsDayText.Words(text);
        _ = int.TryParse(
            words.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        GfsKeep? keep = words switch
        {
            [_] => new Count(number),
            [_, var word] when word == UnitName(tier, 1) || word == UnitName(tier, 2) =>
                new Time(number, tier),
            _ => null,
        };
        return keep is not null && number is >= 1 and <= Limit ? keep : throw Unreadable(tier, text);
    }

    internal void Validate(GfsTier tier)
    {
        var fits = this switch
        {
            Count count => count.Periods is >= 1 and <= Limit,
            Time time => time.Length is >= 1 and <= Limit && time.Unit == tier,
            _ => false,
        };
        if (!fits)
        {
            throw Unreadable(tier, ToString());
        }
    }

    internal static string UnitName(GfsTier tier, int count) => tier switch
    {
        GfsTier.Weekly => "week",
        GfsTier.Monthly => "month",
        GfsTier.Quarterly => "quarter",
        _ => "year",
    } + (count == 1 ? "" : "s");

    private static BackupCopyException Unreadable(GfsTier tier, string text) => new(
        ErrorCode.InvalidArgument, $"\"{text}\" does not say what the {tier} tier keeps.",
        $"Give a count from 1 to {Limit} such as \"4\", or a time such as \"4 {UnitName(tier, 4)}\".");
}
