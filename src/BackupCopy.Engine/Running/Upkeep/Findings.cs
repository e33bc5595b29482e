using BackupCopy.Health;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Upkeep;

/// <summary>Damage as the prompt shows it: with the names of what it lies in.</summary>
internal static class Findings
{
    public static HealthFinding Of(UpkeepChain chain, ChainDamage damage, string from = "") =>
        Of(chain.Repository, damage, from) with
        {
            BackupFolder = chain.Backup.FolderName,
            Machine = chain.Machine,
        };

    public static HealthFinding Of(UpkeepChain chain, HealedDamage healed) =>
        Of(chain, healed.Damage, healed.From) with { State = HealthFindingState.Healed };

    public static HealthFinding Of(UpkeepChain chain, LeftDamage left) =>
        Left(Of(chain, left.Damage), left.Why);

    /// <summary>A finding in a repository's own files.</summary>
    public static HealthFinding Of(RepositoryDefinition repository, ChainDamage damage, string from = "") =>
        new()
        {
            Kind = damage.Kind,
            State = damage.IsHarmless ? HealthFindingState.Harmless : HealthFindingState.Found,
            Repository = repository.Name,
            Path = damage.Path,
            Offset = damage.Offset,
            Record = damage.Record is { } record ? record.ToString() : "",
            Disk = damage.Disk,
            Block = damage is { Level: < 0, Block: >= 0 } ? damage.Block : null,
            Digest = damage.Digest.IsEmpty ? "" : damage.Digest.ToString(),
            AffectedPoints = damage.AffectedPoints.ToArray(),
            RepairableFrom = from,
            Message = damage.Message,
        };

    /// <summary>The finding where healing it was tried in vain.</summary>
    public static HealthFinding Left(HealthFinding finding, string why) =>
        finding.State == HealthFindingState.Harmless ? finding
            : finding with { State = HealthFindingState.Left, Message = $"{finding.Message} {why}" };

    /// <summary>How many there are of a state.</summary>
    public static int Count(this IEnumerable<HealthFinding> findings, HealthFindingState state) =>
        findings.Count(f => f.State == state);
}
