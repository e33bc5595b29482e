using BackupCopy.Jobs;

namespace BackupCopy.Running.Service;

/// <summary>
/// Whether the sources of an immediate job hold a complete restore point that it has not copied yet. Says the
/// same as a session would find, without beginning one.
/// </summary>
internal static class ImmediateLook
{
    public static bool IsAnythingNew(Engine engine, JobDefinition job)
    {
        var target = TargetBackup.Open(engine, job);
        return new SourceScan(engine, job).Run().Any(machine =>
        {
            var (chain, _) = target.ChainFor(machine.First().Machine, machine.Key);
            var last = TargetBackup.Last(chain);

            // The first copy is of the newest point, and waits for it.
            var counting = last is null ? [.. machine] : machine.Where(point => !point.IsLocked).ToList();
            return PointChoice.Choose(counting, last) is PointDecision.Copy;
        });
    }
}
