using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <content>What happens to machines while they are transferred.</content>
internal sealed partial class SessionLog
{
    /// <summary>Stores how far a machine is, and nothing else.</summary>
    public void Refresh(MachineTaskRecord task) => Change(r => r with
    {
        Tasks = [.. r.Tasks.Select(t => t.MachineId == task.MachineId ? task : t)],
    });

    /// <summary>Told once, whichever of the machines sees it first.</summary>
    public void WindowClosed(string text) => SayChange(SessionEventId.WindowClosed, text);

    /// <summary>Told once for each time that the window closed.</summary>
    public void WindowOpen() => SayChange(
        SessionEventId.WindowOpen, "The window is open: what was not finished goes on.");

    public void ConnectionLost(string machine, string text) => Change(r => r.With(
        _engine.NowUtc, EventLevel.Warning, text, machine, SessionEventId.ConnectionLost));

    public void ConnectionBack(string machine) => Change(r => r.With(
        _engine.NowUtc, EventLevel.Info, "The connection is back: the copy goes on where it was.", machine,
        SessionEventId.ConnectionBack));

    public void Retries(string machine, string text) => Change(r => r.With(
        _engine.NowUtc, EventLevel.Warning, text, machine, SessionEventId.MachineRetries));

    private void SayChange(SessionEventId id, string text) => Change(r =>
    {
        var last = r.Events.LastOrDefault(
            e => e.Id is SessionEventId.WindowClosed or SessionEventId.WindowOpen);
        return last?.Id == id || (last is null && id == SessionEventId.WindowOpen)
            ? r : r.With(_engine.NowUtc, EventLevel.Info, text, machine: null, id);
    });
}
