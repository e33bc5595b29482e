using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Running.Keeping;

namespace BackupCopy.Tests.Running;

public sealed class RetentionSettingsTests
{
    private static readonly JobRetention s_known = new()
    {
        KeepPoints = 10,
        Weekly = "4",
        WeeklyOn = "Sunday",
        TimeZone = "UTC",
        ActiveFullOn = "First",
        ReadEntirePoint = true,
        RemoveDeletedAfterDays = 30,
    };

    public static TheoryData<RetentionSettings, JobRetention> Changes => new()
    {
        { new(), s_known },
        { new() { Force = true }, s_known },
        { new() { KeepPoints = 5 }, s_known with { KeepPoints = 5 } },
        { new() { KeepDays = 14 }, s_known with { KeepPoints = null, KeepDays = 14 } },
        { new() { Weekly = "8 weeks" }, s_known with { Weekly = "8 weeks" } },
        { new() { WeeklyOn = " friday " }, s_known with { WeeklyOn = "friday" } },
        { new() { Weekly = "0" }, s_known with { Weekly = "", WeeklyOn = "" } },
        { new() { Weekly = "" }, s_known with { Weekly = "", WeeklyOn = "" } },
        { new() { Weekly = "", WeeklyOn = "Monday" }, s_known with { Weekly = "", WeeklyOn = "" } },
        { new() { Yearly = "7 years", YearlyOn = "Last of December" },
            s_known with { Yearly = "7 years", YearlyOn = "Last of December" } },
        { new() { ActiveFullOn = [] }, s_known with { ActiveFullOn = "" } },
        { new() { ActiveFullOn = [""] }, s_known with { ActiveFullOn = "" } },
        { new() { ActiveFullOn = ["Sunday", " 15"] }, s_known with { ActiveFullOn = "Sunday, 15" } },
        { new() { ReadEntirePoint = false }, s_known with { ReadEntirePoint = false } },
        { new() { RemoveDeletedAfter = TimeSpan.Zero }, s_known with { RemoveDeletedAfterDays = 0 } },
        { new() { RemoveDeletedAfter = TimeSpan.FromDays(3) }, s_known with { RemoveDeletedAfterDays = 3 } },
        { new() { RemoveDeletedAfter = TimeSpan.FromDays(1), Force = true },
            s_known with { RemoveDeletedAfterDays = 1 } },
        { new() { TimeZone = "" }, s_known with { TimeZone = "" } },
    };

    public static TheoryData<RetentionSettings, string> Refusals => new()
    {
        { new() { KeepPoints = 1 }, "1 points" },
        { new() { KeepDays = 1 }, "1 days" },
        { new() { KeepPoints = 5, KeepDays = 5 }, "cannot both" },
        { new() { WeeklyOn = "" }, "names no day" },
        { new() { Monthly = "12" }, "names no day" },
        { new() { MonthlyOn = "First" }, "not what it keeps" },
        { new() { Weekly = "-1" }, "does not say" },
        { new() { Weekly = "4 months" }, "does not say" },
        { new() { WeeklyOn = "First Sunday" }, "no day" },
        { new() { TimeZone = "Mars/Olympus" }, "no time zone" },
        { new() { ActiveFullOn = ["Sometimes"] }, "no day for an active full" },
        { new() { RemoveDeletedAfter = TimeSpan.FromDays(1) }, "nobody can tell" },
        { new() { RemoveDeletedAfter = TimeSpan.FromDays(2) }, "nobody can tell" },
        { new() { RemoveDeletedAfter = TimeSpan.FromHours(84), Force = true }, "cannot be removed after" },
        { new() { RemoveDeletedAfter = TimeSpan.FromDays(40000) }, "cannot be removed after" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Only_what_is_given_changes(RetentionSettings settings, JobRetention expected) =>
        Assert.Equal(expected, settings.Change(s_known));

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_cannot_be_carried_out_is_refused_with_a_remedy(RetentionSettings settings, string said)
    {
        var error = Assert.Throws<BackupCopyException>(() => settings.Change(s_known));

        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains(said, error.Message);
        Assert.NotEmpty(error.Remedy);
    }

    [Fact]
    public void A_policy_of_another_machine_hinders_no_change_of_other_things()
    {
        var foreign = s_known with { TimeZone = "Mars/Olympus" };

        Assert.Same(foreign, new RetentionSettings().Change(foreign));
    }
}
