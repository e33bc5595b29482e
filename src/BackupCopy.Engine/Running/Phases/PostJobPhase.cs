using BackupCopy.Jobs;

namespace BackupCopy.Running.Phases;

/// <summary>Runs the script after the job.</summary>
internal static class PostJobPhase
{
    public static Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation)
    {
        context.Session.Say("No script is set.");
        return Task.FromResult<PhaseEvent>(new PhaseEvent.ScriptDone());
    }
}
