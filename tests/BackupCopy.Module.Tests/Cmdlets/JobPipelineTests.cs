using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>What counts as given for New- and Set-BackupCopyJob.</summary>
public sealed class JobPipelineTests : IClassFixture<HostedModule>, IDisposable
{
    private const string Policy = "9 points, Weekly 4 on Sunday, Monthly 12 on First";

    private readonly Lab _lab;

    public JobPipelineTests(HostedModule hosted)
    {
        _lab = Lab.Prepared(hosted);
        _lab.Get("""
            Set-BackupCopyJob Nightly -KeepPoints 9 -Weekly 4 -WeeklyOn Sunday -Monthly 12 -MonthlyOn First `
                -TimeZone UTC -ActiveFullOn 1 -Machine web* -ReadEntirePoint -RemoveDeletedAfter 10d
            """);
    }

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("-Weekly $unset -MonthlyOn $unset -TimeZone $unset -ActiveFullOn $unset")]
    [InlineData("-Weekly ([nullstring]::Value) -ActiveFullOn @($unset, $unset) -MapBackup $unset")]
    [InlineData("-KeepDays $unset -RemoveDeletedAfter $unset -Parallel $unset")]
    public void An_unset_variable_is_not_given(string arguments)
    {
        var job = One($"Set-BackupCopyJob Nightly {arguments} -PassThru");

        Assert.Equal((Policy, "UTC"), (job.Retention, job.TimeZone));
        Assert.Equal(["1"], job.ActiveFullOn);
        var forecast = (RetentionForecastInfo)_lab.Get(
            "Measure-BackupCopyRetention Nightly -Days 3 -Weekly $unset -TimeZone $unset")[0].BaseObject;
        Assert.Equal(Policy, forecast.Policy);
    }

    [Fact]
    public void A_typed_empty_text_removes_a_tier() => Assert.Equal(
        "9 points", One("Set-BackupCopyJob Nightly -Weekly '' -Monthly 0 -PassThru").Retention);

    [Fact]
    public void Rows_of_a_table_change_what_they_fill_in()
    {
        var jobs = All("""
            $null = New-BackupCopyJob Other -Source Primary -Target Offsite -KeepDays 5
            [pscustomobject]@{
                Name = 'Nightly'; KeepPoints = '3'; Weekly = ''; WeeklyOn = ''; Machine = ''; TimeZone = ''
                ReadEntirePoint = ''; RemoveDeletedAfter = ''; Compression = ''; ActiveFullOn = ''
            }, [pscustomobject]@{
                Name = 'Other'; KeepPoints = ''; Weekly = '2'; WeeklyOn = 'Friday'; Machine = 'db*'
                Source = ''; Target = ''
                ReadEntirePoint = 'True'; RemoveDeletedAfter = '30d'; Compression = 'High'
            } | Set-BackupCopyJob -Parallel 5 -PassThru
            """);

        Assert.Equal(Policy.Replace("9", "3"), jobs[0].Retention);
        Assert.Equal((true, TimeSpan.FromDays(10)), (jobs[0].ReadEntirePoint, jobs[0].RemoveDeletedAfter));
        Assert.Equal(["web*"], jobs[0].Machine);
        Assert.Equal("5 days, Weekly 2 on Friday", jobs[1].Retention);
        Assert.Equal((true, TimeSpan.FromDays(30)), (jobs[1].ReadEntirePoint, jobs[1].RemoveDeletedAfter));
        Assert.Equal((Blocks.Compression.High, "db*"), (jobs[1].Compression, jobs[1].Machine[0]));
        Assert.All(jobs, job => Assert.Equal(5, job.Parallel));
        Assert.Equal("6 days, Weekly 2 on Friday", One("""
            [pscustomobject]@{ Name = 'Other'; KeepPoints = 4; Weekly = '' } |
                Set-BackupCopyJob -KeepDays 6 -PassThru
            """).Retention);
    }

    [Fact]
    public void An_object_of_a_job_says_which_one_and_nothing_else()
    {
        var job = One("""
            $old = Get-BackupCopyJob Nightly
            Set-BackupCopyJob Nightly -KeepDays 20 -Weekly 0 -Machine db*
            $old | Set-BackupCopyJob -Parallel 6 -PassThru
            """);

        Assert.Equal(("20 days, Monthly 12 on First", 6), (job.Retention, job.Parallel));
        Assert.Equal(["db*"], job.Machine);
        Assert.Equal(["db*"], One("""
            (Get-BackupCopySession -Newest 1 | Get-BackupCopyMachineTask)[0] |
                Set-BackupCopyJob -Parallel 4 -PassThru
            """).Machine);
    }

    [Fact]
    public void Empty_cells_of_a_new_job_are_not_given()
    {
        var job = One("""
            [pscustomobject]@{
                Name = 'Row'; Source = 'Primary'; Target = 'Offsite'; KeepPoints = ''; Weekly = ''
                Machine = ''; TimeZone = ''; ReadEntirePoint = ''; RemoveDeletedAfter = ''; Parallel = ''
                Compression = ''
            } | New-BackupCopyJob
            """);

        Assert.Equal(("7 points", 2, false), (job.Retention, job.Parallel, job.ReadEntirePoint));
        Assert.Empty(job.Machine);
        Assert.Null(job.RemoveDeletedAfter);
    }

    private JobInfo One(string script) => Assert.Single(All(script));

    private JobInfo[] All(string script) => [.. _lab.Get(script).Select(o => (JobInfo)o.BaseObject)];
}
