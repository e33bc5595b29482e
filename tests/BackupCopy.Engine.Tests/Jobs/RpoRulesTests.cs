using BackupCopy.Jobs;

namespace BackupCopy.Tests.Jobs;

/// <summary>
/// Hours since the job was made; the limit is 24 hours, and points are ready an hour after their time.
/// </summary>
public sealed class RpoRulesTests
{
    private static readonly DateTime s_made = new(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc);

    [Theory]
    [InlineData("nothing waits", 100, new int[0], 10, null, null, null)]
    [InlineData("not late yet, on the very second", 25, new[] { 0 }, -30, null, null, null)]
    [InlineData("late", 26, new[] { 0 }, -30, null, 480, 0)]
    [InlineData("late and told", 50, new[] { 0 }, -30, 0, null, 0)]
    [InlineData("a newer point changes nothing", 50, new[] { 0, 40 }, -30, 0, null, 0)]
    [InlineData("fast points do not hide the first", 26, new[] { 0, 5, 10, 15, 20, 25 }, -30, null, 480, 0)]
    [InlineData("copied: over, the next one has time", 50, new[] { 40 }, 0, 0, null, null)]
    [InlineData("a later one copied: over as well", 50, new[] { 40 }, 20, 0, null, null)]
    [InlineData("copied, and the next one is late too", 70, new[] { 40 }, 0, 0, 480, 40)]
    [InlineData("all is copied: over", 70, new int[0], 40, 0, null, null)]
    [InlineData("the source removed the point that was told", 90, new[] { 40 }, -30, 0, null, 0)]
    [InlineData("never copied, not late yet", 20, new[] { 0 }, null, null, null, null)]
    [InlineData("never copied, late", 26, new[] { 0 }, null, null, 481, 0)]
    [InlineData("never copied, told", 90, new[] { 0, 50 }, null, 0, null, 0)]
    [InlineData("older than the job: waits since then", 24, new[] { -500 }, null, null, null, null)]
    [InlineData("and no longer", 25, new[] { -500 }, null, null, 481, -500)]
    [InlineData("first copy made: over", 90, new[] { 80 }, 50, 0, null, null)]
    [InlineData("the clock jumped back: still told", -90, new[] { 0 }, -30, 0, null, 0)]
    [InlineData("the clock jumped back before", -90, new[] { 0 }, -30, null, null, null)]
    public void Warns_once_for_each_breach(
        string what, int now, int[] waiting, int? last, int? warned, int? expected, int? remembered)
    {
        var verdict = RpoRules.Judge(
            [.. waiting.Select(hour => new WaitingPoint(At(hour), At(hour + 1)))],
            last is null ? null : At(last.Value), warned is null ? null : At(warned.Value), s_made,
            TimeSpan.FromHours(24), At(now));
        Assert.Equal(
            (what, expected, remembered),
            (what, (int?)verdict.Warning, verdict.WarnedPointUtc is { } time
                ? (int?)(time - s_made).TotalHours : null));
    }

    private static DateTime At(int hour) => s_made.AddHours(hour);
}
