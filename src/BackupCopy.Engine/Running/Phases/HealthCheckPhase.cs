using BackupCopy.Jobs;

namespace BackupCopy.Running.Phases;

/// <summary>Verifies the copies, before new ones are put on top of them.</summary>
internal static class HealthCheckPhase
{
    public static Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation)
    {
        context.Session.Say("No health check is scheduled.");
        return Task.FromResult<PhaseEvent>(new PhaseEvent.CheckDone());
    }
}
