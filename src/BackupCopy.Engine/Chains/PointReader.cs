using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// A restore point open for reading: any byte of any disk, verified. While it is open
/// the point is not removed.
/// </summary>
internal sealed class PointReader : IDisposable
{
    private readonly Chain _chain;
    private readonly HeldLock? _lock;

    internal PointReader(Chain chain, PointFile point, HeldLock? held)
    {
        _chain = chain;
        _lock = held;
        Point = point;
        Store = chain.OpenStore(point.MachineId);
    }

    public PointFile Point { get; }

    public RepositoryFolder Repository => _chain.Repository;

    /// <summary>
    /// Whether somebody waits to remove the point: a reader that can go on later gives way (DESIGN §6).
    /// </summary>
    public bool IsWanted =>
        _lock is not null && _chain.Locks.IsHeldHere(Chain.WishFor(
            Path.GetFileNameWithoutExtension(Names.PointFile(Point.Sequence, Point.TimeUtc))));

    /// <summary>
    /// Whether a lock keeps the point from being removed, by other hosts too; a read-only or full repository
    /// holds none.
    /// </summary>
    public bool IsHeld => _lock is { IsSeenByAll: true };

    /// <summary>Reads the chain's records, from many threads.</summary>
    public RecordStore Store { get; }

    /// <summary>A reader of the disk's map, for one thread.</summary>
    public DiskMap OpenMap(DiskEntry disk) => new(Store, disk, Point.BlockSizeBytes);

    /// <summary>
    /// The error for a block that does not verify: names machine, disk, block and every
    /// point that uses the record.
    /// </summary>
    public BackupCopyException Damaged(DiskEntry disk, long block, MapEntry entry, BackupCopyException cause)
    {
        var affected = string.Join(", ", AffectedPoints(disk, block, entry));
        return new BackupCopyException(
            ErrorCode.DamagedBlock,
            $"Block {block} of disk {disk.Name} of {Point.MachineName} is damaged "
            + $"(restore points {affected}): "
            + cause.Message,
            "Restore another point or copy, or repair the chain from its source; other blocks are not "
            + "affected.",
            cause);
    }

    public void Dispose()
    {
        Store.Dispose();
        _lock?.Dispose();
    }

    private List<long> AffectedPoints(DiskEntry disk, long block, MapEntry entry)
    {
        var affected = new List<long>();
        foreach (var other in _chain.Points())
        {
            try
            {
                if (other.File?.Disks.FirstOrDefault(d => d.Id == disk.Id) is { } same
                    && other.File.BlockSizeBytes == Point.BlockSizeBytes
                    && block < BlockSize.CountFor(same.SizeBytes, Point.BlockSizeBytes)
                    && new DiskMap(Store, same, Point.BlockSizeBytes).Block(block).Name == entry.Name)
                {
                    affected.Add(other.Sequence);
                }
            }
            catch (BackupCopyException)
            {
                // A point whose map does not verify has an error of its own.
            }
        }

        return affected;
    }
}
