using System.Management.Automation;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class BackupTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public BackupTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("", "Nightly Manual")]
    [InlineData("night*", "Nightly")]
    [InlineData("MANUAL", "Manual")]
    [InlineData("-Repository Primary", "Manual")]
    [InlineData("(Get-BackupCopyJob Nightly)", "Nightly")]
    [InlineData("(Get-BackupCopyRestorePoint db01 -Repository Offsite)", "Nightly")]
    [InlineData("-Orphaned", "")]
    [InlineData("none*", "")]
    public void Get_filters(string arguments, string expected) => Assert.Equal(
        expected,
        string.Join(' ', All(arguments).OrderBy(b => b.Repository).Select(b => b.Name)));

    [Theory]
    [InlineData("Get-BackupCopyBackup none", "BackupNotFound")]
    [InlineData("Get-BackupCopyBackup -Repository none", "RepositoryNotFound")]
    [InlineData("Remove-BackupCopyBackup none -Repository Offsite", "BackupNotFound")]
    [InlineData("Remove-BackupCopyBackup Nightly -Repository none", "RepositoryNotFound")]
    [InlineData("Remove-BackupCopyBackup Nightly -Repository Offsite -Confirm:$false", "BackupInUse")]
    public void A_name_that_nothing_has_is_an_error(string script, string id) =>
        Assert.Equal(id, Id(_lab.Error(script)));

    [Fact]
    public void A_backup_is_named_by_folder_too_and_leads_to_its_points()
    {
        var folder = Assert.Single(All("Nightly")).Folder;

        Assert.Equal("Nightly", Assert.Single(All(folder)).Name);
        Assert.Equal(2, _lab.Get("Get-BackupCopyBackup Nightly | Get-BackupCopyRestorePoint").Count);
        Assert.Equal(2, _lab.Get(
            "Get-BackupCopyRestorePoint -Backup (Get-BackupCopyBackup Nightly)").Count);
        Assert.Equal("Nightly", Assert.Single(All("-Repository (Get-BackupCopyRepository Offsite)")).Job);
    }

    [Fact]
    public void A_backup_without_its_job_is_orphaned_and_goes()
    {
        _lab.Get("Remove-BackupCopyJob Nightly");
        var orphan = Assert.Single(All("-Orphaned"));
        Assert.Equal(("Nightly", ""), (orphan.Name, orphan.Job));

        var removed = _lab.Get(
            "Get-BackupCopyBackup -Orphaned | Remove-BackupCopyBackup -Confirm:$false -PassThru").Single();

        Assert.Equal(orphan.Path, ((BackupInfo)removed.BaseObject).Path);
        Assert.False(Directory.Exists(orphan.Path));
        Assert.Empty(_lab.Get("Get-BackupCopyRestorePoint -Repository Offsite"));
        Assert.Equal(3, _lab.Get("Get-BackupCopyRestorePoint -Repository Primary").Count);
    }

    [Fact]
    public void Held_points_and_a_job_keep_a_backup_unless_it_is_forced()
    {
        _lab.Get("""
            Get-BackupCopyRestorePoint db01 -Repository Primary |
                Set-BackupCopyRestorePoint -Hold -Reason audit
            """);
        var held = _lab.Error("Remove-BackupCopyBackup Manual -Repository Primary -Confirm:$false");
        Assert.Equal("PointHeld", Id(held));
        Assert.Contains("audit", held.Exception.Message);

        var kept = _lab.Error("Get-BackupCopyBackup Nightly | Remove-BackupCopyBackup -Confirm:$false");
        Assert.Contains("Remove-BackupCopyJob Nightly", kept.ErrorDetails.RecommendedAction);

        _lab.Get("Get-BackupCopyBackup | Remove-BackupCopyBackup -Confirm:$false -Force");
        Assert.Empty(_lab.Get("Get-BackupCopyBackup"));
        Assert.Empty(_lab.Get("Get-BackupCopyRestorePoint -IncludeIncomplete"));
        var next = _lab.Get("""
            $null = New-BackupCopyRestorePoint Primary web01 vm/web01.img
            Start-BackupCopySync Nightly
            """).Single();
        Assert.Equal(Jobs.SessionResult.Success, ((SessionInfo)next.BaseObject).Result);
    }

    [Fact]
    public async Task Nothing_goes_while_a_machine_is_written()
    {
        _lab.Get("Set-BackupCopyRepository Primary -MaxRate 64KB/s");
        using var running = await LabJob.StartAsync(
            _lab, "New-LabImage vm/web02.img 4000 9; New-BackupCopyRestorePoint Primary web01 vm/web02.img");

        var error = _lab.Error("Remove-BackupCopyBackup Manual -Repository Primary -Confirm:$false");

        Assert.Equal("ChainLocked", Id(error));
        await running.StopAsync();
        Assert.Equal(3, _lab.Get("Get-BackupCopyRestorePoint -Repository Primary").Count);
    }

    [Fact]
    public void A_repository_that_is_away_is_a_warning_unless_it_is_asked_for()
    {
        Directory.Move(_lab.PathOf("mnt", "offsite"), _lab.PathOf("mnt", "away"));

        var everything = _lab.Run("Get-BackupCopyBackup");
        var asked = _lab.Run("Get-BackupCopyBackup Nightly -Repository Offsite");

        Assert.Single(everything.Output);
        Assert.Single(everything.Warnings);
        Assert.Equal("RepositoryUnavailable", Id(Assert.Single(asked.Errors)));
    }

    private List<BackupInfo> All(string arguments) =>
        [.. _lab.Get($"Get-BackupCopyBackup {arguments}").Select(b => (BackupInfo)b.BaseObject)];

    private static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];
}
