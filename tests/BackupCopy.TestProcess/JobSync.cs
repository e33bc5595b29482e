using BackupCopy.Catalog;
using BackupCopy.Jobs;
using BackupCopy.Running;

namespace BackupCopy.TestProcess;

/// <summary>
/// <c>sync catalog job [phase [operation ending]]</c>: runs a job's sync and prints how many bytes are
/// stored, again and again, until it is killed or done. On entering the phase, or in it before the first
/// operation of that kind on a file of that ending, it prints "in" and where it is, and stands still until
/// its input ends.
/// </summary>
internal static class JobSync
{
    public static void Run(string[] arguments)
    {
        var phase = arguments.ElementAtOrDefault(2);
        var operation = arguments.ElementAtOrDefault(3);
        var ending = arguments.ElementAtOrDefault(4);
        var current = "";
        var storage = new HookedStorage((what, path) =>
        {
            if (current == phase && what == operation && path.EndsWith(ending!, StringComparison.Ordinal))
            {
                StandStill($"{what} {ending}");
            }
        });
        var engine = new Engine(
            new CatalogStore(CatalogLocation.Resolve(arguments[0])), storage, TimeProvider.System);
        var options = new SyncOptions
        {
            EnteringPhase = entering =>
            {
                current = entering.ToString();
                if (current == phase && operation is null)
                {
                    StandStill(current);
                }
            },
        };
        var session = engine.Jobs.SyncAsync(arguments[1], options, new Printer(), default)
            .GetAwaiter().GetResult();
        Program.Acknowledge($"done {session.Result} {session.Reason}");
    }

    private static void StandStill(string where)
    {
        Program.Acknowledge($"in {where}");
        Console.In.ReadToEnd();
    }

    private sealed class Printer : IProgress<IReadOnlyList<MachineProgress>>
    {
        public void Report(IReadOnlyList<MachineProgress> value) =>
            Program.Acknowledge($"stored {value.Sum(m => m.StoredBytes)}");
    }
}
