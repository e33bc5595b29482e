using BackupCopy.Jobs;

namespace BackupCopy.Running;

/// <content>What was checked, found, healed and put in order.</content>
internal sealed partial class SessionLog
{
    /// <summary>An event that changes no result.</summary>
    public void Tell(EventLevel level, string text, string? machine, SessionEventId id) =>
        Change(r => r.With(_engine.NowUtc, level, text, machine, id), isStored: false);

    public void Tally(HealthTally more) => Change(r => r with { Health = r.Health.Plus(more) });

    public void Compacted(long bytes) =>
        Change(r => r with { CompactedBytes = r.CompactedBytes + bytes });

    /// <summary>A machine is done in the phase that it is in.</summary>
    public void Done(Guid machineId) => Change(r => r with
    {
        Checkpoint = r.Checkpoint is PhaseCheckpoint.PerMachine phase ? phase.With(machineId) : r.Checkpoint,
    });

    /// <summary>A machine that was copied, or was up to date, has damage in its newest copy.</summary>
    public void Damaged(Guid machineId, string reason) => Change(r => r with
    {
        Tasks =
        [
            .. r.Tasks.Select(t => t.MachineId == machineId && t.Result == SessionResult.Success
                ? t with { Result = SessionResult.Warning, Reason = $"{t.Reason} {reason}".TrimStart() } : t),
        ],
    });
}
