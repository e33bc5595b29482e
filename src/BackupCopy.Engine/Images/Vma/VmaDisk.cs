namespace BackupCopy.Images.Vma;

/// <summary>
/// One disk of an archive. What lies next to each other in the archive is read at once; of an archive that is
/// unpacked while it is read, disks are best read one after the other and each from its beginning.
/// </summary>
internal sealed class VmaDisk(
    long sizeBytes, long firstIndex, ClusterTable table, ImageFile file, ScratchFile? aside) : VirtualDisk
{
    private const int ClusterBytes = VmaExtentHeader.ClusterBytes;
    private const int BlockBytes = VmaExtentHeader.BlockBytes;

    /// <summary>Places that are looked up at a time: an extent's and some.</summary>
    private const int LookUp = 64;

    /// <summary>1 GiB: a range may be shorter than the data is long.</summary>
    private const long MostRangeClusters = 1 << 14;

    public override ImageFormat Format => ImageFormat.Vma;

    public override long SizeBytes => sizeBytes;

    public override bool TryNextData(long offset, out long start, out long end)
    {
        start = end = sizeBytes;
        if (offset >= sizeBytes)
        {
            return false;
        }

        var clusters = (sizeBytes + ClusterBytes - 1) / ClusterBytes;
        var first = Next(offset / ClusterBytes, clusters, hasData: true);
        if (first == clusters)
        {
            return false;
        }

        var last = Next(first, Math.Min(clusters, first + MostRangeClusters), hasData: false);
        start = Math.Max(offset, first * ClusterBytes);
        end = Math.Min(sizeBytes, last * ClusterBytes);
        return true;
    }

    public override void Read(long offset, Span<byte> to)
    {
        Span<ClusterPlace> places = stackalloc ClusterPlace[LookUp];
        while (to.Length > 0)
        {
            var first = offset / ClusterBytes;
            var count = (int)Math.Min(LookUp, (offset + to.Length - 1) / ClusterBytes - first + 1);
            table.Read(firstIndex + first, places[..count]);
            var length = (int)Math.Min(to.Length, (first + count) * ClusterBytes - offset);
            ReadClusters(places[..count], (int)(offset % ClusterBytes), to[..length]);
            offset += length;
            to = to[length..];
        }
    }

    /// <param name="skip">Bytes of the first cluster that are not wanted.</param>
    private void ReadClusters(ReadOnlySpan<ClusterPlace> places, int skip, Span<byte> to)
    {
        var run = new Run(file, aside, to);
        foreach (var place in places)
        {
            if (place.Mask is ushort.MaxValue)
            {
                run.Add(place.Position, place.IsAside, ClusterBytes, ref skip);
                continue;
            }

            var position = place.Position;
            for (var block = 0; block < VmaExtentHeader.BlocksPerCluster; block++)
            {
                var isStored = (place.Mask >> block & 1) != 0;
                run.Add(isStored ? position : Run.Zeros, place.IsAside, BlockBytes, ref skip);
                position += isStored ? BlockBytes : 0;
            }
        }

        run.Flush();
    }

    /// <summary>The first cluster from here on that has data, or has none; else the end.</summary>
    private long Next(long cluster, long end, bool hasData)
    {
        Span<ClusterPlace> places = stackalloc ClusterPlace[LookUp];
        while (cluster < end)
        {
            var part = places[..(int)Math.Min(LookUp, end - cluster)];
            table.Read(firstIndex + cluster, part);
            foreach (var place in part)
            {
                if (place.Mask != 0 == hasData)
                {
                    return cluster;
                }

                cluster++;
            }
        }

        return end;
    }

    /// <summary>Blocks that follow each other both on the disk and where they are stored.</summary>
    private ref struct Run(ImageFile file, ScratchFile? aside, Span<byte> to)
    {
        public const long Zeros = -1;

        private Span<byte> _left = to;
        private long _from;
        private bool _isAside;
        private int _length;

        /// <param name="skip">How much of what follows is not wanted.</param>
        public void Add(long from, bool isAside, int length, ref int skip)
        {
            var skipped = Math.Min(skip, length);
            skip -= skipped;
            length = Math.Min(length - skipped, _left.Length - _length);
            from += from == Zeros ? 0 : skipped;
            var follows = from == Zeros ? _from == Zeros
                : _from != Zeros && from == _from + _length && isAside == _isAside;
            if (!follows || _length == 0)
            {
                Flush();
                (_from, _isAside) = (from, isAside);
            }

            _length += length;
        }

        public void Flush()
        {
            if (_from == Zeros)
            {
                _left[.._length].Clear();
            }
            else if (_length > 0)
            {
                (_isAside ? aside! : file).Read(_from, _left[.._length]);
            }

            _left = _left[_length..];
            _length = 0;
        }
    }
}
