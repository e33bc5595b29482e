using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Health;
using BackupCopy.Reporting;

namespace BackupCopy.Running.Upkeep;

/// <summary>What the health checks of a chain left in its memory, by restore point; read once.</summary>
internal sealed class PointHealth
{
    private readonly Dictionary<long, VerifiedPoint> _verified = [];
    private readonly Dictionary<long, (int Blocks, int Others)> _damage = [];

    private PointHealth(HealthFile memory)
    {
        foreach (var point in memory.Points)
        {
            _verified[point.Sequence] = point;
        }

        foreach (var damage in memory.Damage.Where(d => !ChainDamage.WasHarmless(d)))
        {
            var isBlock = damage.Kind == nameof(HealthFindingKind.DamagedBlock);
            foreach (var sequence in damage.Points)
            {
                var (blocks, others) = _damage.GetValueOrDefault(sequence);
                _damage[sequence] = isBlock ? (blocks + 1, others) : (blocks, others + 1);
            }
        }
    }

    public static PointHealth Of(Chain chain)
    {
        try
        {
            return new PointHealth(ChainMemory.Read(chain));
        }
        catch (BackupCopyException)
        {
            // Who may not read the memory can list the points all the same.
            return new PointHealth(new HealthFile());
        }
    }

    /// <summary>
    /// Adds the history of a point. One with known damage stays what it is: all but the damaged blocks
    /// restores.
    /// </summary>
    public RestorePointInfo Tell(RestorePointInfo point)
    {
        var verified = _verified.GetValueOrDefault(point.Sequence);
        var (blocks, others) = _damage.GetValueOrDefault(point.Sequence);
        return point with
        {
            VerifiedTime = verified?.VerifiedUtc.ToLocalTime(),
            VerifiedDepth = verified?.Depth ?? "",
            DamagedBlockCount = blocks,
            Reason = point.Reason.Length > 0 || blocks + others == 0 ? point.Reason
                : $"{InWords(blocks, others)}; Invoke-HealthCheck -Repair heals what it can.",
        };
    }

    private static string InWords(int blocks, int others)
    {
        var sum = blocks + others;
        var parts = ReadableText.Count(others, "part") + " of its structure";
        var what = others == 0 ? ReadableText.Count(blocks, "block")
            : blocks == 0 ? parts
            : $"{ReadableText.Count(blocks, "block")} and {parts}";
        return $"{what} {(sum == 1 ? "is" : "are")} damaged";
    }
}
