using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests;

public sealed class PesterTests
{
    [Fact]
    public async Task Pester_suite_passes_in_an_installed_pwsh()
    {
        var pwsh = FindPwsh();
        Assert.SkipWhen(pwsh is null, "no pwsh on the PATH, and BACKUPCOPY_PWSH names none");
        var probe = await Pwsh(
            pwsh!, "@(Get-Module -ListAvailable Pester | Where-Object Version -ge '5.0').Count");
        Assert.SkipWhen(probe.Output.Trim() is "" or "0", $"{pwsh} has no Pester 5");

        var result = await Pwsh(pwsh!, $"""
            Import-Module Pester -MinimumVersion 5.0
            $env:BACKUPCOPY_MODULE = '{Places.Manifest.Replace("'", "''")}'
            $suite = New-PesterConfiguration
            $suite.Run.Path = '{Places.Pester.Replace("'", "''")}'
            $suite.Run.Exit = $true
            $suite.Output.Verbosity = 'Detailed'
            Invoke-Pester -Configuration $suite
            """);

        TestContext.Current.TestOutputHelper?.WriteLine(result.Output);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }

    private static Task<ChildResult> Pwsh(string pwsh, string commands) =>
        ChildProcess.Run(ChildProcess.Start(pwsh, "-NoProfile", "-NonInteractive", "-Command", commands));

    private static string? FindPwsh()
    {
        if (Environment.GetEnvironmentVariable("BACKUPCOPY_PWSH") is { Length: > 0 } named)
        {
            return named;
        }

        var file = OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
    }
}
