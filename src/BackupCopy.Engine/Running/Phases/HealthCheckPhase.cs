using BackupCopy.Chains;
using BackupCopy.Jobs;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running.Phases;

/// <summary>
/// Before anything is changed: notices a target that went back, and on its day verifies the copies.
/// </summary>
internal static class HealthCheckPhase
{
    public static async Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation)
    {
        var target = Target(context, out var trouble);
        if (target is not null)
        {
            WentBack.ThrowIfAny(context);
        }

        var (job, session) = (context.Job, context.Session);
        var days = job.Upkeep.HealthChecks();
        if (days.IsEmpty)
        {
            session.Say("No health check is scheduled.");
            return new PhaseEvent.CheckDone();
        }

        var run = context.Engine.Catalog.Run(job.Id);
        var day = UpkeepDay.Of(
            days, job, job.Upkeep.HealthCheckSinceUtc, run.HealthCheckDay, context.Engine.NowUtc);
        if (day.Due is not { } due)
        {
            session.Say($"The next health check is due on {day.Next:yyyy-MM-dd}.");
        }
        else if (target is null)
        {
            session.Say($"The health check of {due:yyyy-MM-dd} waits for the next session: {trouble}");
        }
        else
        {
            await new ScheduledCheck(context, day.Today).RunAsync(cancellation);
        }

        return new PhaseEvent.CheckDone();
    }

    // A target that is away is waited for, and told of, by the phase that needs it.
    private static TargetBackup? Target(PhaseContext context, out string trouble)
    {
        trouble = "";
        try
        {
            return context.Target;
        }
        catch (BackupCopyException error)
        {
            trouble = error.Message;
            return null;
        }
    }
}
