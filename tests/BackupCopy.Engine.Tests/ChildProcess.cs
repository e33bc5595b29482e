using System.Diagnostics;

namespace BackupCopy.Tests;

/// <summary>Starts BackupCopy.TestProcess with a verb, its input and output redirected.</summary>
internal static class ChildProcess
{
    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(DotnetPath())
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "BackupCopy.TestProcess.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    // The host that runs these tests, when they run in one; else the one on the PATH.
    private static string DotnetPath() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")
        ?? (IsDotnet(Environment.ProcessPath) ? Environment.ProcessPath! : "dotnet");

    private static bool IsDotnet(string? path) => Path.GetFileNameWithoutExtension(path) == "dotnet";
}
