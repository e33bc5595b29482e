using BackupCopy.Jobs;

namespace BackupCopy.Running.Delivery;

/// <summary>How a report says where it comes from.</summary>
internal static class Origin
{
    public static string Version { get; } =
        typeof(Origin).Assembly.GetName().Version!.ToString(3);

    public static string Text(SessionRecord? session = null) =>
        $"BackupCopy {Version} on {Environment.MachineName}"
        + (session is null ? "" : $" · session {session.Id}");
}
