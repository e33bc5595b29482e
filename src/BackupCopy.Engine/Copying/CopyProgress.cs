namespace BackupCopy.Copying;

/// <summary>How far a machine's copy is; written by its workers, read by whoever shows it.</summary>
internal sealed class CopyProgress
{
    private long _totalBytes;
    private long _doneBytes;
    private long _readBytes;
    private long _storedBytes;
    private long _storedBlocks;
    private long _clonedBytes;
    private long _reusedBytes;

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

    /// <summary>Plain bytes of blocks taken over from an unfinished point.</summary>
    public long ReusedBytes => Interlocked.Read(ref _reusedBytes);

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
}
