namespace BackupCopy.Copying;

/// <summary>What a worker does with its time.</summary>
internal enum CopyStage
{
    /// <summary>Reads from the source.</summary>
    Source,

    /// <summary>Verifies, expands, digests, compresses.</summary>
    Cpu,

    /// <summary>Writes to the target, or clones into it.</summary>
    Target,

    /// <summary>Waits because a rate was set.</summary>
    Limit,
}

/// <summary>
/// How far a machine's copy is and where its time goes; written by its workers, read by whoever shows it.
/// </summary>
internal sealed class CopyProgress(TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly long[] _stages = new long[Enum.GetValues<CopyStage>().Length];
    private long _totalBytes;
    private long _doneBytes;
    private long _readBytes;
    private long _storedBytes;
    private long _storedBlocks;
    private long _clonedBytes;
    private long _reusedBytes;
    private int _mendedBlocks;

    /// <summary>Plain bytes to look at: the disks' sizes, or what differs where that is known.</summary>
    public long TotalBytes => Interlocked.Read(ref _totalBytes);

    /// <summary>Plain bytes looked at so far, of <see cref="TotalBytes"/>.</summary>
    public long DoneBytes => Interlocked.Read(ref _doneBytes);

    /// <summary>Plain bytes of the blocks that were read from the source.</summary>
    public long ReadBytes => Interlocked.Read(ref _readBytes);

    /// <summary>Bytes of records written to the target.</summary>
    public long StoredBytes => Interlocked.Read(ref _storedBytes);

    /// <summary>Records written to the target or cloned into it.</summary>
    public long StoredBlocks => Interlocked.Read(ref _storedBlocks);

    /// <summary>Bytes of records that the target shares with the source's files.</summary>
    public long ClonedBytes => Interlocked.Read(ref _clonedBytes);

    /// <summary>Plain bytes of blocks taken over from an unfinished point, by the last attempt.</summary>
    public long ReusedBytes => Interlocked.Read(ref _reusedBytes);

    /// <summary>Blocks of the source that did not verify and came from elsewhere.</summary>
    public int MendedBlocks => Volatile.Read(ref _mendedBlocks);

    /// <summary>The time of all workers together in a stage, in ticks of the clock.</summary>
    public long TicksOf(CopyStage stage) => Interlocked.Read(ref _stages[(int)stage]);

    /// <summary>
    /// Another attempt goes through all of it again; what was read and stored was read and stored.
    /// </summary>
    public void BeginAttempt()
    {
        Interlocked.Exchange(ref _totalBytes, 0);
        Interlocked.Exchange(ref _doneBytes, 0);
        Interlocked.Exchange(ref _reusedBytes, 0);
    }

    internal long Now() => _time.GetTimestamp();

    /// <summary>Counts the time since then for a stage, and says how late it is.</summary>
    internal long AddTime(CopyStage stage, long since)
    {
        var now = Now();
        Interlocked.Add(ref _stages[(int)stage], now - since);
        return now;
    }

    internal void AddTotal(long bytes) => Interlocked.Add(ref _totalBytes, bytes);

    internal void AddDone(long bytes) => Interlocked.Add(ref _doneBytes, bytes);

    internal void AddRead(long bytes) => Interlocked.Add(ref _readBytes, bytes);

    internal void AddStored(long bytes, int blocks)
    {
        Interlocked.Add(ref _storedBytes, bytes);
        Interlocked.Add(ref _storedBlocks, blocks);
    }

    internal void AddCloned(long bytes) => Interlocked.Add(ref _clonedBytes, bytes);

    internal void AddReused(long bytes) => Interlocked.Add(ref _reusedBytes, bytes);

    internal void AddMended() => Interlocked.Increment(ref _mendedBlocks);
}
