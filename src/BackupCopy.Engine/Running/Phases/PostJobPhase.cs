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

    /// <summary>What has to be done also after a session that was stopped before this phase.</summary>
    public static Task AfterStopAsync(PhaseContext context) => Task.CompletedTask;
}
