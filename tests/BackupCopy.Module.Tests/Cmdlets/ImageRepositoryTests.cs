using System.Buffers.Binary;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class ImageRepositoryTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public ImageRepositoryTests(HostedModule hosted)
    {
        _lab = Lab.Prepared(hosted);
        _lab.Get("""
            $null = [IO.Directory]::CreateDirectory("$Lab/vm/images")
            New-LabImage vm/images/app01-2026-11-26_2200.img 900 4
            New-LabImage vm/images/app01-2026-11-27_2200.img 900 4
            Edit-LabImage vm/images/app01-2026-11-27_2200.img 5
            New-LabImage vm/images/odd.txt 10 6
            [IO.File]::WriteAllText("$Lab/vm/images/app01-2026-11-27_2200.xml", '<domain/>')
            """);
    }

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void A_folder_of_images_is_copied_by_a_job_and_comes_back_with_its_attachment()
    {
        var repository = (RepositoryInfo)_lab.Get("""
            $pattern = '{machine}-{yyyy-MM-dd_HHmm}.{ext}'
            New-BackupCopyRepository Vms vm/images -Images -Pattern $pattern -SettleTime 0s
            """)[0].BaseObject;

        var files = _lab.Get("""
            $null = New-BackupCopyJob Images -Source Vms -Target Offsite | Start-BackupCopySync
            Export-BackupCopyRestorePoint -Repository Offsite -Machine app01 -Destination restore
            """).Select(f => ((FileInfo)f.BaseObject).FullName).ToList();

        Assert.Equal(
            (RepositoryKind.Images, 1, 2, TimeSpan.Zero),
            (repository.Kind, repository.MachineCount, repository.RestorePointCount, repository.SettleTime));
        Assert.Equal(["app01.raw", "app01-2026-11-27_2200.xml"], files.Select(Path.GetFileName));
        Assert.Equal(
            File.ReadAllBytes(_lab.PathOf("vm", "images", "app01-2026-11-27_2200.img")),
            File.ReadAllBytes(files[0]));
        Assert.Equal("<domain/>", File.ReadAllText(files[1]));
    }

    [Fact]
    public void A_pattern_that_fits_nothing_warns_and_names_what_is_there()
    {
        var result = _lab.Run(
            "New-BackupCopyRepository Vms vm/images -Images -Pattern '{machine}@{yyyyMMdd}.{ext}' -Verbose");

        Assert.Empty(result.Errors);
        Assert.Contains("app01-2026-11-26_2200.img", Assert.Single(result.Warnings));
        Assert.Equal(0, ((RepositoryInfo)result.Output[0].BaseObject).RestorePointCount);
    }

    [Fact]
    public void Names_can_be_changed_and_go_back_to_the_usual_ones()
    {
        var counts = _lab.Get("""
            $wrong = '{machine}@{yyyyMMdd}.{ext}'
            $null = New-BackupCopyRepository Vms vm/images -Images -Pattern $wrong 3> $null
            (Set-BackupCopyRepository Vms -Pattern '{machine}.txt' -Raw -PassThru).RestorePointCount
            (Set-BackupCopyRepository Vms -Pattern @() -Raw:$false -SettleTime 1m -PassThru).RestorePointCount
            (Get-BackupCopyRepository Vms).SettleTime.TotalSeconds
            """).Select(o => Convert.ToInt32(o.BaseObject)).ToList();

        Assert.Equal([1, 2, 60], counts);
    }

    [Theory]
    [InlineData("New-BackupCopyJob x -Source Primary -Target Vms")]
    [InlineData("New-BackupCopyRestorePoint Vms x vm/web01.img")]
    [InlineData("Invoke-HealthCheck -Repository Vms")]
    [InlineData("Update-BackupCopyRepository Vms")]
    [InlineData("Export-BackupCopyRestorePoint -Repository Vms -Machine app01 -Destination restore")]
    [InlineData("Remove-BackupCopyRestorePoint (Get-BackupCopyRestorePoint app01)[0] -Confirm:$false")]
    public void Nothing_is_done_to_a_folder_of_images(string script)
    {
        _lab.Get("$null = New-BackupCopyRepository Vms vm/images -Images -SettleTime 0s");
        var before = FolderState.Of(_lab.PathOf("vm", "images"));

        Assert.StartsWith("ImageRepository,", _lab.Error(script).FullyQualifiedErrorId);
        Assert.Equal(before, FolderState.Of(_lab.PathOf("vm", "images")));
    }

    [Fact]
    public void Content_that_is_nothing_known_needs_Raw()
    {
        File.WriteAllText(_lab.PathOf("vm", "notes.img"), "nothing but words");

        var error = _lab.Error("New-BackupCopyRestorePoint Primary notes vm/notes.img");
        var point = (RestorePointInfo)_lab.Get(
            "New-BackupCopyRestorePoint Primary notes vm/notes.img -Raw -Attach vm/images/*.xml")[0]
            .BaseObject;

        Assert.StartsWith("ImageUnknown,", error.FullyQualifiedErrorId);
        Assert.Contains("-Raw", error.ErrorDetails.RecommendedAction);
        Assert.Equal(["app01-2026-11-27_2200.xml"], point.Attachments);
    }

    [Theory]
    [InlineData("Qcow2", "web01.qcow2", 0x514649fbu)]
    [InlineData("Vhdx", "web01.vhdx", 0x76686478u)]
    public void An_export_is_written_as_asked(string format, string name, uint mark)
    {
        var file = (FileInfo)_lab.Get($"""
            $web01 = Get-BackupCopyRestorePoint web01 -Repository Offsite
            $web01 | Export-BackupCopyRestorePoint -Destination restore -Format {format}
            """)[0].BaseObject;

        Assert.Equal(name, file.Name);
        Assert.Equal(mark, BinaryPrimitives.ReadUInt32BigEndian(File.ReadAllBytes(file.FullName)));
    }
}
