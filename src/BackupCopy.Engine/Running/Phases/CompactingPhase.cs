using BackupCopy.Jobs;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running.Phases;

/// <summary>On its day puts the newest state of each machine in disk order.</summary>
internal static class CompactingPhase
{
    public static async Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation)
    {
        var (job, session) = (context.Job, context.Session);
        var days = job.Upkeep.Compactions();
        if (days.IsEmpty)
        {
            session.Say("Compacting is not scheduled.");
            return new PhaseEvent.CompactDone();
        }

        var run = context.Engine.Catalog.Run(job.Id);
        var day = UpkeepDay.Of(days, job, job.Upkeep.CompactSinceUtc, run.CompactDay, context.Engine.NowUtc);
        if (day.Due is null)
        {
            session.Say($"The next compaction is due on {day.Next:yyyy-MM-dd}.");
        }
        else if (await new ScheduledCompaction(context).IsThroughAsync(cancellation))
        {
            context.Engine.Catalog.UpdateRun(job.Id, known => known with { CompactDay = day.Today });
        }

        return new PhaseEvent.CompactDone();
    }
}
