using System.Text.Json;
using BackupCopy.Jobs;
using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests.Cmdlets;

public sealed class LogTests : IClassFixture<HostedModule>, IDisposable
{
    private readonly Lab _lab;

    public LogTests(HostedModule hosted) => _lab = Lab.Prepared(hosted);

    private string Logs => _lab.PathOf("logs");

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void Verbose_shows_the_phases_and_machines_as_the_log_file_has_them()
    {
        var before = Entries().Count;
        var verbose = _lab.Run("Start-BackupCopySync Nightly -Verbose").Verbose;

        var phases = Enum.GetValues<SyncPhase>().Where(phase => phase != SyncPhase.Idle);
        Assert.Equal(
            phases.SelectMany(p => new[] { $"Nightly: {p} begins.", $"Nightly: {p} is over." }),
            verbose.Where(line => line.EndsWith(" begins.") || line.EndsWith(" is over.")));
        Assert.Contains(verbose, line => line.StartsWith("Nightly: web01: Copied the restore point of "));
        Assert.StartsWith("Nightly: The session ended: Success.", verbose[^1]);
        Assert.Equal(
            Entries().Skip(before).Select(entry => entry.GetProperty("message").GetString()),
            verbose.Where(line => line.StartsWith("Nightly: ")));
    }

    [Fact]
    public void Without_verbose_nothing_is_shown_and_a_warning_is_shown_once()
    {
        _lab.Get("""
            $null = New-BackupCopyRepository Second -Path backup/second
            Set-BackupCopyJob Nightly -Source Primary, Second
            """);
        Directory.Move(_lab.PathOf("backup", "second"), _lab.PathOf("backup", "away"));

        var result = _lab.Run("Start-BackupCopySync Nightly");

        Assert.Empty(result.Verbose);
        Assert.Contains("second", Assert.Single(result.Warnings));
    }

    [Fact]
    public void Cmdlets_that_look_make_no_log()
    {
        if (Directory.Exists(Logs))
        {
            Directory.Delete(Logs, recursive: true);
        }

        _lab.Get("""
            Get-BackupCopyJob; Get-BackupCopyRepository; Get-BackupCopyRestorePoint; Get-BackupCopySession
            Measure-BackupCopySync Nightly; Start-BackupCopySync Nightly -WhatIf
            """);

        Assert.False(Directory.Exists(Logs));
    }

    [Fact]
    public void The_cmdlets_know_of_no_logging_library() => Assert.DoesNotContain(
        typeof(BackupCopy.PowerShell.AsyncCmdlet).Assembly.GetReferencedAssemblies(),
        assembly => assembly.Name!.Contains("Logging", StringComparison.Ordinal));

    private List<JsonElement> Entries() => !Directory.Exists(Logs) ? [] :
    [
        .. Directory.GetFiles(Logs).Order(StringComparer.Ordinal).SelectMany(File.ReadAllLines)
            .Select(line => JsonDocument.Parse(line).RootElement),
    ];
}
