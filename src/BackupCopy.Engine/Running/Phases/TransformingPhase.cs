using BackupCopy.Chains;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Retention;
using BackupCopy.Running.Keeping;

namespace BackupCopy.Running.Phases;

/// <summary>
/// Retention: removes the points of every chain that nothing wants any more, and those of machines that were
/// deleted. A point that is being read is asked for, and tried again as soon as its reader has left and after
/// 1, 2, 4, 8 and 16 minutes at the latest; what is left then is the job's retention debt, and the copied
/// data stays valid.
/// </summary>
internal sealed class TransformingPhase
{
    private static readonly TimeSpan[] s_waits =
        [.. new[] { 1, 2, 4, 8, 16 }.Select(minutes => TimeSpan.FromMinutes(minutes))];

    private readonly PhaseContext _context;
    private readonly RetentionPolicy _policy;
    private readonly Dictionary<string, (Chain Chain, TransformOutcome Outcome)> _left = [];

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
        Wishes? wishes = null;
        try
        {
            var pending = Chains();
            var wait = 0;
            var waited = TimeSpan.Zero;
            while (true)
            {
                pending = [.. pending.Where(chain => !IsDone(chain, cancellation))];
                wishes?.Dispose();
                if (pending.Count == 0 || wait == s_waits.Length)
                {
                    break;
                }

                // They stay until their points were tried again, or the next reader would be in between.
                var busy = Busy().ToList();
                wishes = new Wishes(busy);
                waited += await WaitAsync(busy, wishes, s_waits[wait] - waited, cancellation);
                if (waited >= s_waits[wait])
                {
                    (wait, waited) = (wait + 1, TimeSpan.Zero);
                }
            }
        }
        finally
        {
            wishes?.Dispose();
            BackupSummaries.Refresh(_context.Target.Folder);
        }

        TellDebt();
        return new PhaseEvent.TransformDone();
    }

    private List<(string Machine, ChainTransform Transform)> Chains()
    {
        var deleted = new DeletedMachineSearch(_context, _policy).Run();
        return
        [
            .. from chain in _context.Target.Folder.Chains()
               let machine = TargetBackup.MachineOf(chain)
               where Wildcard.MatchesAny(_context.Options.Machines, machine)
               select (machine, new ChainTransform(
                   chain, points => Decide(points, deleted.GetValueOrDefault(chain.Path)))),
        ];
    }

    private IReadOnlyList<RetentionDecision> Decide(
        IReadOnlyList<ChainPoint> points, AbsentMachine? deleted) => deleted is null
            ? ChainRetention.Decide(points, _policy, _context.Engine.NowUtc)
            : DeletedMachineSearch.Decide(points, _policy, _context.Engine.NowUtc, deleted);

    /// <summary>Runs one chain; false when it has to be tried again because somebody is in the way.</summary>
    private bool IsDone((string Machine, ChainTransform Transform) chain, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var (machine, transform) = chain;
        try
        {
            var outcome = transform.Run(cancellation);
            Session.Transformed(machine, outcome);
            _left[transform.Chain.Path] = (transform.Chain, outcome);
            if (outcome.Failure is BackupCopyException error)
            {
                Fail(machine, error);
                return true;
            }

            cancellation.ThrowIfCancellationRequested();
            return outcome.Busy.Count == 0;
        }
        catch (BackupCopyException error)
        {
            Fail(machine, error);
            _left[transform.Chain.Path] = (transform.Chain, transform.Failed());
            return true;
        }
    }

    // One chain's trouble is its own: the others are transformed all the same.
    private void Fail(string machine, BackupCopyException error)
    {
        Session.FailRetention(machine, error);
        _context.Options.Fail?.Invoke(machine, error);
    }

    /// <summary>
    /// Waits until a point can be had, at least one poll and at most so long; says how long it took. Long
    /// readers that copy look for the wish at each batch and give way.
    /// </summary>
    private async Task<TimeSpan> WaitAsync(
        List<(Chain Chain, BusyPoint Point)> busy, Wishes wishes, TimeSpan wait,
        CancellationToken cancellation)
    {
        var time = _context.Engine.Time;
        var start = time.GetTimestamp();
        using var waiting = Session.WaitingForLock(
            $"Waiting to remove {Count(busy.Count)}: {busy[0].Point.Holder}.");
        do
        {
            await Task.Delay(_context.Options.Poll, time, cancellation);
        }
        while (time.GetElapsedTime(start) < wait && !wishes.IsAnyFree);

        return time.GetElapsedTime(start);
    }

    private IEnumerable<(Chain Chain, BusyPoint Point)> Busy() =>
        _left.Values.SelectMany(l => l.Outcome.Busy.Select(b => (l.Chain, b)));

    private static string Count(int points) => points == 1 ? "1 restore point" : $"{points} restore points";

    private void TellDebt()
    {
        var debt = _left.Values.Sum(l => l.Outcome.Debt);
        Session.Debt(debt);
        if (Busy().Select(b => b.Point).FirstOrDefault() is { } busy)
        {
            var error = new BackupCopyException(
                ErrorCode.RetentionDebt,
                $"{Count(debt)} should be gone and {(debt == 1 ? "is" : "are")} still there: {busy.Holder}.",
                "End the restore or the copy that reads them, and run Invoke-BackupCopyRetention.");
            Session.FailRetention("", error);
            _context.Options.Fail?.Invoke(null, error);
        }
    }
}
