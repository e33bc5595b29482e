using System.Runtime.InteropServices;
using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Running.Service;

namespace BackupCopy.TestProcess;

/// <summary>
/// <c>service catalog [phase]</c>: runs the service of a catalog until SIGTERM, and prints what it tells:
/// its start and end, sessions that ended, troubles. On entering the phase for the first time it prints "in"
/// and the phase, and stands still until its input ends.
/// </summary>
internal static class JobService
{
    public static void Run(string[] arguments)
    {
        var phase = arguments.ElementAtOrDefault(1);
        using var stopping = new CancellationTokenSource();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stopping.Cancel();
        });
        var options = new ServiceOptions
        {
            Poll = TimeSpan.FromSeconds(1),
            Tell = (id, text) => Program.Acknowledge($"{id} {text}"),
            Trouble = error => Program.Acknowledge($"trouble {error.Code} {error.Message}"),
            Ended = session =>
            {
                Program.Acknowledge($"ended {session.Result} {session.Reason}");
                return Task.CompletedTask;
            },
            Session = session => session with { EnteringPhase = entering => Enter(entering, phase) },
        };
        new Engine(arguments[0]).Service.RunAsync(options, stopping.Token).GetAwaiter().GetResult();
    }

    private static void Enter(SyncPhase entering, string? phase)
    {
        if (entering.ToString() == phase)
        {
            Program.Acknowledge($"in {phase}");
            Console.In.ReadToEnd();
        }
    }
}
