using BackupCopy.Jobs;
using BackupCopy.Running.Scripts;

namespace BackupCopy.Running.Phases;

/// <summary>
/// Runs the script after the job, whatever became of the session, and tells it what that is. One that fails
/// is a warning.
/// </summary>
internal static class PostJobPhase
{
    public static async Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation)
    {
        context.Session.IsPostJobBegun = true;
        var script = SessionScript.After(context);
        if (script.WhyNot() is { } reason)
        {
            context.Session.Say(reason);
        }
        else
        {
            await RunAsync(context, script, context.Session.ResultSoFar(), cancellation);
        }

        return new PhaseEvent.ScriptDone();
    }

    /// <summary>
    /// What has to be done also after a session that was stopped before this phase. It cannot be stopped
    /// again; the script's time limits it.
    /// </summary>
    public static async Task AfterStopAsync(PhaseContext context)
    {
        if (context.Session.IsPostJobBegun)
        {
            return;
        }

        context.Session.IsPostJobBegun = true;
        var script = SessionScript.After(context);
        if (script.WhyNot() is null)
        {
            context.Session.Waits(SessionState.Stopping, "");
            await RunAsync(
                context, script, context.Session.ResultSoFar(SessionResult.Stopped), CancellationToken.None);
        }
    }

    private static async Task RunAsync(
        PhaseContext context, SessionScript script, SessionResult soFar, CancellationToken cancellation)
    {
        var (_, failure) = await script.RunAsync(soFar, _ => EventLevel.Warning, cancellation);
        if (failure is not null)
        {
            context.Options.Warn?.Invoke($"{failure.Message} {failure.Remedy}");
            context.Session.Blame(SessionResult.Warning, failure.Message);
        }
    }
}
