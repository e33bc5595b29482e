using System.Globalization;
using BackupCopy.Jobs;
using BackupCopy.Running.Logging;
using Microsoft.Extensions.Logging;

namespace BackupCopy.TestProcess;

/// <summary>
/// <c>log-lines catalog name count</c>: logs so many notes beside the catalog, of several threads and of
/// lengths up to three pages, and prints how many each thread has logged.
/// </summary>
internal static class LogLines
{
    public const int Threads = 3;

    public static void Run(string[] arguments)
    {
        var log = new JsonLines(
            new RollingLog(arguments[0], TimeProvider.System), TimeProvider.System, LogLevel.Information);
        var count = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            for (var number = 1; number <= count; number++)
            {
                log.Event(new SessionEvent(
                    default, SyncPhase.Idle, EventLevel.Info,
                    $"{arguments[1]}{thread} {number} {new string('ü', number * 37 % 3000)}"));
                if (number % 20 == 0)
                {
                    Program.Acknowledge($"{thread} {number}");
                }
            }
        });
    }
}
