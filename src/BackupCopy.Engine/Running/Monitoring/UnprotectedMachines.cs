using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Running.Keeping;

namespace BackupCopy.Running.Monitoring;

/// <summary>
/// Finds the machines in a job's source repositories that no job of the catalog copies, enabled or not, and
/// tells each of them once. A machine that a job leaves out by name was thought of, and while a source of an
/// enabled job cannot be read whole nothing is known for sure.
/// </summary>
internal static class UnprotectedMachines
{
    public static void Tell(
        Engine engine, JobDefinition job, Action<string, string, SessionEventId> tell)
    {
        var jobs = engine.Catalog.Jobs();
        if (Protected(engine, jobs) is not { } copied)
        {
            return;
        }

        var found = SourceMachines.Find(engine, job).Machines
            .Where(m => !copied.Contains(m.Id) && !jobs.Any(j => IsNamed(j, job, m.Name)))
            .DistinctBy(m => m.Id).ToList();
        var told = engine.Catalog.Run(job.Id).ToldUnprotected;
        foreach (var machine in found.Where(m => !told.Contains(m.Id)))
        {
            tell(
                machine.Name,
                "The machine is in a source repository of this job and no job copies it.",
                SessionEventId.MachineUnprotected);
        }

        // One that a job took in is told again should it be left out once more.
        Guid[] now = [.. found.Select(m => m.Id)];
        if (!told.ToHashSet().SetEquals(now))
        {
            engine.Catalog.UpdateRun(job.Id, run => run with { ToldUnprotected = now });
        }
    }

    /// <summary>Null where something could not be read.</summary>
    private static HashSet<Guid>? Protected(Engine engine, IReadOnlyList<JobDefinition> jobs)
    {
        var copied = new HashSet<Guid>();
        var isSure = true;
        foreach (var job in jobs)
        {
            try
            {
                copied.UnionWith(new SourceScan(engine, job)
                    .Run(_ => isSure &= !job.IsEnabled, (_, _) => isSure &= !job.IsEnabled)
                    .Select(machine => machine.Key));
            }
            catch (BackupCopyException)
            {
                isSure &= !job.IsEnabled;
            }
        }

        return isSure ? copied : null;
    }

    // Left out on purpose by any job, or taken by a job that looks in the same place and will find its first
    // complete point.
    private static bool IsNamed(JobDefinition other, JobDefinition job, string machine) =>
        other.Selection.Exclude.Any(pattern => Wildcard.Matches(pattern, machine))
        || (other.Selection is { FromJobs.Count: 0, FromBackups.Count: 0 }
            && Wildcard.MatchesAny(other.Selection.Machines, machine)
            && other.SourceRepositoryIds.Intersect(job.SourceRepositoryIds).Any());
}
