using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>
/// Reads any byte range of one disk of a restore point, verified; zeros where nothing is stored. Keeps the
/// block read last, so small reads in order expand each block once. For one thread at a time.
/// </summary>
internal sealed class DiskReader : IDisposable
{
    private readonly DiskEntry _disk;
    private readonly BlockMender? _mender;
    private readonly DiskMap _map;
    private readonly BlockFetcher _fetcher;
    private readonly byte[] _plain;
    private readonly WantedBlock[] _wanted = new WantedBlock[1];
    private long _cached = -1;

    /// <param name="mender">Where blocks come from that do not verify; null for nowhere.</param>
    public DiskReader(PointReader point, DiskEntry disk, BlockMender? mender = null)
    {
        _disk = disk;
        _mender = mender;
        _map = point.OpenMap(disk);
        _fetcher = new BlockFetcher(point, BlockFetcher.BufferFor(point.Point.BlockSizeBytes, 1));
        _plain = new byte[point.Point.BlockSizeBytes];
    }

    public long SizeBytes => _disk.SizeBytes;

    /// <summary>The map being read: says where data lies.</summary>
    public DiskMap Map => _map;

    /// <summary>
    /// Fills the span from this offset; shorter only at the end of the disk. Returns the count.
    /// </summary>
    public int Read(long offset, Span<byte> to)
    {
        var total = (int)Math.Clamp(_disk.SizeBytes - offset, 0, to.Length);
        for (var done = 0; done < total;)
        {
            var block = (offset + done) / _map.BlockSizeBytes;
            var within = (int)((offset + done) % _map.BlockSizeBytes);
            var length = BlockSize.LengthOf(block, _disk.SizeBytes, _map.BlockSizeBytes);
            var count = Math.Min(total - done, length - within);
            var entry = _map.Block(block);
            if (entry.IsEmpty)
            {
                to.Slice(done, count).Clear();
            }
            else
            {
                Load(block, entry, length, isFromStart: within == 0);
                _plain.AsSpan(within, count).CopyTo(to[done..]);
            }

            done += count;
        }

        return total;
    }

    public void Dispose() => _fetcher.Dispose();

    private void Load(long block, MapEntry entry, int length, bool isFromStart)
    {
        if (_cached == block)
        {
            return;
        }

        _cached = -1;
        _wanted[0] = new WantedBlock(block, entry);
        try
        {
            _fetcher.Fetch(_wanted);
            _fetcher.Expand(_disk, _wanted[0], 0, _plain.AsSpan(0, length));
        }
        catch (BackupCopyException error) when (_mender is not null && BlockMender.IsBad(error))
        {
            // Several readers may each want a part of it.
            if (!_mender.TryMend(_disk, _wanted[0], _plain.AsMemory(0, length), isCounted: isFromStart))
            {
                throw;
            }
        }

        _cached = block;
    }
}
