using BackupCopy.Jobs;

namespace BackupCopy.Running.Phases;

/// <summary>
/// Waits for a target that is away when a job begins by itself: a share that comes up later, a drive that is
/// changed. Who starts a job by hand is told at once.
/// </summary>
internal static class TargetWait
{
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(30);

    /// <returns>False when the interval ended first.</returns>
    public static async Task<bool> UntilThereAsync(PhaseContext context, CancellationToken cancellation)
    {
        var (engine, interval) = (context.Engine, context.Session.Interval);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            cancellation, context.NoMoreMachines);
        var waited = TimeSpan.Zero;
        for (var isTold = false; ; waited += s_poll)
        {
            try
            {
                _ = context.Target;
                if (isTold)
                {
                    context.Session.Say("The target is there again.", id: SessionEventId.ConnectionBack);
                }

                return true;
            }
            catch (BackupCopyException error) when (
                context.Options.Trigger != SessionTrigger.Manual && IsAway(error)
                && (interval.EndUtc is not null || waited < s_longest))
            {
                if (interval.EndUtc <= engine.NowUtc)
                {
                    context.Session.Fail(error);
                    context.Options.Fail?.Invoke(null, error);
                    return false;
                }

                if (!isTold)
                {
                    context.Session.Warn($"{error.Message} {error.Remedy}");
                    context.Options.Warn?.Invoke($"{error.Message} {error.Remedy}");
                    isTold = true;
                }

                context.Session.Waits(SessionState.WaitingForRepository, error.Message);
            }

            await Task.Delay(s_poll, engine.Time, stop.Token);
        }
    }

    private static bool IsAway(BackupCopyException error) => error.Code
        is ErrorCode.RepositoryUnavailable or ErrorCode.NotARepository or ErrorCode.RepositoryMismatch
        or ErrorCode.ConnectionLost;
}
