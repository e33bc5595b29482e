using BackupCopy.Running;

namespace BackupCopy.TestProcess;

/// <summary>
/// <c>sync catalog job [phase]</c>: runs a job's sync and prints how many bytes are stored, again and again,
/// until it is killed or done. On entering the phase it prints "in" and its name and stands still until its
/// input ends.
/// </summary>
internal static class JobSync
{
    public static void Run(string[] arguments)
    {
        var engine = new Engine(arguments[0]);
        var options = new SyncOptions
        {
            EnteringPhase = phase => StandStill(phase.ToString(), arguments.ElementAtOrDefault(2)),
        };
        var session = engine.Jobs.SyncAsync(arguments[1], options, new Printer(), default)
            .GetAwaiter().GetResult();
        Program.Acknowledge($"done {session.Result} {session.Reason}");
    }

    private static void StandStill(string phase, string? where)
    {
        if (phase == where)
        {
            Program.Acknowledge($"in {phase}");
            Console.In.ReadToEnd();
        }
    }

    private sealed class Printer : IProgress<IReadOnlyList<MachineProgress>>
    {
        public void Report(IReadOnlyList<MachineProgress> value) =>
            Program.Acknowledge($"stored {value.Sum(m => m.StoredBytes)}");
    }
}
