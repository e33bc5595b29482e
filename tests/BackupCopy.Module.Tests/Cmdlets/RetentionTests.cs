using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>Measure- and Invoke-BackupCopyRetention.</summary>
public sealed class RetentionTests : IClassFixture<HostedModule>, IDisposable
{
    private const string Manual = "Invoke-BackupCopyRetention -Repository Primary -Backup Manual";

    private readonly Lab _lab;

    public RetentionTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public static TheoryData<string, string> Refusals => new()
    {
        { "Measure-BackupCopyRetention none", "JobNotFound" },
        { "Measure-BackupCopyRetention -KeepPoints 1", "InvalidArgument" },
        { "Measure-BackupCopyRetention -KeepPoints 3 -KeepDays 3", "InvalidArgument" },
        { "Measure-BackupCopyRetention -Weekly 4", "InvalidArgument" },
        { "Measure-BackupCopyRetention -Days 0", "InvalidArgument" },
        { "Measure-BackupCopyRetention -SizeBytes -1", "InvalidArgument" },
        { "Measure-BackupCopyRetention -DailyChangePercent 101", "InvalidArgument" },
        { "Measure-BackupCopyRetention -Every 30s", "InvalidArgument" },
        { "Measure-BackupCopyRetention -Every 1m -Days 3660", "InvalidArgument" },
        { "Measure-BackupCopyRetention -OutFile restore/x.pdf", "InvalidArgument" },
        { "Measure-BackupCopyRetention -OutFile Env:/x.svg", "InvalidArgument" },
        { "Measure-BackupCopyRetention -OutFile restore/none/x.svg", "StorageError" },
        { "Invoke-BackupCopyRetention none", "JobNotFound" },
        { "Invoke-BackupCopyRetention Nightly -Machine none", "MachineNotFound" },
        { $"{Manual}", "InvalidArgument" },
        { $"{Manual} -Weekly 4 -WeeklyOn Sunday", "InvalidArgument" },
        { "Invoke-BackupCopyRetention -Repository none -Backup Manual -KeepPoints 2", "RepositoryNotFound" },
        { "Invoke-BackupCopyRetention -Repository Primary -Backup none -KeepPoints 2", "BackupNotFound" },
        { "Invoke-BackupCopyRetention -Repository Offsite -Backup Nightly -KeepPoints 2",
            "BackupBelongsToAnotherJob" },
    };

    public void Dispose() => _lab.Dispose();

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Bad_input_is_a_named_error_with_a_remedy(string script, string id)
    {
        var before = FolderState.Of(_lab.Root);

        var error = _lab.Error(script);

        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Equal(before, FolderState.Of(_lab.Root));
    }

    [Fact]
    public void A_forecast_tells_what_becomes_of_a_jobs_points()
    {
        _lab.Get("Add-LabHistory 5 @{ KeepPoints = 3; Weekly = 4; WeeklyOn = 'Sunday' }");

        var forecast = Forecast("Get-BackupCopyJob Archive | Measure-BackupCopyRetention -Days 60 -Every 1d");

        Assert.Equal(("Archive", "web01", 60), (forecast.Job, forecast.Machine, forecast.Days.Count));
        Assert.Equal("3 points, Weekly 4 on Sunday", forecast.Policy);
        Assert.Equal([1L, 3, 4, 5], forecast.Existing.Select(e => e.Sequence));
        Assert.Equal("Weekly for Sunday 2026-03-01", forecast.Existing[0].Flags.Single().ToString());
        Assert.Equal(new DateTime(2026, 3, 1, 12, 0, 0), forecast.Existing[0].Time);
        Assert.All(forecast.Existing, e => Assert.NotNull(e.Goes));
        Assert.InRange(forecast.MostPoints, 7, 8);
        Assert.True(forecast.MostBytes > 1 << 20);
    }

    [Theory]
    [InlineData("Measure-BackupCopyRetention Night*", 2)]
    [InlineData("'Nightly' | Measure-BackupCopyRetention", 2)]
    [InlineData("[pscustomobject]@{ Job = 'Nightly' } | Measure-BackupCopyRetention -KeepDays 4", 2)]
    [InlineData("Get-BackupCopySession -Newest 1 | Measure-BackupCopyRetention", 2)]
    [InlineData("Measure-BackupCopyRetention none*", 0)]
    [InlineData("Measure-BackupCopyRetention -KeepPoints 3", 1)]
    public void A_forecast_for_every_machine(string script, int count) =>
        Assert.Equal(count, _lab.Get($"{script} -Days 20").Count);

    [Theory]
    [InlineData("html", "<svg")]
    [InlineData("txt", "o point  W weekly")]
    public void All_machines_go_into_one_file(string ending, string content)
    {
        var script = $"Measure-BackupCopyRetention Nightly -Days 20 -OutFile restore/plan.{ending}";

        var file = (FileInfo)_lab.Get(script).Single().BaseObject;

        Assert.Equal(_lab.PathOf("restore", $"plan.{ending}"), file.FullName);
        var text = File.ReadAllText(file.FullName);
        Assert.Contains("web01 (Nightly): 7 points", text);
        Assert.Contains("db01 (Nightly): 7 points", text);
        Assert.Matches(@"At most \d+ points, \S+ \w+ from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d", text);
        var point = (RestorePointInfo)_lab.Get("Get-BackupCopyRestorePoint db01 -Repository Offsite")
            .Single().BaseObject;
        var fate = Forecast(
            "Measure-BackupCopyRetention Nightly -Days 20 | Where-Object Machine -eq db01").Existing[0];
        Assert.Contains($"{point.Time:yyyy-MM-dd HH:mm:ss}", text);
        Assert.Contains($"{fate.Goes:yyyy-MM-dd HH:mm}", text);
        Assert.Contains(fate.Why, text);
        Assert.Contains(content, text);
        Assert.Equal("DestinationExists", _lab.Error(script).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Single(_lab.Get($"{script} -Force"));
    }

    [Fact]
    public void Every_machine_gets_a_picture()
    {
        const string script = "Measure-BackupCopyRetention Nightly -Days 20 -OutFile restore/plan.svg";

        var files = _lab.Get(script).Select(f => ((FileInfo)f.BaseObject).Name);

        Assert.Equal(["plan-db01.svg", "plan-web01.svg"], files.Order());
        Assert.StartsWith("<svg", File.ReadAllText(_lab.PathOf("restore", "plan-db01.svg")));
        File.Delete(_lab.PathOf("restore", "plan-db01.svg"));
        Assert.Equal("DestinationExists", _lab.Error(script).FullyQualifiedErrorId.Split(',')[0]);
        Assert.False(File.Exists(_lab.PathOf("restore", "plan-db01.svg")));
        Assert.Equal(
            "one.svg", ((FileInfo)_lab.Get("Measure-BackupCopyRetention -OutFile restore/one.svg").Single()
                .BaseObject).Name);
    }

    [Fact]
    public void Retention_runs_without_a_copy_by_the_jobs_own_policy()
    {
        _lab.Get("Add-LabHistory 5; Set-BackupCopyJob Archive -KeepPoints 2");

        var result = Result("Get-BackupCopyJob Archive | Invoke-BackupCopyRetention");

        Assert.Equal(("Archive", "Offsite", "web01"), (result.Job, result.Repository, result.Machine));
        Assert.Equal([1L, 2, 3], result.Removed.Select(r => r.Sequence));
        Assert.Equal("2026-03-01 12:00:00: older than the newest 2 points", result.Removed[0].ToString());
        Assert.Equal((2, 0), (result.KeptCount, result.Debt));
        Assert.True(result.FreedBytes > 0);
        Assert.Equal(2, _lab.Get("Get-BackupCopyRestorePoint -Repository Offsite -Backup Archive").Count);
        Assert.Equal(
            5, _lab.Get("Get-BackupCopySession Archive").Count);
    }

    [Fact]
    public async Task WhatIf_says_of_each_point_why_it_would_go_and_what_returns()
    {
        _lab.Get("Add-LabHistory 4; Set-BackupCopyJob Archive -KeepPoints 2");
        var before = FolderState.Of(_lab.Root);

        var result = await ChildProcess.Shell(
            "-Command", $"Invoke-BackupCopyRetention Archive -WhatIf -CatalogPath '{_lab.Catalog}'");

        Assert.Contains(
            "Remove the restore point of 2026-03-01 12:00:00: older than the newest 2 points", result.Output);
        Assert.Contains("\"Archive: web01\"", result.Output);
        Assert.Matches(@"Keep 2 of 4 restore points; \d\S* \w+ return\.", result.Output);
        Assert.Equal("", result.Error);
        Assert.Equal(before, FolderState.Of(_lab.Root));
    }

    [Fact]
    public void An_orphaned_backup_comes_by_property_name()
    {
        _lab.Get("Add-LabHistory 4; Remove-BackupCopyJob Archive 6>$null");

        var result = Result("""
            (Get-BackupCopyRestorePoint -Repository Offsite -Backup Archive)[0] |
                Invoke-BackupCopyRetention -KeepPoints 3
            """);

        Assert.Equal(("", 1, 3), (result.Job, result.Removed.Count, result.KeptCount));
    }

    [Fact]
    public void Points_of_the_pipeline_mean_their_machines_and_each_once()
    {
        _lab.Get("""
            1..3 | ForEach-Object {
                Edit-LabImage vm/web01.img $_; Edit-LabImage vm/db01.img $_
                $null = New-BackupCopyRestorePoint Primary web01 vm/web01.img
                $null = New-BackupCopyRestorePoint Primary db01 vm/db01.img
            }
            """);

        const string retention = "Invoke-BackupCopyRetention -KeepPoints 2";

        var result = Result($"Get-BackupCopyRestorePoint WEB01 -Repository Primary | {retention}");

        Assert.Equal(("web01", 3, 2), (result.Machine, result.Removed.Count, result.KeptCount));
        Assert.Equal(4, _lab.Get("Get-BackupCopyRestorePoint db01 -Repository Primary").Count);
        Assert.Equal(2, _lab.Get($"Get-BackupCopyRestorePoint -Repository Primary | {retention}").Count);
    }

    [Fact]
    public void A_backup_without_a_job_is_meant_by_its_folder_and_needs_a_policy()
    {
        _lab.Get("Add-LabHistory 4; Remove-BackupCopyJob Archive 6>$null");
        const string orphan = "Get-BackupCopyBackup -Orphaned | Invoke-BackupCopyRetention";

        var error = _lab.Error(orphan);
        var result = Result($"{orphan} -KeepPoints 3");

        Assert.Equal("InvalidArgument", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("KeepPoints", error.ErrorDetails.RecommendedAction);
        Assert.Equal(("", 1, 3), (result.Job, result.Removed.Count, result.KeptCount));
        Assert.Equal("InvalidArgument", _lab.Error(
            "(Get-BackupCopyRestorePoint web01 -Backup Archive)[0] | Invoke-BackupCopyRetention")
            .FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(2, _lab.Get("Get-BackupCopyBackup Nightly | Invoke-BackupCopyRetention").Count);
    }

    [Fact]
    public async Task A_point_that_is_read_is_an_error_of_its_machine_beside_the_result()
    {
        _lab.Get("""
            New-LabImage vm/web01.img 8000 7
            Add-LabHistory 4
            Set-BackupCopyJob Archive -KeepPoints 2
            Set-BackupCopyRepository Offsite -MaxRate 128KB/s
            """);
        using var reader = await LabJob.StartAsync(_lab, """
            Get-BackupCopyRestorePoint -Repository Offsite -Backup Archive |
                Where-Object Sequence -eq 1 | Export-BackupCopyRestorePoint -Destination restore
            """);

        var result = _lab.Run("Invoke-BackupCopyRetention Archive");

        Assert.Equal((1, 1), Counts((RetentionResult)Assert.Single(result.Output).BaseObject));
        var error = Assert.Single(result.Errors);
        Assert.Equal("RetentionDebt", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("web01", error.TargetObject);
        await reader.StopAsync();
        Assert.Equal((1, 0), Counts(Result("Invoke-BackupCopyRetention Archive")));
    }

    private static (int Removed, int Debt) Counts(RetentionResult result) =>
        (result.Removed.Count, result.Debt);

    private RetentionForecastInfo Forecast(string script) =>
        (RetentionForecastInfo)Assert.Single(_lab.Get(script)).BaseObject;

    private RetentionResult Result(string script) =>
        (RetentionResult)Assert.Single(_lab.Get(script)).BaseObject;
}
