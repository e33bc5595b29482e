using System.Management.Automation;
using System.Reflection;
using BackupCopy.ModuleTests.Fixtures;
using BackupCopy.PowerShell;
using BackupCopy.Reporting;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class WhatIfTests : IClassFixture<PreparedLab>
{
    private readonly Lab _lab;

    public WhatIfTests(PreparedLab prepared) => _lab = prepared.Lab;

    public static TheoryData<string> Changes => new()
    {
        "New-BackupCopyRepository x backup/new",
        "New-BackupCopyRepository x vm -Images -Pattern '{machine}.{ext}' -Raw -SettleTime 1m",
        "Register-BackupCopyRepository backup/primary -Name Again",
        "Unregister-BackupCopyRepository Primary",
        "Set-BackupCopyRepository Primary -NewName x -MaxTasks 1 -MaxRate 1MB/s -ReleaseMode WholeFiles",
        "Update-BackupCopyRepository Primary -Deep",
        "New-BackupCopyRestorePoint Primary x vm/web01.img -Raw -Attach vm/db01.img",
        "Export-BackupCopyRestorePoint -Repository Primary -Machine web01 -Destination restore/new "
            + "-Format Vhdx",
        "Set-BackupCopyRestorePoint (Get-BackupCopyRestorePoint web01) -Hold",
        "Remove-BackupCopyRestorePoint (Get-BackupCopyRestorePoint) -Force",
        "Remove-BackupCopyBackup Manual -Repository Primary",
        "New-BackupCopyJob x -Source Primary -Target Offsite",
        "Set-BackupCopyJob Nightly -NewName x -Parallel 5",
        "Remove-BackupCopyJob Nightly",
        "Enable-BackupCopyJob Nightly",
        "Disable-BackupCopyJob *",
        "Set-LookForward $true",
        "Start-BackupCopySync Nightly",
        "Stop-BackupCopySync Nightly",
        "Invoke-BackupCopyService",
        "Send-BackupCopyReport Nightly",
        "Set-BackupCopySetting -HistoryDays 7 -Webhook https://example.com/secret",
        "Measure-BackupCopyRetention Nightly -Days 30 -OutFile restore/new.svg",
        "Invoke-BackupCopyRetention -Repository Primary -Backup Manual -KeepPoints 2",
        "Invoke-HealthCheck Nightly -All -Repair -AcceptRollback",
    };

    // What it returns is the plan.
    private const string Planning = "Optimize-BackupCopyChain Nightly";

    [Theory]
    [MemberData(nameof(Changes))]
    public void Changes_nothing_and_returns_nothing(string script)
    {
        var before = FolderState.Of(_lab.Root);

        Assert.Empty(_lab.Get($"{script} -WhatIf"));
        Assert.Empty(_lab.Get($"& {{ $WhatIfPreference = $true; {script} }}"));

        Assert.Equal(before, FolderState.Of(_lab.Root));
    }

    [Fact]
    public void A_plan_is_marked_as_one_and_changes_nothing()
    {
        var before = FolderState.Of(_lab.Root);

        var plans = _lab.Get($"{Planning} -WhatIf").Select(p => (CompactionResult)p.BaseObject).ToList();

        Assert.Equal(["db01", "web01"], plans.Select(p => p.Machine).Order());
        Assert.All(plans, plan => Assert.True(plan is { IsPlan: true, NeededBytes: not null }));
        Assert.Equal(before, FolderState.Of(_lab.Root));
    }

    [Theory]
    [InlineData("New-BackupCopyRepository Again backup/primary", "RepositoryExists")]
    [InlineData("New-BackupCopyRepository Primary backup/new", "RepositoryNameTaken")]
    [InlineData("New-BackupCopyRepository x vm", "FolderNotEmpty")]
    [InlineData("New-BackupCopyRepository x backup/new -BlockSize 3", "InvalidArgument")]
    [InlineData("Set-BackupCopyRepository Primary -NewName Offsite", "RepositoryNameTaken")]
    [InlineData("Set-BackupCopyRepository Primary -MaxTasks 0", "InvalidArgument")]
    [InlineData("Set-BackupCopyRepository Primary -Path mnt/offsite", "RepositoryMismatch")]
    [InlineData("New-BackupCopyJob Nightly -Source Primary -Target Offsite", "JobExists")]
    [InlineData("New-BackupCopyJob x -Source Primary -Target none", "RepositoryNotFound")]
    [InlineData("New-BackupCopyJob x -Source Primary -Target Offsite -Weekly 4", "InvalidArgument")]
    [InlineData("Set-BackupCopyJob Nightly -KeepPoints 1", "InvalidArgument")]
    [InlineData("Set-BackupCopyJob Nightly -MapBackup none", "BackupNotFound")]
    [InlineData("Set-BackupCopyJob Nightly -Every 10s", "InvalidArgument")]
    [InlineData("Set-BackupCopyJob Nightly -PreScript none.sh", "ScriptNotFound")]
    [InlineData("Disable-BackupCopyJob none", "JobNotFound")]
    [InlineData("Set-LookForward $true -Job none", "JobNotFound")]
    [InlineData("Invoke-HealthCheck none", "JobNotFound")]
    [InlineData("Optimize-BackupCopyChain Nightly -Machine none", "MachineNotFound")]
    public void Fails_as_the_change_itself_would(string script, string id)
    {
        var planned = _lab.Error($"{script} -WhatIf");
        var real = _lab.Error(script);

        Assert.Equal(id, planned.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(real.Exception.Message, planned.Exception.Message);
    }

    [Fact]
    public async Task Says_what_a_change_makes_different()
    {
        var result = await ChildProcess.Shell(
            "-Command",
            $"$c = @{{ CatalogPath = '{_lab.Catalog}'; WhatIf = $true }}; "
            + "Set-BackupCopyJob Nightly -KeepPoints 3 -Parallel 5 -Exclude x @c; "
            + "Set-BackupCopyJob Nightly -Every 1d -At 22:00 -Deny Mon -RpoWarning 26h @c; "
            + "Set-BackupCopyRepository Primary -NewName Main -MaxTasks 3 @c");

        Assert.Contains("Change the job: 7 points -> 3 points; Exclude; Parallel", result.Output);
        Assert.Contains("Change the job: by hand -> every 1d at 22:00; Deny; RpoWarning", result.Output);
        Assert.Contains("Change the repository: Name; MaxTasks", result.Output);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public void Every_cmdlet_that_changes_something_takes_it()
    {
        var changing = Changes.Select(row => row.Data).Append(Planning)
            .Select(data => data.Split(' ')[0]).Distinct();
        var reading = new[] { "Get", "Measure", "Wait" };

        var cmdlets = typeof(BackupCopyCmdlet).Assembly.GetTypes()
            .Select(type => type.GetCustomAttribute<CmdletAttribute>()).OfType<CmdletAttribute>().ToArray();

        Assert.Equal(
            changing.Order(),
            cmdlets.Where(c => c.SupportsShouldProcess).Select(c => $"{c.VerbName}-{c.NounName}").Order());
        Assert.All(
            cmdlets.Where(c => !c.SupportsShouldProcess), c => Assert.Contains(c.VerbName, reading));
    }

    [Fact]
    public async Task Says_where_the_data_lies_and_what_a_sync_would_copy()
    {
        var result = await ChildProcess.Shell(
            "-Command",
            $"$c = @{{ CatalogPath = '{_lab.Catalog}' }}; Remove-BackupCopyJob Nightly -WhatIf @c; "
            + "Unregister-BackupCopyRepository Primary -WhatIf @c; Start-BackupCopySync Nightly -WhatIf @c");

        Assert.Contains("its restore points stay in Offsite", result.Output);
        Assert.Contains($"its files stay in {_lab.PathOf("backup", "primary")}", result.Output);
        Assert.Contains("from Primary as an increment: read 512 KB", result.Output);
        Assert.Contains("UpToDate", result.Output);
        Assert.Equal("", result.Error);
    }
}
