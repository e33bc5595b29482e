using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>The days of health check and compaction at the prompt.</summary>
public sealed class JobUpkeepTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public JobUpkeepTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Days_are_kept_shown_changed_and_taken_back()
    {
        var made = Job("""
            New-BackupCopyJob Checked -Source Primary -Target Offsite -HealthCheckOn 'last friday', 15 `
                -CompactOn Sunday
            """);
        Assert.Equal(["last friday", "15"], made.HealthCheckOn);
        Assert.Equal(["Sunday"], made.CompactOn);
        Assert.Null(made.LastHealthCheck);
        Assert.Null(made.LastCompaction);
        Assert.Equal("", made.WentBack);

        var changed = Job("Set-BackupCopyJob Checked -HealthCheckOn @() -PassThru");
        Assert.Empty(changed.HealthCheckOn);
        Assert.Equal(["Sunday"], changed.CompactOn);
        Assert.Empty(Job("Set-BackupCopyJob Checked -CompactOn None -PassThru").CompactOn);
    }

    [Theory]
    [InlineData("Set-BackupCopyJob Nightly -HealthCheckOn '' -PassThru", "", "Sunday")]
    [InlineData("Set-BackupCopyJob Nightly -HealthCheckOn $unset -CompactOn $unset -PassThru", "1", "Sunday")]
    [InlineData("Get-BackupCopyJob Nightly | New-BackupCopyJob -Name Same -CompactOn 1, 2", "1", "1,2")]
    [InlineData(
        "[pscustomobject]@{ Name = 'Nightly'; HealthCheckOn = ''; CompactOn = 'Monday' } | "
        + "Set-BackupCopyJob -PassThru", "1", "Monday")]
    public void Only_what_is_given_counts(string script, string check, string compact)
    {
        _lab.Get("Set-BackupCopyJob Nightly -HealthCheckOn 1 -CompactOn Sunday");
        var job = Job(script);
        Assert.Equal(
            (check, compact), (string.Join(',', job.HealthCheckOn), string.Join(',', job.CompactOn)));
    }

    [Theory]
    [InlineData("-HealthCheckOn Someday", "\"Someday\" is no day for a health check.")]
    [InlineData("-CompactOn '15 of June'", "\"15 of June\" is no day for compacting.")]
    public void What_is_no_day_is_refused_before_anything_is_stored(string arguments, string said)
    {
        foreach (var script in new[]
        {
            $"New-BackupCopyJob Bad -Source Primary -Target Offsite {arguments}",
            $"Set-BackupCopyJob Nightly {arguments}",
        })
        {
            var error = _lab.Error(script);
            Assert.Equal("InvalidArgument", error.FullyQualifiedErrorId.Split(',')[0]);
            Assert.Contains(said, error.Exception.Message, StringComparison.Ordinal);
            Assert.Contains("\"Last\"", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }

        Assert.Empty(_lab.Get("Get-BackupCopyJob Bad*"));
    }

    [Fact]
    public void Change_is_told_by_its_name()
    {
        var said = string.Join("\n", _lab.Get(
            "Set-BackupCopyJob Nightly -HealthCheckOn Friday -Verbose 4>&1")
            .Select(line => line.ToString()));
        Assert.Contains("HealthCheckOn", said, StringComparison.Ordinal);
    }

    private JobInfo Job(string script) => (JobInfo)Assert.Single(_lab.Get(script)).BaseObject;
}
