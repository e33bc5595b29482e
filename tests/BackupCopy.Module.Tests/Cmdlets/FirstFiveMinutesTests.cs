using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class FirstFiveMinutesTests : IClassFixture<HostedModule>
{
    private readonly HostedModule _hosted;

    public FirstFiveMinutesTests(HostedModule hosted) => _hosted = hosted;

    [Fact]
    public void Five_lines_copy_a_machine_and_restore_it_bit_for_bit()
    {
        using var lab = new Lab(_hosted);
        lab.Get("New-LabImage vm/web01.img 5000");

        var output = lab.Get("""
            New-BackupCopyRepository Primary -Path backup/primary
            New-BackupCopyRepository Offsite -Path mnt/offsite
            New-BackupCopyRestorePoint -Repository Primary -Machine web01 -Path vm/web01.img
            New-BackupCopyJob Nightly -Source Primary -Target Offsite | Start-BackupCopySync
            Get-BackupCopyRestorePoint -Repository Offsite |
                Export-BackupCopyRestorePoint -Destination restore
            """);

        Assert.Equal(
            [
                typeof(RepositoryInfo), typeof(RepositoryInfo), typeof(RestorePointInfo), typeof(SessionInfo),
                typeof(FileInfo),
            ],
            output.Select(result => result.BaseObject.GetType()));
        var restored = (FileInfo)output[^1].BaseObject;
        Assert.StartsWith(lab.PathOf("restore"), restored.FullName);
        Assert.Equal(File.ReadAllBytes(lab.PathOf("vm", "web01.img")), File.ReadAllBytes(restored.FullName));
    }

    [Fact]
    public void The_second_day_sends_only_what_changed_and_restores_both_days()
    {
        using var lab = new Lab(_hosted);
        var image = lab.PathOf("vm", "web01.img");
        lab.Get("""
            New-LabImage vm/web01.img 8000
            New-BackupCopyRepository Primary backup/primary
            New-BackupCopyRepository Offsite mnt/offsite
            New-BackupCopyRestorePoint Primary web01 vm/web01.img -Time ([datetime]::Now.AddDays(-1))
            New-BackupCopyJob Nightly -Source Primary -Target Offsite | Start-BackupCopySync
            """);
        var firstDay = File.ReadAllBytes(image);

        var session = (SessionInfo)lab.Get("""
            Edit-LabImage vm/web01.img
            $null = New-BackupCopyRestorePoint Primary web01 vm/web01.img
            Start-BackupCopySync Nightly
            """).Single().BaseObject;
        var restored = lab.Get("""
            Get-BackupCopyRestorePoint web01 -Repository Offsite |
                Export-BackupCopyRestorePoint -Destination restore | ForEach-Object FullName
            """);

        Assert.Equal(512 * 1024, session.ReadBytes);
        Assert.Equal(
            [firstDay, File.ReadAllBytes(image)],
            restored.Select(file => File.ReadAllBytes((string)file.BaseObject)));
    }
}
