namespace BackupCopy.Jobs;

public enum EventLevel
{
    Info,
    Warning,
    Error,
}

/// <summary>One sentence of what happened in a session.</summary>
/// <param name="Phase">The phase in which it happened.</param>
/// <param name="Machine">The machine that it is about; null when it is about the session.</param>
public sealed record SessionEvent(
    DateTime TimeUtc, SyncPhase Phase, EventLevel Level, string Text, string? Machine = null);
