using BackupCopy.Jobs;

namespace BackupCopy.Running.Phases;

/// <summary>Puts the newest state of each machine in disk order.</summary>
internal static class CompactingPhase
{
    public static Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation)
    {
        context.Session.Say("Compacting is not scheduled.");
        return Task.FromResult<PhaseEvent>(new PhaseEvent.CompactDone());
    }
}
