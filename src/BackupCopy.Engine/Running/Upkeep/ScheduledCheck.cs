using BackupCopy.Chains;
using BackupCopy.Health;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;
using BackupCopy.Retention;
using BackupCopy.Running.Keeping;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// The health check of a job's day: the newest point of each chain, one after the other. It gives way to
/// whoever wants to remove a point, and what it does not come to the end of goes on in the next session. A
/// chain of which this session is to make a full is left out: its newest point is new then.
/// </summary>
internal sealed class ScheduledCheck
{
    // How often a check that gave way goes on before the next chain has its turn.
    private const int MostTurns = 5;

    private readonly PhaseContext _context;
    private readonly DateOnly _today;
    private readonly TargetBackup _target;
    private readonly UpkeepWork _work;
    private volatile MachineProgress? _now;

    public ScheduledCheck(PhaseContext context, DateOnly today)
    {
        _context = context;
        _today = today;
        _target = context.Target;
        _work = context.Options.Upkeep;
    }

    private SessionLog Session => _context.Session;

    private Engine Engine => _context.Engine;

    public async Task RunAsync(CancellationToken cancellation)
    {
        var chains = _target.Folder.Chains().Select(c => (Chain: c, Machine: TargetBackup.MachineOf(c)))
            .Where(c => Wildcard.MatchesAny(_context.Options.Machines, c.Machine)).ToList();
        Session.Say(
            chains.Count == 0 ? "There is nothing to check yet." : "Verifying the newest restore points.");
        var began = Begin();
        CheckDescriptions();
        var isThrough = _context.Options.Machines.Count == 0;
        await using var pump = new ProgressPump(
            _context.Progress, () => _now is { } now ? [now] : [], Engine.Time);
        foreach (var (chain, machine) in chains)
        {
            cancellation.ThrowIfCancellationRequested();
            _context.NoMoreMachines.ThrowIfCancellationRequested();
            if (WhyFull(chain, began) is { } why)
            {
                Session.Tell(
                    EventLevel.Info, $"Not checked: this session makes a full. {why}", machine,
                    SessionEventId.Note);
                _context.Upkeep.AwaitingFull.Add(chain);
            }
            else if (!IsCheckedSince(chain, began))
            {
                isThrough &= await IsDoneAsync(chain, machine, cancellation);
            }

            Session.Done(TargetBackup.OwnerOf(chain)?.MachineId ?? Guid.Empty);
        }

        _now = null;
        if (isThrough)
        {
            _context.Upkeep.CheckDay = _today;
            EndWithFulls(_context);
        }
    }

    /// <summary>
    /// The check of the day is over once the fulls are made that were waited for; asked again when the
    /// machines are copied.
    /// </summary>
    public static void EndWithFulls(PhaseContext context)
    {
        if (context.Upkeep.CheckDay is { } day
            && context.Upkeep.AwaitingFull.TrueForAll(c => MadeFulls.Has(context, c)))
        {
            context.Engine.Catalog.UpdateRun(
                context.Job.Id, run => run with { HealthCheckDay = day, HealthCheckBeganUtc = null });
        }
    }

    private void CheckDescriptions()
    {
        var found = _work.CheckDescriptions(_target.Folder);
        _context.Upkeep.Found(found);
        foreach (var damage in found)
        {
            Session.Tell(
                damage.IsHarmless ? EventLevel.Info : EventLevel.Warning, DamageText.Of(damage), null,
                SessionEventId.DamageFound);
        }

        if (found.FirstOrDefault(d => !d.IsHarmless) is { } first)
        {
            Session.Blame(SessionResult.Warning, first.Message);
        }
    }

    private DateTime Begin() => Engine.Catalog.UpdateRun(
        _context.Job.Id,
        run => run with { HealthCheckBeganUtc = run.HealthCheckBeganUtc ?? Engine.NowUtc })
        .HealthCheckBeganUtc!.Value;

    // A full by schedule is waited for on one day only: a machine without new points never gets it.
    private string? WhyFull(Chain chain, DateTime beganUtc)
    {
        if (_context.Options.Full)
        {
            return "It was asked for.";
        }

        var retention = _context.Job.Retention;
        var policy = retention.Policy();
        return new LocalDays(policy.Zone()).Of(beganUtc) == _today
            && ChainRetention.IsFullDue(Engine.NowUtc, chain.Points(), retention, policy)
            ? $"It is due by the schedule {retention.ActiveFulls()}." : null;
    }

    // An earlier session of the same check was stopped, or gave way elsewhere.
    private static bool IsCheckedSince(Chain chain, DateTime beganUtc) =>
        ChainMemory.Read(chain).Last is { IsComplete: true, Depth: nameof(CheckDepth.Full) } last
        && last.StartUtc >= beganUtc && last.Scope is nameof(CheckScope.Newest) or nameof(CheckScope.All);

    /// <summary>False for a chain that the next session has to go on with.</summary>
    private async Task<bool> IsDoneAsync(Chain chain, string machine, CancellationToken cancellation)
    {
        var outcomes = new List<CheckOutcome>();
        try
        {
            await CheckAsync(chain, machine, outcomes, cancellation);
        }
        catch (Exception thrown) when (thrown is not OperationCanceledException)
        {
            OwnTrouble.Tell(
                _context, machine, thrown, "could not be checked", SessionEventId.HealthCheckFailed);
        }
        finally
        {
            Tell(chain, machine, outcomes);
        }

        return outcomes is not [.., { GaveWay: true }];
    }

    private async Task CheckAsync(
        Chain chain, string machine, List<CheckOutcome> outcomes, CancellationToken cancellation)
    {
        var definition = Engine.Repository(_context.Job.TargetRepositoryId);
        var share = Limits.ShareOf(_context, definition);
        var start = Engine.Time.GetTimestamp();
        for (var turn = 1; ; turn++)
        {
            using (await Limits.TakeSlotAsync(_target.Repository, definition, Engine.Time, cancellation))
            {
                outcomes.Add(await _work.Check(
                    chain,
                    new CheckRequest
                    {
                        Depth = CheckDepth.Full,
                        Scope = CheckScope.Newest,
                        NowUtc = Engine.NowUtc,
                        Take = share.Take,
                        Progress = (done, total) => _now = new MachineProgress(
                            machine, "Checking", done, total, 0, Engine.Time.GetElapsedTime(start)),
                    },
                    cancellation));
            }

            if (!outcomes[^1].GaveWay || turn == MostTurns)
            {
                return;
            }

            await Task.Delay(_context.Options.Poll, Engine.Time, cancellation);
        }
    }

    private void Tell(Chain chain, string machine, List<CheckOutcome> outcomes)
    {
        if (outcomes.Count == 0)
        {
            return;
        }

        var all = outcomes.SelectMany(o => o.Damage).ToList();
        var found = _context.Upkeep.CountNew(chain, all);
        var bytes = outcomes.Sum(o => o.CheckedBytes);
        var points = outcomes[^1].Points.Count;
        Session.Tally(new HealthTally
        {
            CheckedBytes = bytes,
            CheckedPointCount = points,
            Found = found,
        });
        DamageText.TellEach(
            [.. all.Select(DamageText.Of).Distinct()], "findings",
            text => Session.Tell(
                found > 0 ? EventLevel.Warning : EventLevel.Info, text, machine, SessionEventId.DamageFound));
        var checkedText = $"Verified {ReadableText.Size(bytes)}";
        if (outcomes[^1].GaveWay)
        {
            Session.Tell(
                EventLevel.Info, $"{checkedText} and gave way to others; the next session goes on there.",
                machine, SessionEventId.HealthChecked);
        }
        else
        {
            var what = found == 0 ? "nothing is damaged"
                : $"{ReadableText.Count(found, "damaged record")} found, the sync tries to heal "
                    + (found == 1 ? "it" : "them");
            Session.Tell(
                found > 0 ? EventLevel.Warning : EventLevel.Info, $"{checkedText}: {what}.", machine,
                SessionEventId.HealthChecked);
        }

        if (found > 0)
        {
            _context.Upkeep.Detected.Add(chain.Path);
            Session.Blame(
                SessionResult.Warning, $"{machine}: {ReadableText.Count(found, "damaged record")} found.");
        }
    }
}
