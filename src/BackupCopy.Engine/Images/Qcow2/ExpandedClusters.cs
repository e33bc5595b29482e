using System.Buffers;

namespace BackupCopy.Images.Qcow2;

/// <summary>
/// The compressed clusters that were expanded last, so that one that is read in pieces is expanded once. All
/// qcow2 files of a session share them, and their memory is bounded. For any thread.
/// </summary>
internal sealed class ExpandedClusters
{
    /// <summary>Four clusters of the largest size.</summary>
    private const int MostBytes = 8 << 20;

    /// <summary>They are looked for one by one.</summary>
    private const int MostClusters = 32;

    private readonly Lock _gate = new();
    private readonly LinkedList<Cluster> _byUse = new();
    private readonly ClusterExpander _expander = new();
    private int _heldBytes;

    /// <summary>How many clusters were expanded.</summary>
    public long ExpandedCount => Interlocked.Read(ref _expandedCount);

    private long _expandedCount;

    /// <summary>Fills the span with what lies at a place inside of the cluster.</summary>
    public void Read(ImageFile file, in Qcow2Header header, ulong descriptor, int inside, Span<byte> to)
    {
        if (to.Length == header.ClusterBytes)
        {
            Expand(file, header, descriptor, to);
            return;
        }

        if (TryRead(file, descriptor, inside, to))
        {
            return;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(header.ClusterBytes);
        try
        {
            Expand(file, header, descriptor, bytes.AsSpan(0, header.ClusterBytes));
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }

        bytes.AsSpan(inside, to.Length).CopyTo(to);
        Keep(new Cluster(file, descriptor, bytes, header.ClusterBytes));
    }

    private void Expand(ImageFile file, in Qcow2Header header, ulong descriptor, Span<byte> cluster)
    {
        Interlocked.Increment(ref _expandedCount);
        var (offset, length) = new L2Entry(descriptor, 0).CompressedPlace(header.ClusterBits);
        _expander.Expand(file, offset, length, header.Compression, cluster);
    }

    private bool TryRead(ImageFile file, ulong descriptor, int inside, Span<byte> to)
    {
        lock (_gate)
        {
            for (var node = _byUse.First; node is not null; node = node.Next)
            {
                if (node.Value.Descriptor == descriptor && node.Value.File == file)
                {
                    _byUse.Remove(node);
                    _byUse.AddFirst(node);
                    node.Value.Bytes.AsSpan(inside, to.Length).CopyTo(to);
                    return true;
                }
            }
        }

        return false;
    }

    // Bytes are copied from under the lock only, so those that go can be used again at once.
    private void Keep(Cluster cluster)
    {
        lock (_gate)
        {
            _byUse.AddFirst(cluster);
            _heldBytes += cluster.LengthBytes;
            while (_heldBytes > MostBytes || _byUse.Count > MostClusters)
            {
                var oldest = _byUse.Last!.Value;
                _byUse.RemoveLast();
                _heldBytes -= oldest.LengthBytes;
                ArrayPool<byte>.Shared.Return(oldest.Bytes);
            }
        }
    }

    private sealed record Cluster(ImageFile File, ulong Descriptor, byte[] Bytes, int LengthBytes);
}
