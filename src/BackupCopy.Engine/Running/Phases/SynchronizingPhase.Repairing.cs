using BackupCopy.Chains;
using BackupCopy.Health;
using BackupCopy.Inventory;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running.Phases;

// What is known to be damaged is healed before anything is copied on top of it.
internal sealed partial class SynchronizingPhase
{
    // By the chain's path; null for one that needs none.
    private readonly Dictionary<string, MachineRepair?> _repairs = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether the chain is being repaired, by a repair that begins here if need be; once in a session. A
    /// closed window delays it with the copy.
    /// </summary>
    private bool IsRepaired(
        Chain chain, Guid machineId, string machine, bool isWindowOpen, SemaphoreSlim slots,
        Action<MachineRepair, TaskSlot> start)
    {
        MachineRepair? repair;
        lock (_gate)
        {
            if (_repairs.TryGetValue(chain.Path, out repair))
            {
                return repair is { IsDone: false };
            }
        }

        if (!isWindowOpen)
        {
            return false;
        }

        IReadOnlyList<ChainDamage> damage =
            [.. _options.Upkeep.Damage(chain), .. _context.Upkeep.TakeDescriptions()];
        repair = damage.Count == 0 ? null
            : new MachineRepair(_context, chain, machineId, machine, damage);
        lock (_gate)
        {
            _repairs.Add(chain.Path, repair);
        }

        if (repair is not null)
        {
            start(repair, new TaskSlot(slots, _options.TaskSlots));
        }

        return repair is not null;
    }

    /// <summary>Chains of machines that are in no source any more are repaired, too.</summary>
    private void RepairUnseen(
        HashSet<string> seen, bool isWindowOpen, SemaphoreSlim slots,
        Action<MachineRepair, TaskSlot> start)
    {
        foreach (var chain in _target.Folder.Chains().Where(c => !seen.Contains(c.Path)))
        {
            var owner = TargetBackup.OwnerOf(chain);
            var machine = owner?.Machine ?? TargetBackup.MachineOf(chain);
            if (Wildcard.MatchesAny(_options.Machines, machine))
            {
                _ = IsRepaired(
                    chain, owner?.MachineId ?? Identity.OfMachine(machine), machine, isWindowOpen, slots,
                    start);
            }
        }
    }

    private async Task RepairAsync(
        MachineRepair repair, TaskSlot slot, CancellationToken expired, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            expired, cancellation, _context.NoMoreMachines);
        try
        {
            await repair.RunAsync(slot, stop.Token);
        }
        finally
        {
            lock (_gate)
            {
                repair.IsDone = true;
            }

            _wake.Set();
        }
    }

    private void RememberChain(Chain chain)
    {
        try
        {
            WentBack.Remember(_engine, _job, chain);
        }
        catch (BackupCopyException)
        {
            // The session's end remembers it once more, and meets the same trouble.
        }
    }
}
