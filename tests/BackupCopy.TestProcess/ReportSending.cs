using BackupCopy.Running;
using BackupCopy.Running.Delivery;

namespace BackupCopy.TestProcess;

/// <summary>
/// <c>send-reports catalog</c>: prints "ready", waits for a line, and sends what is queued.
/// </summary>
internal static class ReportSending
{
    public static void Run(string[] arguments)
    {
        var engine = new Engine(arguments[0]);
        Program.Acknowledge("ready");
        Console.In.ReadLine();
        ReportDelivery.SendQueuedAsync(engine, default).GetAwaiter().GetResult();
        Program.Acknowledge("sent");
    }
}
