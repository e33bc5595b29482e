using System.Globalization;
using BackupCopy.Retention;

namespace BackupCopy.Tests.Retention;

/// <summary>Chains of points for the retention tests: points made one by one, as a job makes them.</summary>
internal sealed class TestChain(RetentionPolicy policy)
{
    private long _sequence;

    public RetentionPolicy Policy { get; set; } = policy;
    public List<RetentionPoint> Points { get; } = [];

    /// <summary>What the last point was told about its flags.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>Adds a point with the flags it gets; "2026-11-22" is noon UTC of that day.</summary>
    public RetentionPoint Add(string time, bool good = true, bool held = false)
    {
        var utc = Utc(time);
        (var flags, Reason) = GfsFlagging.FlagsFor(utc, Points, Policy);
        var point = new RetentionPoint
        {
            Sequence = ++_sequence, TimeUtc = utc, IsGood = good, IsHeld = held, Flags = flags,
        };
        Points.Add(point);
        return point;
    }

    /// <summary>Adds a point a day, and removes what retention does not want each time.</summary>
    public void AddDaily(string first, int days)
    {
        for (var day = 0; day < days; day++)
        {
            Add(Stamp(Utc(first).AddDays(day)));
            Prune(Points[^1].TimeUtc);
        }
    }

    public IReadOnlyList<RetentionDecision> Plan(string now) => RetentionPlan.Make(Points, Policy, Utc(now));

    /// <summary>The dates that stay, "11-22" each.</summary>
    public string Kept(string now) => Dates(Plan(now).Where(d => d.Keep).Select(d => d.Point));

    public string Dates() => Dates(Points);

    public RetentionDecision Decision(string date, string now) =>
        Plan(now).Single(d => Stamp(d.Point.TimeUtc).StartsWith(date, StringComparison.Ordinal));

    public void Prune(DateTime now)
    {
        foreach (var gone in RetentionPlan.Make(Points, Policy, now).Where(d => !d.Keep))
        {
            Points.Remove(gone.Point);
        }
    }

    public static string Dates(IEnumerable<RetentionPoint> points) =>
        string.Join(' ', points.Select(p => p.TimeUtc.ToString("MM-dd", CultureInfo.InvariantCulture)));

    /// <summary>"2026-11-22" is noon, "2026-11-22 23:30" that minute; both UTC.</summary>
    public static DateTime Utc(string text) => DateTime.Parse(
        text.Length == 10 ? text + " 12:00" : text, CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    public static string Stamp(DateTime utc) =>
        utc.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    public static RetentionPolicy Keep(
        int? points = null, int? days = null, string? weekly = null, string? monthly = null,
        string? quarterly = null, string? yearly = null, string zone = "UTC") => new()
    {
        KeepPoints = points,
        KeepDays = days,
        Weekly = Rule(GfsTier.Weekly, weekly),
        Monthly = Rule(GfsTier.Monthly, monthly),
        Quarterly = Rule(GfsTier.Quarterly, quarterly),
        Yearly = Rule(GfsTier.Yearly, yearly),
        TimeZone = zone,
    };

    // "4 on Sunday"
    private static GfsRule? Rule(GfsTier tier, string? text)
    {
        var parts = text?.Split(" on ", 2);
        return GfsRule.Parse(tier, parts?[0], parts?[1]);
    }
}
