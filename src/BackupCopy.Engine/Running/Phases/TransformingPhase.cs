using BackupCopy.Chains;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Retention;
using BackupCopy.Storage;

namespace BackupCopy.Running.Phases;

/// <summary>
/// Retention: removes the points of every chain that nothing wants any more. A point that is being read is
/// asked for, and tried again five times, first after a minute, then after twice as long; what is left then
/// is the job's retention debt, and the copied data stays valid.
/// </summary>
internal sealed class TransformingPhase
{
    private static readonly TimeSpan[] s_waits =
        [.. new[] { 1, 2, 4, 8, 16 }.Select(minutes => TimeSpan.FromMinutes(minutes))];

    private readonly PhaseContext _context;
    private readonly RetentionPolicy _policy;
    private readonly Dictionary<string, TransformOutcome> _left = [];

    private TransformingPhase(PhaseContext context)
    {
        _context = context;
        _policy = context.Job.Retention.Policy();
    }

    private SessionLog Session => _context.Session;

    public static Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation) =>
        new TransformingPhase(context).RunAsync(cancellation);

    private async Task<PhaseEvent> RunAsync(CancellationToken cancellation)
    {
        Session.Say($"Retention: {_policy}.");
        try
        {
            var pending = Chains();
            for (var attempt = 0; ; attempt++)
            {
                pending = [.. pending.Where(chain => !IsDone(chain, cancellation))];
                if (pending.Count == 0 || attempt == s_waits.Length)
                {
                    break;
                }

                await WaitAsync(s_waits[attempt], cancellation);
            }
        }
        finally
        {
            BackupSummaries.Refresh(_context.Target.Folder);
        }

        TellDebt();
        return new PhaseEvent.TransformDone();
    }

    private List<ChainTransform> Chains() =>
    [
        .. _context.Target.Folder.Chains()
            .Where(c => _context.Options.Machines.Count == 0
                || Wildcard.MatchesAny(_context.Options.Machines, MachineOf(c)))
            .Select(c => new ChainTransform(
                c, points => ChainRetention.Decide(points, _policy, _context.Engine.NowUtc))),
    ];

    /// <summary>Runs one chain; false when it has to be tried again because somebody is in the way.</summary>
    private bool IsDone(ChainTransform transform, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var machine = MachineOf(transform.Chain);
        try
        {
            var outcome = transform.Run(cancellation);
            Session.Transformed(machine, outcome);
            _left[machine] = outcome;
            return outcome.Busy.Count == 0;
        }
        catch (BackupCopyException error)
        {
            // One chain's trouble is its own: the others are transformed all the same.
            Session.FailRetention(machine, error);
            _context.Options.Fail?.Invoke(machine, error);
            return true;
        }
    }

    // Long readers that copy look for the wish at each batch and give way; the wait ends as soon as they
    // have.
    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellation)
    {
        var busy = _left.Values.SelectMany(o => o.Busy).ToList();
        Session.Say($"Waiting to remove {busy.Count} restore points: {busy[0].Holder}.");
        Session.State(SessionState.WaitingForLock);
        var time = _context.Engine.Time;
        var start = time.GetTimestamp();
        using var wishes = new Wishes(_context.Target.Folder.Chains(), busy);
        while (time.GetElapsedTime(start) < wait && !wishes.AreFree)
        {
            await Task.Delay(_context.Options.Poll, time, cancellation);
        }

        Session.State(SessionState.Working);
    }

    private void TellDebt()
    {
        var debt = _left.Values.Sum(o => o.Debt);
        Session.Debt(debt);
        if (_left.Values.SelectMany(o => o.Busy).FirstOrDefault() is { } busy)
        {
            var error = new BackupCopyException(
                ErrorCode.RetentionDebt,
                $"{debt} restore points should be gone and are still there: {busy.Holder}.",
                "End the restore or the copy that reads them, and run Invoke-BackupCopyRetention.");
            Session.FailRetention("", error);
            _context.Options.Fail?.Invoke(null, error);
        }
    }

    private static string MachineOf(Chain chain) => Path.GetFileName(chain.Path)[..^9];
}
