using BackupCopy.Jobs;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// Whatever goes wrong with one chain is that machine's trouble: the others go on and the session says so.
/// </summary>
internal static class OwnTrouble
{
    public static BackupCopyException Of(Exception error, string machine) =>
        error as BackupCopyException ?? new BackupCopyException(
            ErrorCode.MachineFailed, $"{machine}: {error.GetType().Name}: {error.Message}",
            "Run the sync again; if it stays, report it with this message.", error);

    /// <summary>Tells it as an event, as the session's result, and at the prompt.</summary>
    /// <param name="what">What did not happen, such as "was not compacted".</param>
    /// <param name="subject">What the event's text begins with; the machine stands beside it.</param>
    public static BackupCopyException Tell(
        PhaseContext context, string machine, Exception thrown, string what, SessionEventId id,
        string subject = "")
    {
        var error = Of(thrown, machine);
        var said = $"{error.Message} {error.Remedy}";
        context.Session.Tell(EventLevel.Warning, $"{subject}{said}", machine, id);
        context.Session.Blame(SessionResult.Warning, $"{machine} {what}: {error.Message}");
        context.Options.Warn?.Invoke($"{machine} {what}: {said}");
        return error;
    }
}
