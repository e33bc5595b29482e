using BackupCopy.Chains;
using BackupCopy.Health;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// Heals one machine's chain in a session, before anything is copied on top of it. What it cannot heal, or
/// cannot try, is no reason not to copy.
/// </summary>
internal sealed class MachineRepair
{
    private readonly PhaseContext _context;
    private readonly Chain _chain;
    private readonly Guid _machineId;
    private readonly IReadOnlyList<ChainDamage> _damage;
    private readonly long _start;

    public MachineRepair(
        PhaseContext context, Chain chain, Guid machineId, string machine, IReadOnlyList<ChainDamage> damage)
    {
        _context = context;
        _chain = chain;
        _machineId = machineId;
        _damage = damage;
        _start = context.Engine.Time.GetTimestamp();
        Machine = machine;
    }

    public string Machine { get; }

    /// <summary>Whether it is over, however it ended.</summary>
    public bool IsDone { get; set; }

    public MachineProgress Progress =>
        new(Machine, "Repairing", 0, 0, 0, Engine.Time.GetElapsedTime(_start));

    private SessionLog Session => _context.Session;

    private Engine Engine => _context.Engine;

    /// <param name="stop">The session is stopped, or its interval over: the next one repairs it.</param>
    public async Task RunAsync(TaskSlot slot, CancellationToken stop)
    {
        try
        {
            await slot.TakeAsync(stop);
            Tell(await RepairAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // What was healed until then is healed.
        }
        catch (Exception thrown)
        {
            var error = OwnTrouble.Tell(
                _context, Machine, thrown, "could not be repaired", SessionEventId.DamageLeft,
                "It could not be repaired: ");
            _context.Upkeep.Left(_chain, [.. _damage.Select(d => new LeftDamage(d, error.Message))]);
        }
        finally
        {
            slot.Release();
        }
    }

    // Another writer of the chain ends by itself; the wait is limited as that of a copy.
    private async Task<RepairOutcome> RepairAsync(CancellationToken stop)
    {
        Session.Tally(new HealthTally { Found = _context.Upkeep.CountNew(_chain, _damage) });
        var repository = _context.Target.Repository;
        var definition = Engine.Repository(_context.Job.TargetRepositoryId);
        var holders = HolderFinder.Of(Engine, _context.Job, repository, _chain, _machineId, Machine);
        while (true)
        {
            try
            {
                using var place = await Limits.TakeSlotAsync(repository, definition, Engine.Time, stop);
                return _context.Options.Upkeep.Repair(_chain, _damage, holders, Engine.NowUtc, stop);
            }
            catch (BackupCopyException error) when (
                error.Code == ErrorCode.ChainLocked
                && !(Engine.Time.GetElapsedTime(_start) >= _context.Options.Wait))
            {
                using var waiting = Session.WaitingForLock(
                    $"{Machine} waits to be repaired: {error.Message}");
                await Task.Delay(_context.Options.Poll, Engine.Time, stop);
            }
        }
    }

    private void Tell(RepairOutcome outcome)
    {
        _context.Options.Upkeep.Forget(_chain, [.. outcome.Healed.Select(h => h.Damage)]);
        _context.Upkeep.Left(_chain, outcome.Left);

        // What damaged maps hid was found by the repair itself.
        Session.Tally(new HealthTally
        {
            Found = _context.Upkeep.CountNew(
                _chain, [.. outcome.Healed.Select(h => h.Damage), .. outcome.Left.Select(l => l.Damage)]),
            Healed = outcome.Healed.Count(h => !h.Damage.IsHarmless),
        });
        DamageText.TellEach(
            [.. outcome.Healed.Select(h => $"Healed from {h.From}: {DamageText.Of(h.Damage)}")],
            "healed records",
            text => Session.Tell(EventLevel.Info, text, Machine, SessionEventId.DamageHealed));
        DamageText.TellEach(
            [
                .. outcome.Left.Where(l => !l.Damage.IsHarmless)
                    .Select(l => $"It stays damaged: {l.Why} {DamageText.Of(l.Damage)}"),
            ],
            "damaged records",
            text => Session.Tell(EventLevel.Warning, text, Machine, SessionEventId.DamageLeft));
        LeaveDescriptions(outcome.Left);
        foreach (var sequence in outcome.SetAside)
        {
            Session.Tell(
                EventLevel.Warning,
                $"Restore point {sequence} was set aside: it cannot be rebuilt. Its files stay.", Machine,
                SessionEventId.PointSetAside);
        }
    }

    // What belongs to no chain is remembered by none.
    private void LeaveDescriptions(IReadOnlyList<LeftDamage> left)
    {
        var descriptions = left.Where(l => l.Damage.Kind == HealthFindingKind.DamagedDescription).ToList();
        if (descriptions is [var first, ..])
        {
            Session.Tally(new HealthTally { Left = descriptions.Count });
            Session.Blame(
                SessionResult.Warning, $"{ErrorCode.DamageFound}: {first.Damage.Message} {first.Why}");
        }
    }
}
