using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>What a check looked at.</summary>
/// <param name="AllButBlocks">Whether files and maps were looked at to the end.</param>
/// <param name="Used">What some point uses; null where a damaged map does not tell.</param>
/// <param name="Chosen">The data records of the chosen points.</param>
/// <param name="From">Those behind this place were read…</param>
/// <param name="To">…up to this one.</param>
internal sealed record CheckedPart(
    bool AllButBlocks, RecordSet? Used, RecordSet? Chosen, ReadPosition From, ReadPosition To);

/// <summary>
/// What is known of a chain's damage after a check: what it found, and what was known before of the parts
/// that it did not look at.
/// </summary>
internal static class KnownFrom
{
    public static IReadOnlyList<KnownDamage> Merge(
        Chain chain, HealthFile memory, IReadOnlyList<ChainDamage> found, IReadOnlyList<ChainPoint> points,
        CheckedPart part)
    {
        var there = points.Select(p => p.Sequence).ToHashSet();
        var now = found.Where(d => d.Kind is not (HealthFindingKind.LeakedSpace
            or HealthFindingKind.UnlistedFile)).Select(ChainMemory.ToKnown).ToList();
        var again = now.Select(KeyOf).ToHashSet();
        var indexes = new Dictionary<uint, IndexFile?>();
        var stays = memory.Damage
            .Where(k => !again.Contains(KeyOf(k)) && !WasLookedAt(chain, k, part, indexes))
            .Where(k => k.Points.Count == 0 || k.Points.Any(there.Contains))
            .Select(k => k with { Points = [.. k.Points.Where(there.Contains)] });
        return [.. now, .. stays];
    }

    /// <summary>By what damage is the same: a record by its name, wherever it lies.</summary>
    public static (string, string) KeyOf(KnownDamage known) =>
        (known.Kind, known.Record.Length > 0 ? known.Record : known.File);

    private static bool WasLookedAt(
        Chain chain, KnownDamage known, CheckedPart part, Dictionary<uint, IndexFile?> indexes)
    {
        if (!part.AllButBlocks || known.Kind != nameof(HealthFindingKind.DamagedBlock))
        {
            return part.AllButBlocks;
        }

        if (ChainMemory.NameOf(known.Record) is not { } name || part.Used?.Contains(name) == false)
        {
            // Nobody uses it any more.
            return true;
        }

        if (part.Chosen?.Contains(name) != true)
        {
            return false;
        }

        if (!indexes.TryGetValue(name.File, out var index))
        {
            indexes.Add(name.File, index = BlockFiles.TryReadIndex(chain, name.File));
        }

        if (index is null || name.Number >= index.Count || index[name.Number].IsReleased)
        {
            return false;
        }

        var place = ReadPosition.Of(index[name.Number]);
        return part.From.IsBefore(place) && !part.To.IsBefore(place);
    }
}
