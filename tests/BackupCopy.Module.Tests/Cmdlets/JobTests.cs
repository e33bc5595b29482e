using BackupCopy.Blocks;
using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class JobTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public JobTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void New_keeps_what_is_given()
    {
        var job = One("""
            New-BackupCopyJob Databases -Source Primary -Target Offsite -Machine db* -Exclude *test* `
                -FromJob Manual -FromBackup Man* -Parallel 3 -Compression Fast
            """);

        Assert.Equal("Databases", job.Name);
        Assert.Equal(["Primary"], job.Source);
        Assert.Equal("Offsite", job.Target);
        Assert.Equal(["db*"], job.Machine);
        Assert.Equal(["*test*"], job.Exclude);
        Assert.Equal(["Manual"], job.FromJob);
        Assert.Equal(["Man*"], job.FromBackup);
        Assert.Equal(3, job.Parallel);
        Assert.Equal(Compression.Fast, job.Compression);
        Assert.Equal(SessionResult.None, job.LastResult);
        Assert.Null(job.LastRun);
    }

    [Fact]
    public void Set_changes_what_is_given_and_an_empty_list_removes_a_choice()
    {
        Assert.Empty(_lab.Get("Set-BackupCopyJob Nightly -Machine web* -Exclude old* -Parallel 7"));
        var excluded = One("Set-BackupCopyJob Nightly -Exclude @() -PassThru");
        var renamed = One("Set-BackupCopyJob Nightly -NewName Evenings -PassThru");

        Assert.Equal(["web*"], excluded.Machine);
        Assert.Empty(excluded.Exclude);
        Assert.Equal(7, excluded.Parallel);
        Assert.Equal(("Evenings", 7), (renamed.Name, renamed.Parallel));
        Assert.Equal(excluded.Id, renamed.Id);
    }

    [Fact]
    public void A_renamed_job_goes_on_in_its_own_backup()
    {
        var session = (SessionInfo)_lab.Get("""
            Set-BackupCopyJob Nightly -NewName Evenings
            Start-BackupCopySync Evenings
            """).Single().BaseObject;

        Assert.Equal(SessionResult.Success, session.Result);
        Assert.Single(Directory.GetDirectories(_lab.PathOf("mnt", "offsite"), "Nightly.*"));
        Assert.Empty(Directory.GetDirectories(_lab.PathOf("mnt", "offsite"), "Evenings.*"));
    }

    [Fact]
    public void Lag_and_last_run_tell_how_the_job_stands()
    {
        var behind = One("Get-BackupCopyJob nightly");
        _lab.Get("Start-BackupCopySync Nightly");
        var upToDate = One("Get-BackupCopyJob Night*");

        Assert.Equal(24, behind.Lag!.Value.TotalHours, 2);
        Assert.Equal(TimeSpan.Zero, upToDate.Lag);
        Assert.Equal(SessionResult.Success, upToDate.LastResult);
        Assert.True(upToDate.LastRun > behind.LastRun);
    }

    [Fact]
    public void Lag_is_shown_as_unknown_while_the_target_is_away()
    {
        Directory.Move(_lab.PathOf("mnt", "offsite"), _lab.PathOf("mnt", "away"));

        Assert.Null(One("Get-BackupCopyJob Nightly").Lag);
        var shown = _lab.Get(
            "Get-BackupCopyJob Nightly | ForEach-Object { [BackupCopy.PowerShell.Display]::Lag($_.Lag) }");
        Assert.Equal("unknown", shown.Single().BaseObject);
    }

    [Fact]
    public void Removing_changes_no_file_says_where_they_are_and_a_new_job_takes_them_over()
    {
        var folder = Directory.GetDirectories(_lab.PathOf("mnt", "offsite"), "Nightly.*").Single();
        var before = FolderState.Of(_lab.PathOf("mnt"));

        var said = _lab.Get("Remove-BackupCopyJob Night* 6>&1");

        Assert.Contains(folder, Assert.Single(said).ToString());
        Assert.Equal(before, FolderState.Of(_lab.PathOf("mnt")));
        const string make = "New-BackupCopyJob Nightly -Source Primary -Target Offsite";
        Assert.Equal("BackupBelongsToAnotherJob", Id(make));
        var session = (SessionInfo)_lab.Get($"{make} -MapBackup Nightly | Start-BackupCopySync")
            .Single().BaseObject;
        Assert.Equal(512 * 1024, session.ReadBytes);
    }

    [Fact]
    public void PassThru_returns_the_job_that_was_removed()
    {
        Assert.Equal("Nightly", One("Remove-BackupCopyJob Nightly -PassThru 6>$null").Name);
        Assert.Equal("JobNotFound", Id("Get-BackupCopyJob Nightly"));
        Assert.Empty(_lab.Get("Get-BackupCopyJob"));
    }

    [Fact]
    public void A_job_that_is_not_there_names_the_catalog_and_the_user()
    {
        var message = _lab.Error("Start-BackupCopySync nothing").Exception.Message;

        Assert.Contains(_lab.Catalog, message);
        Assert.Contains(Environment.UserName, message);
    }

    private JobInfo One(string script) => (JobInfo)Assert.Single(_lab.Get(script)).BaseObject;

    private string Id(string script) => _lab.Error(script).FullyQualifiedErrorId.Split(',')[0];
}
