namespace BackupCopy.Retention;

/// <summary>The policy's newest points, or its days with their minimum of points.</summary>
internal sealed class ShortTermWants(PlannedChain chain, RetentionPolicy policy, ComingPoints coming)
{
    /// <summary>How many of the newest good points stay at any age when the policy counts days.</summary>
    public const int MinimumOfDays = 3;

    public Want For(RetentionPoint good) =>
        policy.KeepDays is { } days ? ForDays(good, days) : ForPoints(good, policy.KeepPoints!.Value);

    private Want ForPoints(RetentionPoint good, int points)
    {
        var rank = chain.Rank(good);
        return rank <= points
            ? new Want.Stays(new KeepReason.Newest(rank, points), coming.After(points - rank + 1))
            : new Want.Goes(new RemoveReason.NotAmongNewest(points));
    }

    private Want ForDays(RetentionPoint good, int days)
    {
        // The day on which retention runs is not counted, so the dates kept are one more than the days.
        var lastDay = chain.Days.Of(good.TimeUtc).AddDays(days);
        var daysEnd = chain.DayAfterUtc(lastDay);
        var isWithin = chain.Today <= lastDay;
        var rank = chain.Rank(good);

        // One of the minimum leaves it only when newer points push it out, however old it is by then.
        var pushedOut = rank <= MinimumOfDays ? coming.After(MinimumOfDays - rank + 1) : daysEnd;
        return isWithin
            ? new Want.Stays(
                new KeepReason.WithinDays(days, lastDay), pushedOut < daysEnd ? daysEnd : pushedOut)
            : rank <= MinimumOfDays
                ? new Want.Stays(new KeepReason.Minimum(rank, MinimumOfDays), pushedOut)
                : new Want.Goes(new RemoveReason.OlderThanDays(days, lastDay));
    }
}
