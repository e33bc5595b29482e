using System.Diagnostics;

namespace BackupCopy.ModuleTests.Fixtures;

/// <summary>What a process printed and how it ended.</summary>
internal sealed record ChildResult(int ExitCode, string Output, string Error);

/// <summary>Runs a program as its own process, with its input closed.</summary>
internal static class ChildProcess
{
    /// <summary>Runs BackupCopy.Shell.</summary>
    public static Task<ChildResult> Shell(params string[] arguments) => Dotnet([Places.Shell, .. arguments]);

    public static Task<ChildResult> Dotnet(params string[] arguments) => Run(Start("dotnet", arguments));

    public static Process Start(string program, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Waits for the end of the process, and ends it when the test is cancelled.</summary>
    public static async Task<ChildResult> Run(Process process)
    {
        using (process)
        {
            await using var ending = TestContext.Current.CancellationToken.Register(() => process.Kill(true));
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return new ChildResult(process.ExitCode, (await output).ReplaceLineEndings("\n"), await error);
        }
    }
}
