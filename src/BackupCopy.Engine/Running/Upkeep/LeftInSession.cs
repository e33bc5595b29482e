using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Upkeep;

/// <summary>
/// What damage the job's chains still have when its machines are copied. It fails the session that found it,
/// and each one after which the newest point of a machine has some; what older points have for long is a
/// warning.
/// </summary>
internal static class LeftInSession
{
    public static void Settle(PhaseContext context)
    {
        foreach (var chain in context.Target.Folder.Chains())
        {
            var machine = TargetBackup.MachineOf(chain);
            if (Wildcard.MatchesAny(context.Options.Machines, machine))
            {
                Settle(context, chain, machine);
            }
        }
    }

    private static void Settle(PhaseContext context, Chain chain, string machine)
    {
        List<ChainDamage> left;
        ChainPoint? newest;
        try
        {
            var damage = context.Options.Upkeep.Damage(chain).Where(d => !d.IsHarmless).ToList();
            if (damage.Count == 0)
            {
                return;
            }

            var points = chain.Points();
            left = [.. damage.Where(d => d.AffectedPoints.Count == 0
                || points.Any(p => d.AffectedPoints.Contains(p.Sequence)))];
            newest = points.LastOrDefault(p => p.IsUsable);
        }
        catch (BackupCopyException)
        {
            // A chain that cannot be read has told so by what was to be done with it.
            return;
        }

        if (left.Count == 0)
        {
            return;
        }

        context.Session.Tally(new HealthTally
        {
            Found = context.Upkeep.CountNew(chain, left),
            Left = left.Count,
        });
        var inNewest = newest is null ? left : [.. left.Where(d => IsIn(chain, newest, d))];
        if (inNewest.Count > 0 && TargetBackup.OwnerOf(chain) is { } owner)
        {
            context.Session.Damaged(
                owner.MachineId,
                $"{ReadableText.Count(inNewest.Count, "record")} of its newest restore point "
                + $"{(inNewest.Count == 1 ? "stays" : "stay")} damaged: "
                + context.Upkeep.WhyLeft(chain, inNewest[0]));
        }

        var isError = inNewest.Count > 0 || context.Upkeep.Detected.Contains(chain.Path);
        var text = $"{machine}: {ReadableText.Count(left.Count, "damaged record")} could not be healed: "
            + context.Upkeep.WhyLeft(chain, left[0]);
        context.Session.Tell(
            isError ? EventLevel.Error : EventLevel.Warning, text, machine, SessionEventId.DamageLeft);
        context.Session.Blame(
            isError ? SessionResult.Failed : SessionResult.Warning, $"{ErrorCode.DamageFound}: {text}");
        Report(context, machine, text, isError);
    }

    private static void Report(PhaseContext context, string machine, string text, bool isError)
    {
        if (isError)
        {
            context.Options.Fail?.Invoke(machine, new BackupCopyException(
                ErrorCode.DamageFound, text,
                "Bring back a source that still has these blocks and sync again, or make an active full "
                + "with -Full; Invoke-HealthCheck lists what is damaged."));
        }
        else
        {
            context.Options.Warn?.Invoke(text);
        }
    }

    // Since the damage was found the newest point may be another one, which may share the record.
    private static bool IsIn(Chain chain, ChainPoint newest, ChainDamage damage)
    {
        if (damage.AffectedPoints.Contains(newest.Sequence))
        {
            return true;
        }

        var file = newest.File!;
        if (damage.Record is not { } record)
        {
            var name = Path.GetFileName(damage.Path);
            return file.BlockFiles.Any(
                f => name == Names.BlockFile(f.Number) || name == Names.IndexFile(f.Number));
        }

        if (damage.Block < 0 || file.Disks.FirstOrDefault(d => d.Id == damage.DiskId) is not { } disk)
        {
            return false;
        }

        try
        {
            using var reader = chain.LookAt(newest);
            var map = reader.OpenMap(disk);
            return damage.Level >= 0 ? map.Reference(damage.Level, damage.Block).Name == record
                : damage.Block < map.BlockCount && map.Block(damage.Block).Name == record;
        }
        catch (BackupCopyException)
        {
            return true;
        }
    }
}
