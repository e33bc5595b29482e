using System.Diagnostics;
using System.Globalization;

namespace BackupCopy.Running;

/// <summary>
/// Names the process that runs a session, so that a later one can tell whether it still lives: host, process id and
/// the moment the process started, because ids are used again.
/// </summary>
internal static class Runner
{
    public static string Me { get; } = Describe(Process.GetCurrentProcess());

    public static bool IsAlive(string runner)
    {
        var parts = runner.Split('|');
        if (parts.Length != 3 || parts[0] != Environment.MachineName)
        {
            // A runner on another host cannot be asked; the chain locks still keep two from writing one chain.
            return parts.Length == 3;
        }

        try
        {
            using var process = Process.GetProcessById(int.Parse(parts[1], CultureInfo.InvariantCulture));
            return !process.HasExited && Describe(process) == runner;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private static string Describe(Process process) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Environment.MachineName}|{process.Id}|{process.StartTime.ToUniversalTime().Ticks / TimeSpan.TicksPerSecond}");
}
