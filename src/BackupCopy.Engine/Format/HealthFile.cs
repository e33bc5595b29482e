using System.Text.Json;
using System.Text.Json.Serialization;

namespace BackupCopy.Format;

/// <summary>
/// health.json of a chain: what its health checks found, and how far they came. A memory and nothing more:
/// losing it loses the history and lets the next check begin at the front.
/// </summary>
internal sealed record HealthFile
{
    /// <summary>How much damage it remembers; what is beyond is found again by the next check.</summary>
    public const int MostDamage = 10_000;

    public const int LargestBytes = 16 << 20;

    /// <summary>The last check that came to its end or was stopped; null before the first.</summary>
    public LastCheck? Last { get; init; }

    /// <summary>
    /// Behind which record a check by parts goes on, and one that was stopped; null to begin at the front.
    /// </summary>
    public CheckPosition? Position { get; init; }

    /// <summary>When each point was verified last, by sequence; points that are gone are left out.</summary>
    public IReadOnlyList<VerifiedPoint> Points { get; init; } = [];

    /// <summary>Damage that was found and not healed yet.</summary>
    public IReadOnlyList<KnownDamage> Damage { get; init; } = [];

    /// <summary>Whether there was more damage than <see cref="MostDamage"/>.</summary>
    public bool HasMoreDamage { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HealthJson.Default.HealthFile);

    /// <summary>Null for what does not parse: it is only a memory.</summary>
    public static HealthFile? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, HealthJson.Default.HealthFile);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Depth">Quick or Full.</param>
/// <param name="Scope">Newest, All, Percent or Points.</param>
/// <param name="CheckedBytes">Stored bytes that were read, of <paramref name="TotalBytes"/>.</param>
/// <param name="Found">How much damage it found.</param>
/// <param name="IsComplete">False for one that was stopped.</param>
internal sealed record LastCheck(
    DateTime StartUtc, DateTime EndUtc, string Depth, string Scope, long CheckedBytes, long TotalBytes,
    int Found, bool IsComplete);

/// <summary>The data record that was read last, in the order of places.</summary>
/// <param name="File">The number of the file that holds the bytes.</param>
/// <param name="Scope">That of the check; another one begins at the front.</param>
/// <param name="SinceUtc">When the round began that this position belongs to.</param>
internal sealed record CheckPosition(uint File, long Offset, string Depth, string Scope, DateTime SinceUtc);

/// <param name="Damaged">How many of its blocks are known to be damaged.</param>
internal sealed record VerifiedPoint(long Sequence, DateTime VerifiedUtc, string Depth, int Damaged);

/// <summary>Damage as it is remembered until it is healed.</summary>
/// <param name="Kind">The name of a HealthFindingKind.</param>
/// <param name="File">The file's name in the chain's folder.</param>
/// <param name="Record">Logical file and number, such as "12/345"; empty for a whole file.</param>
/// <param name="Digest">Of the block's plain bytes or the node's content, in hex; empty for a file.</param>
/// <param name="Block">The block's, or the node's index at its level.</param>
/// <param name="Level">-1 for a block, else the map node's level.</param>
internal sealed record KnownDamage(
    string Kind, string File, long Offset, string Record, string Digest, Guid DiskId, long Block, int Level,
    IReadOnlyList<long> Points);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(HealthFile))]
internal sealed partial class HealthJson : JsonSerializerContext;
