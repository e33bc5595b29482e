using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests.Cmdlets;

/// <summary>How a process ends that runs a sync: what a scheduled task sees.</summary>
public sealed class ExitCodeTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public ExitCodeTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Success_is_0()
    {
        var result = await Sync();

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("Success", result.Output);
    }

    [Fact]
    public async Task A_failed_machine_is_1_and_the_session_is_shown()
    {
        foreach (var file in Directory.GetFiles(
            _lab.PathOf("backup", "primary"), "*.bcblocks", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        var result = await Sync();

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Failed", result.Output);
        Assert.Contains("web01: ", result.Error);
    }

    [Fact]
    public async Task A_warning_is_0()
    {
        _lab.Get("""
            $null = New-BackupCopyRepository Second backup/second
            Set-BackupCopyJob Nightly -Source Primary, Second
            """);
        Directory.Delete(_lab.PathOf("backup", "second"), recursive: true);

        var result = await Sync();

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("WARNING", result.Output);
    }

    [Theory]
    [InlineData("Start-BackupCopySync none")]
    [InlineData("Get-BackupCopyJob none")]
    [InlineData("New-BackupCopyRestorePoint Primary x none.img")]
    public async Task An_error_is_1(string command) => Assert.Equal(1, (await Run(command)).ExitCode);

    [Fact]
    public async Task A_full_target_is_named_with_the_bytes_it_needs_and_keeps_what_is_there()
    {
        var result = await InSmallPlace("2m", """
            $null = New-BackupCopyRepository Small -Path $place/small
            $null = New-BackupCopyJob Small -Source Primary -Target Small
            $null = Start-BackupCopySync Small -Machine web01
            'first: ' + @(Get-BackupCopyRestorePoint -Repository Small).Count
            $sessions = Start-BackupCopySync Small -ErrorVariable failed -ErrorAction SilentlyContinue
            $failed[0].FullyQualifiedErrorId
            $failed[0].Exception.Message
            'then: ' + @(Get-BackupCopyRestorePoint -Repository Small).Count
            """);

        Assert.Contains("first: 1\nTargetFull,", result.Output);
        Assert.Matches("at most [0-9]+ bytes", result.Output);
        Assert.Contains("then: 1", result.Output);
    }

    [Fact]
    public async Task A_target_that_cannot_be_written_is_named_and_can_be_read()
    {
        var result = await InSmallPlace("8m", """
            $null = New-BackupCopyRepository Small -Path $place/small
            $null = New-BackupCopyJob Small -Source Primary -Target Small | Start-BackupCopySync
            & mount -o remount,bind,ro $place
            Get-BackupCopyRepository Small | ForEach-Object { 'state: ' + $_.State }
            $sessions = Start-BackupCopySync Small -ErrorVariable failed -ErrorAction SilentlyContinue
            $failed[0].FullyQualifiedErrorId
            $from = @{ Repository = 'Small'; Machine = 'db01' }
            $files = Export-BackupCopyRestorePoint @from -Destination $place/../restore
            'files: ' + @($files).Count
            """);

        Assert.Contains("state: ReadOnly\nRepositoryReadOnly,", result.Output);
        Assert.Contains("files: 2", result.Output);
    }

    private Task<ChildResult> Sync() => Run("Start-BackupCopySync Nightly");

    private Task<ChildResult> Run(string command) =>
        ChildProcess.Shell("-Command", $"{command} -CatalogPath '{_lab.Catalog}'");

    // A file system of its own in the memory, mounted where only this process sees it.
    private async Task<ChildResult> InSmallPlace(string size, string script)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mounts a file system for one process");
        var place = Directory.CreateDirectory(_lab.PathOf("small")).FullName;
        var file = _lab.PathOf("small.ps1");
        await File.WriteAllTextAsync(file, $"""
            $env:BACKUPCOPY_CATALOG = '{_lab.Catalog}'
            $place = '{place}'
            {script}
            """);
        var commands = $"""
            mount -t tmpfs -o size={size} tmpfs '{place}' || exit 99
            exec dotnet '{Places.Shell}' '{file}'
            """;
        var result = await ChildProcess.Run(ChildProcess.Start(
            "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", commands));
        Assert.SkipWhen(
            result.ExitCode == 99 || result.Error.StartsWith("unshare", StringComparison.Ordinal),
            "this system lets nobody mount without privileges");
        return result;
    }
}
