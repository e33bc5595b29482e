namespace BackupCopy.TestProcess;

/// <summary>
/// A process for tests to start and kill. The first argument is the verb, the rest is the verb's own. A verb
/// prints what it has finished, one line each, only after the engine's call returned: the test holds it to
/// that. Exit codes: 0, 1 for an engine error (printed on the error stream), 2 for a wrong command line.
/// </summary>
internal static class Program
{
    private static readonly Dictionary<string, Action<string[]>> s_verbs = new()
    {
        ["catalog-hammer"] = CatalogHammer.Run,
        ["lock"] = LockHolding.Run,
        ["log-lines"] = LogLines.Run,
        ["send-reports"] = ReportSending.Run,
        ["sync"] = JobSync.Run,
        ["service"] = JobService.Run,
        ["write"] = FileWriting.Run,
        ["probe"] = FileProbing.Run,
    };

    public static int Main(string[] arguments)
    {
        if (arguments.Length == 0 || !s_verbs.TryGetValue(arguments[0], out var run))
        {
            Console.Error.WriteLine($"Verbs: {string.Join(", ", s_verbs.Keys)}");
            return 2;
        }

        try
        {
            run(arguments[1..]);
            return 0;
        }
        catch (BackupCopyException error)
        {
            Console.Error.WriteLine($"{error.Code}: {error.Message}\n{error}");
            return 1;
        }
    }

    /// <summary>Says that something is finished; the line has left the process when this returns.</summary>
    public static void Acknowledge(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
