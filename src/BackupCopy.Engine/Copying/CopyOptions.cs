using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Copying;

/// <summary>The limits of one machine's copy; together they bound its memory (I-6).</summary>
internal sealed record CopyOptions
{
    /// <summary>Plain bytes that one worker has in hand.</summary>
    /// <value>
    /// 1 MiB, or one block where blocks are larger: small enough to stay in a core's cache from reading to
    /// writing, which halves the CPU time of a copy against 4 MiB.
    /// </value>
    public int BatchBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Workers of one machine: one more than the cores so that a waiting disk leaves no core idle.
    /// </summary>
    /// <value>3 to 8.</value>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount + 1, 3, 8);

    /// <summary>The copy's share of the limits on stored bytes; the lowest wins.</summary>
    public ThrottleShare Throttle { get; init; } = ThrottleShare.None;

    /// <summary>
    /// Asked before each batch, by one worker at a time: why the copy stops here; null to go on. What is in
    /// hand is finished, then the copy throws this and keeps what it has.
    /// </summary>
    public Func<BackupCopyException?>? StopsFor { get; init; }

    /// <summary>Asked for the blocks of a source point that do not verify; null when nobody is.</summary>
    public OtherHolder? OtherHolder { get; init; }

    /// <summary>Asked when all blocks are written, before the point exists; throws to prevent it.</summary>
    public Action? Publishing { get; init; }

    /// <summary>Told of the point that exists now.</summary>
    public Action<PointFile>? Published { get; init; }

    public int BlocksPerBatch(int blockSizeBytes) => Math.Max(1, BatchBytes / blockSizeBytes);
}

/// <summary>Asks before each batch of a disk whether the copy goes on.</summary>
internal sealed class BatchGate(CopyOptions options)
{
    private BackupCopyException? _reason;

    /// <summary>One worker at a time.</summary>
    public bool IsOpen() => (_reason ??= options.StopsFor?.Invoke()) is null;

    /// <summary>For when no worker has anything in hand any more.</summary>
    public void ThrowIfClosed()
    {
        if (_reason is not null)
        {
            throw _reason;
        }
    }
}
