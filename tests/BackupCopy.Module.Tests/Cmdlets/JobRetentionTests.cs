using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>What New- and Set-BackupCopyJob do with the parameters of retention.</summary>
public sealed class JobRetentionTests : IClassFixture<PreparedLab>
{
    private const string New = "New-BackupCopyJob Bad -Source Primary -Target Offsite";

    private readonly Lab _lab;

    public JobRetentionTests(PreparedLab prepared) => _lab = prepared.Lab;

    public static TheoryData<string, string> Refusals => new()
    {
        { "-KeepPoints 0", "KeepPoints 2 to 9999" },
        { "-KeepPoints 1", "KeepPoints 2 to 9999" },
        { "-KeepDays 1", "KeepDays 2 to 36500" },
        { "-KeepPoints 3 -KeepDays 3", "either KeepPoints or KeepDays" },
        { "-Weekly 4", "WeeklyOn" },
        { "-Weekly none", "Give a count" },
        { "-MonthlyOn First", "Monthly" },
        { "-Weekly 4 -WeeklyOn Someday", "a weekday" },
        { "-Yearly '3 weeks' -YearlyOn 'First of May'", "3 years|4 years" },
        { "-TimeZone Middle/Earth", "Europe/Berlin" },
        { "-ActiveFullOn Someday", "weekdays or days" },
        { "-RemoveDeletedAfter 1d", "-Force" },
        { "-RemoveDeletedAfter 2d", "-Force" },
        { "-RemoveDeletedAfter 4d12h", "whole days" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_policy_that_cannot_be_is_refused_before_anything_is_stored(string arguments, string remedy)
    {
        var before = Job("Get-BackupCopyJob Nightly").Retention;

        foreach (var script in new[] { $"{New} {arguments}", $"Set-BackupCopyJob Nightly {arguments}" })
        {
            var error = _lab.Error(script);
            Assert.Equal("InvalidArgument", error.FullyQualifiedErrorId.Split(',')[0]);
            Assert.Matches(remedy, error.ErrorDetails.RecommendedAction);
        }

        Assert.Equal(before, Job("Get-BackupCopyJob Nightly").Retention);
        Assert.Empty(_lab.Get("Get-BackupCopyJob Bad*"));
    }

    [Theory]
    [InlineData("-RemoveDeletedAfter 30", "no duration")]
    [InlineData("-KeepPoints many", "many")]
    public void What_cannot_be_read_is_refused_by_its_parameter(string arguments, string said) =>
        Assert.Contains(said, _lab.Error($"{New} {arguments}").Exception.Message);

    [Fact]
    public void A_new_job_keeps_seven_points_by_the_dates_of_this_machine()
    {
        var job = Job($"{New.Replace("Bad", "Plain")}; Remove-BackupCopyJob Plain 6>$null");

        Assert.Equal("7 points", job.Retention);
        Assert.Equal((7, null), (job.KeepPoints, job.KeepDays));
        Assert.Equal(("", "", false), (job.Weekly, job.WeeklyOn, job.ReadEntirePoint));
        Assert.Empty(job.ActiveFullOn);
        Assert.Null(job.RemoveDeletedAfter);
        Assert.Contains(job.TimeZone, new[] { TimeZoneInfo.Local.Id, "" });
        Assert.Equal(0, job.RetentionDebt);
    }

    [Fact]
    public void Everything_is_kept_shown_changed_and_taken_back()
    {
        using var hosted = new HostedModule();
        using var lab = Lab.Prepared(hosted);
        var made = Job("""
            New-BackupCopyJob Full -Source Primary -Target Offsite -KeepDays 14 `
                -Weekly '8 weeks' -WeeklyOn sunday -Monthly 12 -MonthlyOn 'Last Friday' `
                -Quarterly 4 -QuarterlyOn 'Last of month 3' -Yearly '7 years' -YearlyOn '15 of June' `
                -ReadEntirePoint -ActiveFullOn Saturday, 1 -RemoveDeletedAfter 30d -TimeZone UTC
            """, lab);
        Assert.Equal(
            "14 days, Weekly 8 weeks on Sunday, Monthly 12 on Last Friday, Quarterly 4 on Last of month 3, "
            + "Yearly 7 years on 15 of June", made.Retention);
        Assert.Equal((null, 14, "UTC", true),
            (made.KeepPoints, made.KeepDays, made.TimeZone, made.ReadEntirePoint));
        Assert.Equal(["Saturday", "1"], made.ActiveFullOn);
        Assert.Equal(TimeSpan.FromDays(30), made.RemoveDeletedAfter);

        var changed = Job("""
            Set-BackupCopyJob Full -KeepPoints 5 -Weekly 0 -Monthly '' -Quarterly 2 -Yearly 0 `
                -ReadEntirePoint:$false -ActiveFullOn @() -RemoveDeletedAfter 0d -PassThru
            """, lab);
        Assert.Equal("5 points, Quarterly 2 on Last of month 3", changed.Retention);
        Assert.Equal((5, null, "", "", false),
            (changed.KeepPoints, changed.KeepDays, changed.Weekly, changed.MonthlyOn,
                changed.ReadEntirePoint));
        Assert.Empty(changed.ActiveFullOn);
        Assert.Null(changed.RemoveDeletedAfter);

        var forced = Job("Set-BackupCopyJob Full -RemoveDeletedAfter 1d -Force -PassThru", lab);
        Assert.Equal(TimeSpan.FromDays(1), forced.RemoveDeletedAfter);
        Assert.Equal(changed.Retention, forced.Retention);
    }

    [Fact]
    public void A_job_from_the_pipeline_brings_its_retention_and_what_is_typed_beats_it()
    {
        using var hosted = new HostedModule();
        using var lab = Lab.Prepared(hosted);
        lab.Get("""
            Set-BackupCopyJob Nightly -KeepPoints 9 -Weekly 4 -WeeklyOn Sunday -ReadEntirePoint `
                -ActiveFullOn 1, 15 -RemoveDeletedAfter 10d -TimeZone UTC
            """);

        var same = Job("Get-BackupCopyJob Nightly | New-BackupCopyJob -Name Same", lab);
        var other = Job(
            "Get-BackupCopyJob Nightly | New-BackupCopyJob -Name Other -KeepDays 3 -Weekly 0", lab);

        Assert.Equal(("9 points, Weekly 4 on Sunday", true), (same.Retention, same.ReadEntirePoint));
        Assert.Equal(["1", "15"], same.ActiveFullOn);
        Assert.Equal((TimeSpan.FromDays(10), "UTC"), (same.RemoveDeletedAfter, same.TimeZone));
        Assert.Equal("3 days", other.Retention);
        var row = Job("""
            [pscustomobject]@{ Name = 'Row'; Source = 'Primary'; Target = 'Offsite'; KeepDays = 4 } |
                New-BackupCopyJob
            """, lab);
        Assert.Equal("4 days", row.Retention);
    }

    [Fact]
    public void A_sync_shows_what_retention_removed_and_the_plan_said_so()
    {
        using var hosted = new HostedModule();
        using var lab = Lab.Prepared(hosted);
        lab.Get("""
            Add-LabHistory 3 @{ KeepPoints = 3 }
            Set-BackupCopyJob Archive -KeepPoints 2 -Weekly 4 -WeeklyOn Sunday
            """);

        var plan = (SyncPlanInfo)lab.Get("Measure-BackupCopySync Archive").Single().BaseObject;
        var session = (SessionInfo)lab.Get("Start-BackupCopySync Archive").Single().BaseObject;

        Assert.Equal("older than the newest 2 points", Assert.Single(plan.Removes).Why);
        Assert.Equal((1, 0), (session.RemovedPointCount, session.RetentionDebt));
        Assert.Equal(2, lab.Get("Get-BackupCopyRestorePoint -Repository Offsite -Backup Archive").Count);
    }

    private JobInfo Job(string script, Lab? lab = null) =>
        (JobInfo)Assert.Single((lab ?? _lab).Get(script)).BaseObject;
}
