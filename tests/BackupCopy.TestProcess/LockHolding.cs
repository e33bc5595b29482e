using BackupCopy.Storage;

namespace BackupCopy.TestProcess;

/// <summary>
/// <c>lock folder name exclusive|shared</c>: tries to take the lock, prints "held" or "busy", and keeps a
/// held one until the process is killed, at most two minutes.
/// </summary>
internal static class LockHolding
{
    public static void Run(string[] arguments)
    {
        var locks = new FolderLocks(LocalStorage.Instance, arguments[0]);
        using var held = arguments[2] == "shared"
            ? locks.TryShared(arguments[1])
            : locks.TryExclusive(arguments[1], "testing locks", out _);
        Program.Acknowledge(held is null ? "busy" : "held");
        if (held is not null)
        {
            Thread.Sleep(TimeSpan.FromMinutes(2));
        }
    }
}
