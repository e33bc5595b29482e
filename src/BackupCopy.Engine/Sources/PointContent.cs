using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Sources;

/// <summary>
/// A disk of a restore point as plain bytes: how points reach a backup of another block size.
/// </summary>
/// <param name="mender">Where blocks come from that do not verify; null for nowhere.</param>
internal sealed class PointContent(
    PointReader point, DiskEntry disk, BlockMender? mender = null) : IDiskContent
{
    private readonly DiskMap _map = point.OpenMap(disk);

    public string Name => disk.Name;

    public long SizeBytes => disk.SizeBytes;

    public bool TryNextData(long offset, out long start, out long end)
    {
        start = end = 0;
        var block = _map.NextData(offset / _map.BlockSizeBytes);
        if (block < 0)
        {
            return false;
        }

        start = Math.Max(offset, block * _map.BlockSizeBytes);
        end = Math.Min(disk.SizeBytes, (block + 1) * _map.BlockSizeBytes);
        return true;
    }

    public IContentReader OpenReader() => new Reader(new DiskReader(point, disk, mender));

    // A restore point never changes.
    public void EnsureUnchanged()
    {
    }

    public void Dispose()
    {
    }

    private sealed class Reader(DiskReader disk) : IContentReader
    {
        public void Read(long offset, Span<byte> to) => disk.Read(offset, to);

        public void Dispose() => disk.Dispose();
    }
}
