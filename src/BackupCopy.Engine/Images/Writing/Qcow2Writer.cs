using System.Buffers.Binary;

namespace BackupCopy.Images.Writing;

/// <summary>
/// A new qcow2 image of version 3. Clusters are given out in the order of what is written, each used once;
/// the L1 table is kept in memory, the entries of L2 tables go to their places at once. The header comes
/// last: what was not finished is no image.
/// </summary>
internal sealed class Qcow2Writer : ImageWriter
{
    private const int LeastClusterBits = 16;

    /// <summary>No piece is smaller, so each cluster is written by one call.</summary>
    private const int MostClusterBits = 18;

    /// <summary>Larger clusters are taken rather than more: 64 TiB in clusters of 64 KiB.</summary>
    private const int UsualL1Entries = 1 << 17;

    private const int MostL1Entries = 1 << 22;
    private const int RefcountOrder = 4;
    private const ulong UsedOnce = 1UL << 63;

    private readonly IImageSink _sink;
    private readonly long _sizeBytes;
    private readonly int _clusterBits;
    private readonly ulong[] _l1;
    private long _clusters;

    /// <param name="sizeBytes">Of the disk; a part of a sector at its end becomes a whole one.</param>
    public Qcow2Writer(IImageSink sink, long sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);
        _sink = sink;
        _sizeBytes = (sizeBytes + 511) & ~511L;
        _clusterBits = LeastClusterBits;
        while (_clusterBits < MostClusterBits && L1EntriesAt(_clusterBits) > UsualL1Entries)
        {
            _clusterBits++;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            L1EntriesAt(_clusterBits), MostL1Entries, nameof(sizeBytes));
        _l1 = new ulong[L1EntriesAt(_clusterBits)];
        // The header and the L1 table come first.
        _clusters = 1 + ClustersOf(_l1.Length * sizeof(ulong));
    }

    public override string Extension => "qcow2";

    private int ClusterBytes => 1 << _clusterBits;

    private int L2Entries => ClusterBytes / sizeof(ulong);

    /// <summary>Clusters of zeros are left out; the others of a piece lie in a row.</summary>
    public override void Write(long offset, ReadOnlySpan<byte> plain)
    {
        if (offset % ClusterBytes != 0
            || (plain.Length % ClusterBytes != 0 && offset + plain.Length < _sizeBytes - 511))
        {
            throw new ArgumentException(
                $"{plain.Length} bytes at {offset} are not whole clusters of {ClusterBytes} bytes.");
        }

        while (plain.Length > 0)
        {
            var isZero = RunOf(plain, out var length);
            if (!isZero)
            {
                // Up to the end of an L2 table, as its entries are written at once.
                var span = (long)L2Entries * ClusterBytes;
                length = (int)Math.Min(length, span - offset % span);
                WriteRun(offset, plain[..length]);
            }

            offset += length;
            plain = plain[length..];
        }
    }

    public override void Finish()
    {
        var (blocks, tableClusters) = PlanRefcounts();
        var firstBlock = _clusters;
        var table = firstBlock + blocks;
        var end = table + tableClusters;
        WriteRefcountBlocks(firstBlock, blocks, end);
        WriteEntries(table << _clusterBits, blocks, i => (ulong)(firstBlock + i) << _clusterBits);
        WriteEntries(ClusterBytes, _l1.Length, i => _l1[i]);
        _sink.SetLength(end << _clusterBits);
        WriteHeader(table << _clusterBits, tableClusters);
        _clusters = end;
    }

    private long L1EntriesAt(int clusterBits)
    {
        var spanBits = clusterBits + clusterBits - 3;
        return Math.Max(1, (_sizeBytes >> spanBits) + ((_sizeBytes & ((1L << spanBits) - 1)) > 0 ? 1 : 0));
    }

    private long ClustersOf(long bytes) => (bytes + ClusterBytes - 1) >> _clusterBits;

    /// <summary>Whether the first cluster is zeros, and how long those after it are the same.</summary>
    private bool RunOf(ReadOnlySpan<byte> plain, out int length)
    {
        var isZero = IsZero(plain, 0);
        length = Math.Min(ClusterBytes, plain.Length);
        while (length < plain.Length && IsZero(plain, length) == isZero)
        {
            length = Math.Min(length + ClusterBytes, plain.Length);
        }

        return isZero;
    }

    private bool IsZero(ReadOnlySpan<byte> plain, int at) =>
        plain.Slice(at, Math.Min(ClusterBytes, plain.Length - at)).IndexOfAnyExcept((byte)0) < 0;

    private void WriteRun(long offset, ReadOnlySpan<byte> plain)
    {
        var l1Index = offset / ((long)L2Entries * ClusterBytes);
        if (_l1[l1Index] == 0)
        {
            _l1[l1Index] = UsedOnce | ((ulong)_clusters++ << _clusterBits);
        }

        var first = _clusters;
        var count = ClustersOf(plain.Length);
        _clusters += count;
        _sink.Write(first << _clusterBits, plain);
        var l2Index = (offset >> _clusterBits) % L2Entries;
        WriteEntries(
            (long)(_l1[l1Index] & ~UsedOnce) + l2Index * sizeof(ulong), count,
            i => UsedOnce | ((ulong)(first + i) << _clusterBits));
    }

    private void WriteEntries(long offset, long count, Func<long, ulong> entry)
    {
        Span<byte> bytes = stackalloc byte[512 * sizeof(ulong)];
        for (long done = 0; done < count;)
        {
            var length = 0;
            for (; length < bytes.Length && done < count; length += sizeof(ulong), done++)
            {
                BinaryPrimitives.WriteUInt64BigEndian(bytes[length..], entry(done));
            }

            _sink.Write(offset, bytes[..length]);
            offset += length;
        }
    }

    /// <summary>Blocks and table count themselves, too.</summary>
    private (long Blocks, long TableClusters) PlanRefcounts()
    {
        var perBlock = (long)ClusterBytes * 8 >> RefcountOrder;
        long blocks = 0, tableClusters = 0;
        while (true)
        {
            var neededBlocks = (_clusters + blocks + tableClusters + perBlock - 1) / perBlock;
            var neededTable = ClustersOf(neededBlocks * sizeof(ulong));
            if (neededBlocks == blocks && neededTable == tableClusters)
            {
                return (blocks, tableClusters);
            }

            (blocks, tableClusters) = (neededBlocks, neededTable);
        }
    }

    // Every cluster of the file is used, and none twice.
    private void WriteRefcountBlocks(long firstBlock, long blocks, long usedClusters)
    {
        var block = new byte[ClusterBytes];
        for (var at = 1; at < block.Length; at += sizeof(ushort))
        {
            block[at] = 1;
        }

        for (long i = 0; i < blocks; i++)
        {
            var used = (usedClusters - i * (block.Length / sizeof(ushort))) * sizeof(ushort);
            if (used < block.Length)
            {
                block.AsSpan((int)used).Clear();
            }

            _sink.Write((firstBlock + i) << _clusterBits, block);
        }
    }

    private void WriteHeader(long refcountTable, long refcountTableClusters)
    {
        // The bytes of the header that are not set here, and the end of the header extensions, are zeros.
        const int headerBytes = 112;
        var bytes = new byte[headerBytes + 2 * sizeof(uint)];
        var at = 0;
        UInt32(0x514649fb);
        UInt32(3);
        at += sizeof(ulong) + sizeof(uint);
        UInt32((uint)_clusterBits);
        UInt64(_sizeBytes);
        UInt32(0);
        UInt32((uint)_l1.Length);
        UInt64(ClusterBytes);
        UInt64(refcountTable);
        UInt32((uint)refcountTableClusters);
        at += sizeof(uint) + 4 * sizeof(ulong);
        UInt32(RefcountOrder);
        UInt32(headerBytes);
        _sink.Write(0, bytes);

        void UInt32(uint value)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), value);
            at += sizeof(uint);
        }

        void UInt64(long value)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(at), value);
            at += sizeof(long);
        }
    }
}
