using BackupCopy.Jobs;
using BackupCopy.Running;

namespace BackupCopy.Tests.Running;

public sealed class ControlSettingsTests
{
    private static readonly JobDefinition s_known = new()
    {
        Id = Guid.NewGuid(),
        Name = "Nightly",
        TargetRepositoryId = Guid.NewGuid(),
        SourceRepositoryIds = [Guid.NewGuid()],
        CreatedUtc = DateTime.UnixEpoch,
        Retention = new JobRetention { TimeZone = "UTC" },
        Schedule = new JobSchedule
        {
            Every = TimeSpan.FromDays(1),
            At = new TimeOnly(22, 0),
            Allow = ["Mon-Fri 20:00-06:00"],
            MaxRateBytesPerSecond = 1000,
            LookForward = true,
        },
        Scripts = new JobScripts
        {
            Pre = new JobScript("/bin/true", "a", "b c"),
            OnDays = [DayOfWeek.Monday],
            Timeout = TimeSpan.FromMinutes(2),
        },
        Reports = new JobReports
        {
            MailTo = ["ops@example.org"],
            ReportOn = ReportOn.Failed,
            RpoWarning = TimeSpan.FromHours(26),
        },
    };

    // What is said, and the words and values of what changes by it.
    public static TheoryData<ControlSettings, string> Changes => new()
    {
        { new(), "" },
        { new() { Every = TimeSpan.FromHours(4) }, "every 1d at 22:00 -> every 4h" },
        { new() { Every = TimeSpan.FromDays(2) }, "every 1d at 22:00 -> every 2d at 22:00" },
        { new() { Every = TimeSpan.FromMinutes(90) }, "every 1d at 22:00 -> every 1h30m" },
        { new() { Every = ControlSettings.None }, "every 1d at 22:00 -> by hand" },
        { new() { At = " 2:30 " }, "every 1d at 22:00 -> every 1d at 02:30" },
        { new() { At = "23:15:00" }, "every 1d at 22:00 -> every 1d at 23:15" },
        { new() { At = "" }, "every 1d at 22:00 -> every 1d at 00:00" },
        { new() { Mode = JobMode.Immediate }, "every 1d at 22:00 -> as points appear" },
        { new() { Allow = [] }, "Allow" },
        { new() { Allow = ["", " "] }, "Allow" },
        { new() { Allow = ["Mon-Fri 20:00-06:00"] }, "" },
        { new() { Deny = ["Sat,Sun; Mon 08:00-09:00"] }, "Deny" },
        { new() { MaxRateBytesPerSecond = 0 }, "MaxRate" },
        { new() { PreScript = [] }, "PreScript" },
        { new() { PreScript = [""] }, "PreScript" },
        { new() { PreScript = ["/bin/true", "a", "b c"] }, "" },
        { new() { PreScript = ["/bin/true", "a b", "c"] }, "PreScript" },
        { new() { PostScript = ["/bin/true"] }, "PostScript" },
        { new() { ScriptTimeout = ControlSettings.None }, "ScriptTimeout" },
        { new() { OnPreScriptFailure = PreScriptFailure.SkipRun }, "OnPreScriptFailure" },
        { new() { ScriptEvery = 3 }, "ScriptEvery; ScriptOn" },
        { new() { ScriptEvery = 1 }, "ScriptOn" },
        { new() { ScriptOn = ["mon"] }, "" },
        { new() { ScriptOn = ["Sat, sunday", "sat"] }, "ScriptOn" },
        { new() { ScriptOn = [] }, "ScriptOn" },
        { new() { AllowHostedScript = true }, "AllowHostedScript" },
        { new() { RpoWarning = TimeSpan.FromMinutes(1) }, "RpoWarning" },
        { new() { RpoWarning = ControlSettings.None }, "RpoWarning" },
        { new() { MailTo = [] }, "MailTo" },
        { new() { MailTo = ["a@example.org; Ops <b@example.org>"] }, "MailTo" },
        { new() { ReportOn = "always" }, "ReportOn" },
        { new() { ReportOn = "" }, "ReportOn" },
    };

    public static TheoryData<ControlSettings, string> Refusals => new()
    {
        { new() { Every = TimeSpan.Zero }, "An interval of 0s" },
        { new() { Every = TimeSpan.FromSeconds(59) }, "An interval of 59s" },
        { new() { Every = TimeSpan.FromDays(3650) }, "An interval of 3650d" },
        { new() { At = "25:00" }, "'25:00' is no start time" },
        { new() { At = "22" }, "'22' is no start time" },
        { new() { At = "22:00:30" }, "no start time" },
        { new() { Every = TimeSpan.FromHours(4), At = "22:00" }, "needs an interval of whole days" },
        { new() { Every = ControlSettings.None, At = "00:00" }, "needs an interval of whole days" },
        { new() { Allow = ["never"] }, "no weekday never" },
        { new() { Allow = ["Mon 25:00-26:00"] }, "no time 25:00" },
        { new() { Allow = ["Mon"], Deny = ["Mon"] }, "never open" },
        { new() { Deny = ["Mon at 20MB/s"] }, "has no rate" },
        { new() { MaxRateBytesPerSecond = -1 }, "negative" },
        { new() { ScriptTimeout = TimeSpan.Zero }, "ended after 0s" },
        { new() { ScriptTimeout = TimeSpan.FromHours(25) }, "ended after 1d1h" },
        { new() { ScriptEvery = 0 }, "every 0 sessions" },
        { new() { ScriptEvery = 10_000 }, "every 10000 sessions" },
        { new() { ScriptEvery = 2, ScriptOn = ["Monday"] }, "by sessions and by weekdays" },
        { new() { ScriptOn = ["so"] }, "no weekday so" },
        { new() { RpoWarning = TimeSpan.FromSeconds(59) }, "within 59s" },
        { new() { RpoWarning = TimeSpan.Zero }, "within 0s" },
        { new() { MailTo = ["ops"] }, "'ops' is no mail address" },
        { new() { MailTo = ["a@example.org, b"] }, "no mail address" },
        { new() { MailTo = ["a@example.org\r\nBcc: b@example.org"] }, "no mail address" },
        { new() { ReportOn = "Sometimes" }, "does not say when" },
        { new() { ReportOn = "1" }, "does not say when" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_is_given_changes_and_nothing_else(ControlSettings settings, string expected)
    {
        var changed = settings.Change(s_known);

        Assert.Equal(expected, string.Join("; ", JobChanges.Of(s_known, changed)));
        Assert.True(changed.Schedule.LookForward);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_cannot_be_is_refused_with_a_remedy(ControlSettings settings, string expected)
    {
        var error = Assert.Throws<BackupCopyException>(() => settings.Change(s_known));

        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains(expected, error.Message);
        Assert.NotEmpty(error.Remedy);
    }

    [Fact]
    public void Values_are_kept_as_they_are_meant()
    {
        var changed = new ControlSettings
        {
            Allow = ["Mon-Fri 20:00-06:00;Sat,Sun", ""],
            PostScript = ["/bin/sh", "-c", "echo 'a b'"],
            ScriptOn = ["Fri,mon"],
            MailTo = ["a@example.org;b@example.org"],
            ScriptTimeout = ControlSettings.None,
            ReportOn = "digest",
        }.Change(s_known);

        Assert.Equal(["Mon-Fri 20:00-06:00", "Sat,Sun"], changed.Schedule.Allow);
        Assert.Equal(["/bin/sh", "-c", "echo 'a b'"], changed.Scripts.Post!.ToList());
        Assert.Equal([DayOfWeek.Friday, DayOfWeek.Monday], changed.Scripts.OnDays);
        Assert.Equal(["a@example.org", "b@example.org"], changed.Reports.MailTo);
        Assert.Equal(TimeSpan.FromMinutes(15), changed.Scripts.Timeout);
        Assert.Equal(ReportOn.Digest, changed.Reports.ReportOn);
    }

    [Fact]
    public void A_job_that_another_machine_could_run_is_left_alone_where_nothing_is_said()
    {
        var foreign = s_known with { Retention = new JobRetention { TimeZone = "Middle/Earth" } };

        Assert.Same(foreign, new ControlSettings().Change(foreign));
        Assert.Throws<BackupCopyException>(() => new ControlSettings { At = "21:00" }.Change(foreign));
    }

    [Theory]
    [InlineData(1536, "1536B/s")]
    [InlineData(20L << 20, "20MB/s")]
    [InlineData(12_500_000, "12500000B/s")]
    [InlineData(3L << 40, "3072GB/s")]
    public void A_rate_is_told_in_the_form_that_is_read(long rate, string expected)
    {
        Assert.Equal(expected, RateText.Of(rate));
        Assert.True(RateText.TryParse(RateText.Of(rate), out var again));
        Assert.Equal(rate, again);
    }
}
