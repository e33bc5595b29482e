using BackupCopy.Blocks;

namespace BackupCopy.Chains.Compacting;

/// <summary>What a compaction is to do.</summary>
internal sealed record CompactRequest
{
    /// <summary>How blocks are to be compressed from now on; null leaves them as they are.</summary>
    public Compression? Compression { get; init; }
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount + 1, 3, 8);
    public Action<long, CancellationToken> Take { get; init; } = (_, _) => { };

    /// <summary>Told of bytes written so far, and of all that will be.</summary>
    public Action<long, long>? Progress { get; init; }
}

/// <summary>What a compaction would do.</summary>
/// <param name="MovedBytes">
/// Bytes to be written, at most where blocks are compressed anew; 0 when nothing is worth it.
/// </param>
/// <param name="NeededBytes">
/// Free space that it needs meanwhile: all that is written, since what it takes the place of may have to stay
/// for a reader until the end.
/// </param>
internal sealed record CompactPlan(
    Fragmentation Before, long MovedBytes, long NeededBytes, long FreeBytes);

/// <param name="ReturnedBytes">What came back already.</param>
/// <param name="Notes">Why bytes that are not needed any more stay for now.</param>
internal sealed record CompactOutcome(
    Fragmentation Before, Fragmentation After, long MovedBytes, long ReturnedBytes,
    IReadOnlyList<string> Notes);
