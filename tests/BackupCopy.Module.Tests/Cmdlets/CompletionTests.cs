using System.Management.Automation;
using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class CompletionTests : IClassFixture<PreparedLab>
{
    private readonly Lab _lab;

    public CompletionTests(PreparedLab prepared) => _lab = prepared.Lab;

    [Theory]
    [InlineData("Get-BackupCopyRepository -Name ", "Offsite Primary")]
    [InlineData("Get-BackupCopyRepository pri", "Primary")]
    [InlineData("New-BackupCopyJob x -Target ", "Offsite Primary")]
    [InlineData("New-BackupCopyJob x -Source Primary, ", "Offsite Primary")]
    [InlineData("Start-BackupCopySync ", "Nightly")]
    [InlineData("Get-BackupCopySession -Job n", "Nightly")]
    [InlineData("Get-BackupCopyRestorePoint -Machine ", "db01 web01")]
    [InlineData("Get-BackupCopyRestorePoint -Repository Offsite -Backup ", "Nightly")]
    [InlineData("Get-BackupCopyRestorePoint -Backup ", "Manual Nightly")]
    [InlineData("Get-BackupCopyBackup ", "Manual Nightly")]
    [InlineData("Remove-BackupCopyBackup -Repository Primary -Name ", "Manual")]
    [InlineData("Remove-BackupCopyRestorePoint -Repository Offsite -Machine w", "web01")]
    [InlineData("New-BackupCopyRepository x y -ReleaseMode ", "Punch Rewrite WholeFiles")]
    [InlineData("New-BackupCopyJob x -Source Primary -FromBackup ", "Manual")]
    [InlineData("New-BackupCopyJob x -Source Primary -Exclude w", "web01")]
    [InlineData("Export-BackupCopyRestorePoint -Repository Primary -Machine db01 -Disk ",
        "db01-data.img db01.img")]
    [InlineData("New-BackupCopyRepository x y -Compression ", "Default Fast High None")]
    [InlineData("New-BackupCopyRepository x y -BlockSize ", "256KB 512KB 1MB 4MB")]
    [InlineData("Set-BackupCopyRepository x -MaxRate 100", "100MB/s 100Mbit/s")]
    [InlineData("Start-BackupCopySync x -Wait 1", "15m 1h 12h 1d")]
    [InlineData("Get-BackupCopySession -Result F", "Failed")]
    [InlineData("Set-BackupCopyJob x -WeeklyOn S", "Sunday Saturday")]
    [InlineData("New-BackupCopyJob x -MonthlyOn first", "First 'First Sunday' 'First Saturday'")]
    [InlineData("New-BackupCopyJob x -MonthlyOn 'first s", "'First Sunday' 'First Saturday'")]
    [InlineData("New-BackupCopyJob x -Monthly 12", "12 '12 months'")]
    [InlineData("Measure-BackupCopyRetention -TimeZone Europe/Berl", "'Europe/Berlin'")]
    [InlineData("Set-BackupCopyJob x -TimeZone berl", "'Europe/Berlin'")]
    [InlineData("Set-BackupCopyJob x -RemoveDeletedAfter 3", "30d")]
    [InlineData("Set-BackupCopyJob x -Every 1", "15m 1h 12h 1d")]
    [InlineData("Set-BackupCopyJob x -At 2", "20:00 22:00")]
    [InlineData("New-BackupCopyJob x -Mode ", "Immediate Periodic")]
    [InlineData("New-BackupCopyJob x -Allow mon", "'Mon-Fri 20:00-06:00' 'Mon-Fri 08:00-18:00' "
        + "'Mon-Fri 08:00-18:00 at 20MB/s'")]
    [InlineData("New-BackupCopyJob x -Deny sat", "'Sat,Sun'")]
    [InlineData("New-BackupCopyJob x -ReportOn D", "Digest")]
    [InlineData("New-BackupCopyJob x -ScriptOn S", "Sunday Saturday")]
    [InlineData("New-BackupCopyJob x -OnPreScriptFailure ", "Fail Ignore SkipRun Warn")]
    [InlineData("Disable-BackupCopyJob ", "Nightly")]
    [InlineData("Set-LookForward $true -Job ", "Nightly")]
    [InlineData("Get-BackupCopyEvent -Level ", "Error Info Warning")]
    [InlineData("Invoke-BackupCopyRetention n", "Nightly")]
    [InlineData("Send-BackupCopyReport ", "Nightly")]
    [InlineData("Set-BackupCopySetting -Tls ", "Auto None StartTls Tls")]
    [InlineData("Set-BackupCopySetting -ReportOn ", "Always Digest Failed Never Warning")]
    [InlineData("Set-BackupCopySetting -SmtpPort ", "25 465 587")]
    [InlineData("Set-BackupCopySetting -DigestAt 07", "07:00")]
    [InlineData("Set-BackupCopySetting -HistoryDays 3", "30 365")]
    [InlineData("Set-BackupCopySetting -MaxRate 100", "100MB/s 100Mbit/s")]
    [InlineData("Invoke-BackupCopyRetention -Repository Primary -Backup ", "Manual")]
    [InlineData("Invoke-HealthCheck n", "Nightly")]
    [InlineData("Invoke-HealthCheck -Repository ", "Offsite Primary")]
    [InlineData("Invoke-HealthCheck -Repository Primary -Machine w", "web01")]
    [InlineData("Invoke-HealthCheck Nightly -Percent 1", "10 15")]
    [InlineData("Optimize-BackupCopyChain n", "Nightly")]
    [InlineData("Optimize-BackupCopyChain -Repository Primary -Backup ", "Manual")]
    [InlineData("Optimize-BackupCopyChain Nightly -MaxRate 100", "100MB/s 100Mbit/s")]
    public void Offers_what_is_there(string typed, string expected) =>
        Assert.Equal(expected, string.Join(' ', Complete(typed).Select(match => match.CompletionText)));

    [Fact]
    public void Map_backup_offers_the_folders_in_the_target()
    {
        var match = Assert.Single(Complete("New-BackupCopyJob x -Target Offsite -MapBackup "));

        Assert.StartsWith("Nightly.", match.CompletionText);
    }

    [Fact]
    public void Sessions_are_offered_by_what_they_were()
    {
        var match = Assert.Single(Complete("Get-BackupCopyMachineTask "));

        Assert.True(Guid.TryParse(match.CompletionText, out _));
        Assert.StartsWith("Nightly 20", match.ToolTip);
    }

    [Fact]
    public void A_catalog_that_cannot_be_read_offers_nothing()
    {
        var catalog = _lab.PathOf("vm", "web01.img");

        Assert.DoesNotContain(
            Matches($"Get-BackupCopyJob -CatalogPath {catalog} -Name "), match => match.ToolTip == "Nightly");
    }

    private IReadOnlyList<CompletionResult> Complete(string typed)
    {
        var command = typed.IndexOf(' ', StringComparison.Ordinal);
        return Matches($"{typed[..command]} -CatalogPath '{_lab.Catalog}'{typed[command..]}");
    }

    private IReadOnlyList<CompletionResult> Matches(string line) =>
    [
        .. _lab.Get("""
            $line = $args[0]
            $completion = [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)
            $completion.CompletionMatches
            """, line).Select(match => (CompletionResult)match.BaseObject),
    ];
}
