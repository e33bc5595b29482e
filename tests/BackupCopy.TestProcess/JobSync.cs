using BackupCopy.Running;

namespace BackupCopy.TestProcess;

/// <summary>
/// Runs a job's sync and prints how many bytes are stored, again and again, until it is killed or done.
/// </summary>
internal static class JobSync
{
    public static void Run(string[] arguments)
    {
        var engine = new Engine(arguments[0]);
        var session = engine.Jobs.SyncAsync(arguments[1], new SyncOptions(), new Printer(), default)
            .GetAwaiter().GetResult();
        Program.Acknowledge($"done {session.Result} {session.Reason}");
    }

    private sealed class Printer : IProgress<IReadOnlyList<MachineProgress>>
    {
        public void Report(IReadOnlyList<MachineProgress> value) =>
            Program.Acknowledge($"stored {value.Sum(m => m.StoredBytes)}");
    }
}
