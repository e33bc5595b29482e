using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>Names, our objects and foreign objects lead to the same thing.</summary>
public sealed class PipelineTests : IClassFixture<PreparedLab>
{
    private readonly Lab _lab;

    public PipelineTests(PreparedLab prepared) => _lab = prepared.Lab;

    [Theory]
    [InlineData("'Offsite'")]
    [InlineData("Get-BackupCopyRepository Offsite")]
    [InlineData("Get-BackupCopyRestorePoint -Repository Offsite -Newest 1 db01")]
    [InlineData("[pscustomobject]@{ Repository = 'Offsite'; Machine = 'db01' }")]
    public void Repositories_come_down_the_pipeline(string from)
    {
        Assert.Equal("Offsite", ((RepositoryInfo)One($"{from} | Get-BackupCopyRepository")).Name);
        var points = _lab.Get($"{from} | Get-BackupCopyRestorePoint");
        Assert.NotEmpty(points);
        Assert.All(points, point => Assert.Equal("Offsite", ((RestorePointInfo)point.BaseObject).Repository));
    }

    [Theory]
    [InlineData("'Nightly'")]
    [InlineData("Get-BackupCopyJob Nightly")]
    [InlineData("Get-BackupCopySession -Newest 1")]
    [InlineData("(Get-BackupCopySession -Newest 1 | Get-BackupCopyMachineTask)[0]")]
    [InlineData("[pscustomobject]@{ Job = 'Nightly' }")]
    [InlineData("[pscustomobject]@{ Name = 'Nightly' }")]
    public void Jobs_come_down_the_pipeline(string from)
    {
        Assert.Equal("Nightly", ((JobInfo)One($"{from} | Get-BackupCopyJob")).Name);
        Assert.Equal(2, _lab.Get($"{from} | Measure-BackupCopySync").Count);
    }

    [Theory]
    [InlineData("-Repository (Get-BackupCopyRepository Offsite)")]
    [InlineData("-Repository (Get-BackupCopyRepository Off*), Primary -Backup Nightly")]
    [InlineData("-Repository Offsite -Machine (Get-BackupCopyRestorePoint -Repository Offsite)")]
    [InlineData("-Backup (Get-BackupCopyJob Nightly)")]
    public void Parameters_take_objects_and_names(string arguments) =>
        Assert.Equal(2, _lab.Get($"Get-BackupCopyRestorePoint {arguments}").Count);

    [Theory]
    [InlineData("Get-BackupCopyRepository Primary | Start-BackupCopySync -WhatIf", "RepositoryInfo")]
    [InlineData("Get-BackupCopyRepository Primary | Remove-BackupCopyJob -WhatIf", "RepositoryInfo")]
    [InlineData("Get-BackupCopyJob Nightly | Get-BackupCopyRepository", "JobInfo")]
    [InlineData("Get-BackupCopyRestorePoint -Repository (Get-BackupCopyJob Nightly)", "JobInfo")]
    [InlineData("Get-BackupCopyJob Nightly | Get-BackupCopyMachineTask", "JobInfo")]
    public void The_name_of_one_thing_is_never_taken_for_the_name_of_another(string script, string type)
    {
        var error = _lab.Error(script);

        Assert.Contains(type, error.Exception.Message);
        Assert.Contains("ArgumentTransformation", error.FullyQualifiedErrorId);
    }

    [Fact]
    public void A_repository_brings_its_backups()
    {
        var backup = (BackupInfo)One("Get-BackupCopyRepository Offsite | Get-BackupCopyBackup");

        Assert.Equal(("Nightly", "Offsite"), (backup.Name, backup.Repository));
        Assert.Empty(_lab.Get("Get-BackupCopyRepository Offsite | Get-BackupCopyBackup Man*"));
        var same = (BackupInfo)One("Get-BackupCopyBackup Nightly | Get-BackupCopyBackup");
        Assert.Equal(backup.Path, same.Path);
    }

    [Fact]
    public void A_job_brings_the_points_of_its_backup()
    {
        var points = _lab.Get("Get-BackupCopyJob Nightly | Get-BackupCopyRestorePoint")
            .Select(point => (RestorePointInfo)point.BaseObject).ToArray();

        Assert.Equal(["db01", "web01"], points.Select(point => point.Machine).Order());
        Assert.All(points, point => Assert.Equal("Offsite", point.Repository));
        var newest = (RestorePointInfo)One("Get-BackupCopyJob | Get-BackupCopyRestorePoint web01 -Newest 1");
        Assert.Equal("web01", newest.Machine);
        Assert.Empty(_lab.Get("Get-BackupCopyJob Nightly | Get-BackupCopyRestorePoint -Repository Primary"));
        Assert.Equal(
            "InvalidArgument",
            _lab.Error("Get-BackupCopyRestorePoint -Machine @()").FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains(
            "cannot be null", _lab.Error("Get-BackupCopyRestorePoint -Machine $unset").Exception.Message);
    }

    [Fact]
    public void Records_of_a_table_make_points_and_jobs()
    {
        using var hosted = new HostedModule();
        using var lab = new Lab(hosted);

        var output = lab.Get("""
            1..2 | ForEach-Object { New-LabImage "vm/m$_.img" 100 $_ }
            $null = [pscustomobject]@{ Name = 'Primary'; Path = 'backup/primary'; BlockSize = '256KB' },
                [pscustomobject]@{ Name = 'Offsite'; Path = 'mnt/offsite'; Compression = 'Fast' } |
                New-BackupCopyRepository
            1..2 | ForEach-Object {
                [pscustomobject]@{ Machine = "m$_"; Path = "vm/m$_.img"; Time = "2026-01-0$_ 12:00" }
            } | New-BackupCopyRestorePoint -Repository Primary
            [IO.FileInfo]"$Lab/vm/m1.img" |
                New-BackupCopyRestorePoint Primary -Machine { "$($_.BaseName)-again" }
            [pscustomobject]@{ Name = 'One'; Source = 'Primary'; Target = 'Offsite'; Machine = 'm1' } |
                New-BackupCopyJob
            """);

        var points = output.Select(result => result.BaseObject).OfType<RestorePointInfo>().ToArray();
        Assert.Equal(["m1", "m2", "m1-again"], points.Select(point => point.Machine));
        Assert.Equal(new DateTime(2026, 1, 2, 12, 0, 0, DateTimeKind.Local), points[1].Time);
        Assert.Equal(["m1"], ((JobInfo)output[^1].BaseObject).Machine);
    }

    [Fact]
    public void A_job_is_the_pattern_for_another_one()
    {
        using var hosted = new HostedModule();
        using var lab = Lab.Prepared(hosted);
        lab.Get("Set-BackupCopyJob Nightly -Exclude old*, test* -Parallel 4 -Compression High");

        var copy = (JobInfo)lab.Get("Get-BackupCopyJob | New-BackupCopyJob -Name Second").Single().BaseObject;

        Assert.Equal(["old*", "test*"], copy.Exclude);
        Assert.Equal((4, Blocks.Compression.High, "Offsite"), (copy.Parallel, copy.Compression, copy.Target));
    }

    private object One(string script) => Assert.Single(_lab.Get(script)).BaseObject;
}
