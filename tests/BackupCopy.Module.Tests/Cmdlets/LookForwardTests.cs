using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class LookForwardTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public LookForwardTests(HostedModule hosted)
    {
        _lab = Lab.Prepared(hosted);
        _lab.Get("$null = New-BackupCopyJob Weekly -Source Primary -Target Offsite");
    }

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void The_global_setting_counts_for_jobs_without_a_word_of_their_own()
    {
        Assert.Equal("=False Nightly=(False) Weekly=(False)", Shown());

        Assert.Empty(_lab.Get("Set-LookForward $true"));
        _lab.Get("Set-LookForward $false -Job Nightly");
        Assert.Equal("=True Nightly=False Weekly=(True)", Shown());
        Assert.Equal((false, false), OfJob("Nightly"));
        Assert.Equal((true, true), OfJob("Weekly"));

        _lab.Get("Set-LookForward $false");
        _lab.Get("Set-LookForward -Job Nightly -Inherit");
        Assert.Equal("=False Nightly=(False) Weekly=(False)", Shown());
    }

    [Theory]
    [InlineData("Set-LookForward -Enabled $true -Job *", "=False Nightly=True Weekly=True")]
    [InlineData("Set-LookForward $true -Job weekly, nightly", "=False Nightly=True Weekly=True")]
    [InlineData("Get-BackupCopyJob w* | Set-LookForward $true", "=False Nightly=(False) Weekly=True")]
    [InlineData("Get-LookForward * | Set-LookForward $true", "=False Nightly=True Weekly=True")]
    [InlineData("Set-BackupCopyLookForward $true -Job W*", "=False Nightly=(False) Weekly=True")]
    [InlineData("Set-LookForward $true -Job none*", "=False Nightly=(False) Weekly=(False)")]
    [InlineData("Get-BackupCopyJob none* | Set-LookForward $true", "=False Nightly=(False) Weekly=(False)")]
    public void Jobs_are_named_in_every_way_and_none_is_never_all(string script, string expected)
    {
        Assert.Empty(_lab.Get(script));

        Assert.Equal(expected, Shown());
    }

    [Theory]
    [InlineData("Set-LookForward $true -Job ''")]
    [InlineData("Set-LookForward $true -Job @()")]
    [InlineData("Set-LookForward $true -Job $unset")]
    [InlineData("Get-LookForward | Where-Object Job -eq '' | Set-LookForward $true")]
    [InlineData("Set-LookForward $true -Job Nightly -Inherit")]
    [InlineData("Set-LookForward -Inherit -Job $unset")]
    public void A_name_that_is_not_there_never_means_all_jobs(string script)
    {
        Assert.NotEmpty(_lab.Run(script).Errors);

        Assert.Equal("=False Nightly=(False) Weekly=(False)", Shown());
    }

    [Fact]
    public void PassThru_returns_what_counts_now()
    {
        var all = Info("Set-LookForward $true -PassThru");
        var job = Info("Set-LookForward $false -Job Weekly -PassThru");
        var inherited = Info("Set-LookForward -Job Weekly -Inherit -PassThru");

        Assert.Equal(("", true, true, false), (all.Job, all.Enabled, all.Own, all.IsInherited));
        Assert.Equal(("Weekly", false, false, false), (job.Job, job.Enabled, job.Own, job.IsInherited));
        Assert.Equal((true, null, true), (inherited.Enabled, inherited.Own, inherited.IsInherited));
    }

    [Fact]
    public void The_list_is_narrowed_by_name_and_by_object()
    {
        Assert.Equal("Weekly=(False)", Shown("Get-LookForward Week*"));
        Assert.Equal("Nightly=(False)", Shown("Get-BackupCopyJob N* | Get-BackupCopyLookForward"));
    }

    private (bool Enabled, bool IsInherited) OfJob(string name)
    {
        var job = (JobInfo)_lab.Get("Get-BackupCopyJob $args[0]", name).Single().BaseObject;
        return (job.LookForward, job.IsLookForwardInherited);
    }

    private LookForwardInfo Info(string script) =>
        (LookForwardInfo)Assert.Single(_lab.Get(script)).BaseObject;

    private string Shown(string script = "Get-LookForward") => string.Join(' ', _lab.Get(script)
        .Select(setting => (LookForwardInfo)setting.BaseObject)
        .Select(s => $"{s.Job}={(s.IsInherited ? $"({s.Enabled})" : s.Enabled)}"));
}
