using BackupCopy.Chains;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Retention;

namespace BackupCopy.Running.Keeping;

/// <summary>
/// Finds the machines of a job's backup that were deleted in its sources: compares the two once a session,
/// remembers in the catalog what was seen, and announces a removal one session ahead. Losing what is
/// remembered only delays a removal.
/// </summary>
internal sealed class DeletedMachineSearch
{
    private readonly PhaseContext _context;
    private readonly RetentionPolicy _policy;

    public DeletedMachineSearch(PhaseContext context, RetentionPolicy policy)
    {
        _context = context;
        _policy = policy;
    }

    private Engine Engine => _context.Engine;

    /// <summary>The chains whose points go in this session, by their folders.</summary>
    public IReadOnlyDictionary<string, AbsentMachine> Run()
    {
        var job = _context.Job;
        var known = Engine.Catalog.AbsentMachines(job.Id);
        var going = new Dictionary<string, AbsentMachine>(StringComparer.Ordinal);
        var next = new List<AbsentMachine>();
        if (job.Retention.RemoveDeletedAfterDays > 0)
        {
            var chains = Owned();
            var source = SourceMachines.Find(Engine, job);
            if (source.Doubt is { } doubt)
            {
                _context.Session.Say(
                    $"Deleted machines are not looked for in this session: {doubt}",
                    SessionEventId.DeletedMachine);
            }

            foreach (var owned in chains)
            {
                var earlier = known.FirstOrDefault(k => k.MachineId == owned.MachineId);
                if (Step(owned, Sight(owned, chains, source), earlier, going) is { } absent)
                {
                    next.Add(absent);
                }
            }
        }

        next = [.. next.DistinctBy(m => m.MachineId)];
        if (!next.SequenceEqual(known))
        {
            Engine.Catalog.SaveAbsentMachines(job.Id, next);
        }

        return going;
    }

    /// <summary>
    /// Retention of a chain whose machine was deleted: only GFS and holds keep points. A point that cannot be
    /// read, or whose sequence another file has too, stays because nobody knows its flags; one that is set
    /// aside and has flags stays because no tier counts it.
    /// </summary>
    public static IReadOnlyList<RetentionDecision> Decide(
        IReadOnlyList<ChainPoint> points, RetentionPolicy policy, DateTime nowUtc, AbsentMachine absent)
    {
        var since = new LocalDays(policy.Zone()).Of(absent.AbsentSinceUtc);
        var readable = points.Where(p => p.File is not null && !p.HasTwin).Select(p => p.Sequence)
            .ToHashSet();
        return
        [
            .. ChainRetention.Decide(points, policy, nowUtc).Select(d =>
                !d.Keep || d.Point.IsHeld || !readable.Contains(d.Point.Sequence)
                    || (!d.Point.IsGood && d.Point.Flags.Count > 0)
                    || d.Reasons.Any(r => r is KeepReason.GfsCount or KeepReason.GfsTime)
                    ? d
                    : d with
                    {
                        Keep = false,
                        Reasons = [],
                        RemoveReasons = [new RemoveReason.MachineDeleted(since)],
                        ExpectedChangeUtc = null,
                    }),
        ];
    }

    /// <summary>What to remember of the machine; null when it is there.</summary>
    private AbsentMachine? Step(
        OwnedChain owned, Sighting sighting, AbsentMachine? earlier,
        Dictionary<string, AbsentMachine> going)
    {
        var (absent, step) = DeletedMachines.Next(
            earlier, owned.MachineId, sighting, Engine.NowUtc,
            _context.Job.Retention.RemoveDeletedAfterDays);
        if (absent is null || step == DeletedStep.Leave)
        {
            return absent;
        }

        if (!Wildcard.MatchesAny(_context.Options.Machines, owned.Machine))
        {
            // Not this session's business: what it would do stays to be done.
            return absent with { AnnouncedUtc = earlier!.AnnouncedUtc };
        }

        if (step == DeletedStep.Remove)
        {
            going.Add(owned.Chain.Path, absent);
            return absent;
        }

        try
        {
            if (Decide(owned.Chain.Points(), _policy, Engine.NowUtc, absent).All(d => d.Keep))
            {
                return absent with { AnnouncedUtc = null };
            }
        }
        catch (BackupCopyException)
        {
            // Its removal meets the error itself, and the other chains are none of its business.
            return absent with { AnnouncedUtc = null };
        }

        Announce(owned.Machine, absent);
        return absent;
    }

    // Told before it is remembered: a session cut off between the two tells it again.
    private void Announce(string machine, AbsentMachine absent)
    {
        var text = $"{machine} has not been in any source since {absent.AbsentSinceUtc.ToLocalText()}; "
            + "its restore points go in the next session, GFS points stay.";
        _context.Session.Warn(text, machine, SessionEventId.DeletedMachine);
        _context.Options.Warn?.Invoke(text);
    }

    // A chain is in use when its machine is listed. A machine that is listed under another id than all chains
    // have, such as one that was mapped or got a new id, may use any chain of its name.
    private static Sighting Sight(OwnedChain owned, List<OwnedChain> chains, SourceMachines source)
    {
        var isListed = source.Machines.Any(m => m.Id == owned.MachineId
            || (string.Equals(m.Name, owned.Machine, StringComparison.OrdinalIgnoreCase)
                && chains.TrueForAll(c => c.MachineId != m.Id)));
        return isListed ? Sighting.Listed : source.Doubt is null ? Sighting.NotListed : Sighting.Unknown;
    }

    // Chains with points whose owner is known; of the others nothing is said.
    private List<OwnedChain> Owned() =>
        [.. _context.Target.Folder.Chains().Select(TargetBackup.OwnerOf).OfType<OwnedChain>()];
}
