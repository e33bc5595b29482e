using BackupCopy.Chains;

namespace BackupCopy.Running.Upkeep;

/// <summary>Which chains got an active full in a session.</summary>
internal static class MadeFulls
{
    public static bool Has(PhaseContext context, Chain chain)
    {
        try
        {
            return chain.Newest() is { File: { IsFull: true } made } && context.Session.Record.Tasks.Any(
                t => t.TargetSequence == made.Sequence
                    && string.Equals(t.Machine, made.MachineName, StringComparison.OrdinalIgnoreCase));
        }
        catch (BackupCopyException)
        {
            return false;
        }
    }
}
