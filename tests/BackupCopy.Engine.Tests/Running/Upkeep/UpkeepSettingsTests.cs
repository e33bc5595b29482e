using BackupCopy.Jobs;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Tests.Running.Upkeep;

public sealed class UpkeepSettingsTests
{
    private static readonly DateTime s_before = new(2026, 10, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime s_now = new(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly JobUpkeep s_known = new()
    {
        HealthCheckOn = "Last Friday",
        HealthCheckSinceUtc = s_before,
        CompactOn = "Sunday",
        CompactSinceUtc = s_before,
    };

    public static TheoryData<UpkeepSettings, JobUpkeep> Changes => new()
    {
        { new(), s_known },
        { new() { HealthCheckOn = ["Last Friday"] }, s_known },
        { new() { HealthCheckOn = ["Sunday", " 15"] },
            s_known with { HealthCheckOn = "Sunday, 15", HealthCheckSinceUtc = s_now } },
        { new() { HealthCheckOn = [] }, s_known with { HealthCheckOn = "", HealthCheckSinceUtc = null } },
        { new() { HealthCheckOn = [""] }, s_known with { HealthCheckOn = "", HealthCheckSinceUtc = null } },
        { new() { CompactOn = ["none"] }, s_known with { CompactOn = "", CompactSinceUtc = null } },
        { new() { CompactOn = ["1"] }, s_known with { CompactOn = "1", CompactSinceUtc = s_now } },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Only_what_is_given_changes(UpkeepSettings settings, JobUpkeep expected) =>
        Assert.Equal(expected, settings.Change(s_known, s_now));

    [Theory]
    [InlineData("Sometimes", null, "no day for a health check")]
    [InlineData(null, "15 of June", "no day for compacting")]
    public void What_is_no_day_is_refused(string? check, string? compact, string said)
    {
        var settings = new UpkeepSettings
        {
            HealthCheckOn = check is null ? null : [check],
            CompactOn = compact is null ? null : [compact],
        };
        var error = Assert.Throws<BackupCopyException>(() => settings.Change(s_known, s_now));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }
}
