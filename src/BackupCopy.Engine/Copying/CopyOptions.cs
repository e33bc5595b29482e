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

    /// <summary>Limits on the rate of stored bytes; the lowest wins.</summary>
    public IReadOnlyList<Throttle> Throttles { get; init; } = [];

    /// <summary>
    /// Asked before each batch: whether the source is wanted by somebody who waits. The copy then stops with
    /// <see cref="ErrorCode.PointWanted"/> and keeps what it has.
    /// </summary>
    public Func<bool>? GivesWay { get; init; }

    public int BlocksPerBatch(int blockSizeBytes) => Math.Max(1, BatchBytes / blockSizeBytes);
}
