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
        return new MachineLook(engine, job).Run(target, new PointScope()).Any(machine =>
        {
            // The first copy is of the newest point, and waits for it.
            var counting = machine.Last is null
                ? machine.Newest : [.. machine.Newest.Where(point => !point.IsLocked)];
            return PointChoice.Choose(counting, machine.Last) is PointDecision.Copy;
        });
    }
}
