namespace BackupCopy.Running;

/// <summary>How a session's record names the process that runs it.</summary>
internal static class Runner
{
    public static string Me { get; } = $"process {Environment.ProcessId} on {Environment.MachineName}";
}
