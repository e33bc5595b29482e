using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>Bad input is an error with a name and a remedy, and no repository changes.</summary>
public sealed class BadInputTests : IClassFixture<PreparedLab>
{
    private readonly Lab _lab;

    public BadInputTests(PreparedLab prepared) => _lab = prepared.Lab;

    public static TheoryData<string, string> Names => new()
    {
        { "New-BackupCopyRepository NUL backup/new", "InvalidName" },
        { "New-BackupCopyRepository com1.old backup/new", "InvalidName" },
        { "New-BackupCopyRepository 'a*b' backup/new", "InvalidName" },
        { "New-BackupCopyRepository ('x' * 2000) backup/new", "InvalidName" },
        { "New-BackupCopyRepository ' ' backup/new", "InvalidName" },
        { "New-BackupCopyRepository \"a`nb\" backup/new", "InvalidName" },
        { "New-BackupCopyRepository PRIMARY backup/new", "RepositoryNameTaken" },
        { "Set-BackupCopyRepository Primary -NewName OFFSITE", "RepositoryNameTaken" },
        { "New-BackupCopyRestorePoint Primary LPT1 vm/web01.img", "InvalidName" },
        { "New-BackupCopyRestorePoint Primary ('x' * 2000) vm/web01.img", "InvalidName" },
        { "New-BackupCopyRestorePoint Primary x vm/web01.img -Backup aux", "InvalidName" },
        { "New-BackupCopyJob 'what?' -Source Primary -Target Offsite", "InvalidName" },
        { "New-BackupCopyJob NIGHTLY -Source Primary -Target Offsite", "JobExists" },
    };

    public static TheoryData<string, string> Lookups => new()
    {
        { "Get-BackupCopyRepository none", "RepositoryNotFound" },
        { "Set-BackupCopyRepository none -MaxTasks 1", "RepositoryNotFound" },
        { "Unregister-BackupCopyRepository none", "RepositoryNotFound" },
        { "Update-BackupCopyRepository none", "RepositoryNotFound" },
        { "New-BackupCopyRestorePoint none web01 vm/web01.img", "RepositoryNotFound" },
        { "New-BackupCopyJob x -Source none -Target Offsite", "RepositoryNotFound" },
        { "Set-BackupCopyJob Nightly -Target none", "RepositoryNotFound" },
        { "Export-BackupCopyRestorePoint -Repository none -Machine web01 -Destination restore",
            "RepositoryNotFound" },
        { "Export-BackupCopyRestorePoint -Repository Primary -Machine none -Destination restore",
            "RestorePointNotFound" },
        { "Export-BackupCopyRestorePoint -Repository Primary -Machine web01 -Disk none* -Destination restore",
            "DiskNotFound" },
        { "Remove-BackupCopyRestorePoint -Repository none -Machine web01 -Before 2030-01-01",
            "RepositoryNotFound" },
        { "Remove-BackupCopyRestorePoint -Repository Primary -Machine none -Before 2030-01-01",
            "RestorePointNotFound" },
        { "Remove-BackupCopyRestorePoint -Repository Primary -Machine web01 -Backup none -Before 2030-01-01",
            "RestorePointNotFound" },
        { "Remove-BackupCopyRestorePoint (Get-BackupCopyRestorePoint db01 -Repository Primary)",
            "LastGoodPoint" },
        { "Get-BackupCopyBackup none", "BackupNotFound" },
        { "Get-BackupCopyBackup -Repository none", "RepositoryNotFound" },
        { "Remove-BackupCopyBackup none -Repository Primary", "BackupNotFound" },
        { "Remove-BackupCopyBackup Manual -Repository none", "RepositoryNotFound" },
        { "Remove-BackupCopyBackup Nightly -Repository Offsite", "BackupInUse" },
        { "Get-BackupCopyJob none", "JobNotFound" },
        { "Set-BackupCopyJob none -Parallel 1", "JobNotFound" },
        { "Remove-BackupCopyJob none", "JobNotFound" },
        { "Measure-BackupCopySync none", "JobNotFound" },
        { "Start-BackupCopySync none", "JobNotFound" },
        { "Start-BackupCopySync Nightly -Machine none", "MachineNotFound" },
        { "Get-BackupCopySession none", "JobNotFound" },
        { "Get-BackupCopyMachineTask ([guid]::NewGuid())", "SessionNotFound" },
        { "Get-BackupCopyEvent ([guid]::NewGuid())", "SessionNotFound" },
        { "Enable-BackupCopyJob none", "JobNotFound" },
        { "Disable-BackupCopyJob none", "JobNotFound" },
        { "Set-LookForward $true -Job none", "JobNotFound" },
        { "Set-LookForward -Job none -Inherit", "JobNotFound" },
        { "Get-LookForward none", "JobNotFound" },
        { "New-BackupCopyJob x -Source Primary -Target Offsite -MapBackup none", "BackupNotFound" },
    };

    public static TheoryData<string, string> Choices => new()
    {
        { "New-BackupCopyRepository x backup/new -BlockSize 100KB", "InvalidArgument" },
        { "New-BackupCopyRepository x vm -Images -Pattern '{nobody}.{ext}'", "InvalidArgument" },
        { "New-BackupCopyRepository x vm -Images -Pattern '{disk}.{ext}'", "InvalidArgument" },
        { "New-BackupCopyRepository x vm -Images -SettleTime 2d", "InvalidArgument" },
        { "New-BackupCopyRepository x vm -Pattern '{machine}.{ext}'", "InvalidArgument" },
        { "New-BackupCopyRepository x none -Images", "RepositoryUnavailable" },
        { "New-BackupCopyRepository x backup/primary -Images", "RepositoryExists" },
        { "New-BackupCopyRepository Primary vm -Images", "RepositoryNameTaken" },
        { "Set-BackupCopyRepository Primary -SettleTime 5m", "InvalidArgument" },
        { "New-BackupCopyRestorePoint Primary x vm/web01.img -Attach vm/none*", "ImageNotFound" },
        { "New-BackupCopyRestorePoint Primary x vm/web01.img -Attach vm", "ImageNotFound" },
        { "Set-BackupCopyRepository Primary -MaxTasks 0", "InvalidArgument" },
        { "New-BackupCopyJob x -Source Primary -Target Offsite -Parallel 65", "InvalidArgument" },
        { "New-BackupCopyJob x -Source Primary, Offsite -Target Offsite", "TargetIsSource" },
        { "Set-BackupCopyJob Nightly -Source Offsite", "TargetIsSource" },
        { "Unregister-BackupCopyRepository Primary", "RepositoryInUse" },
        { "Set-LookForward -Job Nightly -Inherit:$false", "InvalidArgument" },
        { "Set-BackupCopyRepository Primary -Path mnt/offsite", "RepositoryMismatch" },
    };

    public static TheoryData<string, string> Places => new()
    {
        { "New-BackupCopyRepository x vm", "FolderNotEmpty" },
        { "New-BackupCopyRepository x backup/primary", "RepositoryExists" },
        { "New-BackupCopyRepository x backup/primary/inner/deep", "NestedRepository" },
        { "Register-BackupCopyRepository vm", "NotARepository" },
        { "Register-BackupCopyRepository none", "RepositoryUnavailable" },
        { "Register-BackupCopyRepository backup/primary -Name x", "RepositoryExists" },
        { "New-BackupCopyRestorePoint Primary x vm/none.img", "ImageNotFound" },
        { "New-BackupCopyRestorePoint Primary x vm/none*.img", "ImageNotFound" },
        { "New-BackupCopyRestorePoint Primary x vm", "ImageNotFound" },
        { "Get-BackupCopyJob -CatalogPath vm/web01.img", "CatalogDamaged" },
        { "Register-BackupCopyRepository mnt/offsite -CatalogPath vm/web01.img/c.db", "CatalogUnavailable" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    [MemberData(nameof(Lookups))]
    [MemberData(nameof(Choices))]
    [MemberData(nameof(Places))]
    public void Is_a_named_error_with_a_remedy_and_changes_no_repository(string script, string id)
    {
        var before = Repositories();

        var error = _lab.Error(script);

        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Equal(before, Repositories());
        Assert.False(Directory.Exists(_lab.PathOf("backup", "new")));
    }

    [Fact]
    public void An_image_of_no_bytes_is_refused()
    {
        File.WriteAllBytes(_lab.PathOf("vm", "empty.img"), []);

        Assert.Equal("ImageEmpty", Id("New-BackupCopyRestorePoint Primary empty vm/empty.img"));
        Assert.Empty(_lab.Get("Get-BackupCopyRestorePoint emp*"));
    }

    [Fact]
    public void An_image_that_may_not_be_read_is_named()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Skip("nothing is forbidden to root");
            return;
        }

        _lab.Get("New-LabImage vm/secret.img");
        File.SetUnixFileMode(_lab.PathOf("vm", "secret.img"), UnixFileMode.None);

        Assert.Equal("ImageUnreadable", Id("New-BackupCopyRestorePoint Primary secret vm/secret.img"));
    }

    [Fact]
    public void A_copy_of_a_repository_is_the_repository_it_is_a_copy_of()
    {
        CopyFolder(_lab.PathOf("mnt", "offsite"), _lab.PathOf("backup", "twin"));

        var error = _lab.Error("Register-BackupCopyRepository backup/twin");

        Assert.Equal("RepositoryExists", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("Offsite", error.Exception.Message);
    }

    [Fact]
    public void A_job_of_the_same_name_from_another_catalog_does_not_write_into_our_backup()
    {
        var before = Repositories();
        var error = _lab.Error("""
            $other = @{ CatalogPath = "$Lab/other.db" }
            $null = 'backup/primary', 'mnt/offsite' | Register-BackupCopyRepository @other
            New-BackupCopyJob Nightly -Source primary -Target offsite @other
            """);

        Assert.Equal("BackupBelongsToAnotherJob", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("-MapBackup", error.ErrorDetails.RecommendedAction);
        Assert.Equal(before, Repositories());
    }

    [Fact]
    public void A_point_that_is_gone_is_not_exported()
    {
        var error = _lab.Error("""
            $null = New-BackupCopyRestorePoint Primary gone vm/web01.img
            $point = Get-BackupCopyRestorePoint gone
            [IO.File]::Delete($point.Path)
            $point | Export-BackupCopyRestorePoint -Destination restore
            """);

        Assert.Equal("PointGone", error.FullyQualifiedErrorId.Split(',')[0]);
    }

    private IReadOnlyList<string> Repositories() =>
        [.. FolderState.Of(_lab.PathOf("backup")), .. FolderState.Of(_lab.PathOf("mnt"))];

    private string Id(string script) => _lab.Error(script).FullyQualifiedErrorId.Split(',')[0];

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
