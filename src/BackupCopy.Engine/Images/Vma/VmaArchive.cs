namespace BackupCopy.Images.Vma;

/// <summary>
/// A backup of a whole machine as Proxmox writes it: a header, then extents with clusters of all disks as the
/// backup and the guest's writes brought them. Opening walks all extents, verifies their headers and notes
/// where each cluster lies. As for the program that restores it, an archive in which a cluster is missing or
/// comes twice is damaged. The saved memory of a machine (vmstate) is no disk and is left out.
/// </summary>
internal sealed class VmaArchive
{
    /// <summary>16 MiB; less where the unpacking of the file takes the memory.</summary>
    private const int TablePages = 4096;
    private const int TablePagesOfPacked = 768;

    private readonly ImageFile _file;
    private readonly ImageSession _session;
    private readonly VmaHeader _header;
    private readonly ClusterTable _table;
    private readonly DeviceWalk?[] _devices = new DeviceWalk?[256];
    private readonly byte[] _cluster = new byte[VmaExtentHeader.ClusterBytes];
    private ScratchFile? _aside;

    private VmaArchive(ImageFile file, ImageSession session)
    {
        _file = file;
        _session = session;
        _header = VmaHeader.Read(file);
        _table = new ClusterTable(file, session, file.IsForwardOnly ? TablePagesOfPacked : TablePages);
        var extents = (file.LengthBytes - _header.HeaderBytes) / VmaExtentHeader.Bytes;
        var (first, most) = (0L, extents * VmaExtentHeader.Clusters);
        foreach (var device in _header.Devices)
        {
            _devices[device.Id] = new DeviceWalk(device, first);
            first += device.IsMemory ? 0 : device.ClusterCount;
            if (first > most)
            {
                throw ImageError.Damaged(
                    file.Path, file.LengthBytes,
                    $"it ends too early for its disks: it can have {most} clusters and they are more");
            }
        }
    }

    public static OpenImage Open(ImageFile file, ImageSession session)
    {
        if (file.LengthBytes > ClusterPlace.MostPosition)
        {
            throw ImageError.Unsupported(
                file.Path, $"it is a VMA archive of {file.LengthBytes} bytes",
                "Make archives of at most 128 TiB.");
        }

        var archive = new VmaArchive(file, session);
        archive.Walk();
        var disks = archive._devices.OfType<DeviceWalk>().Where(d => !d.Device.IsMemory)
            .Select(d => new ImageDisk(
                d.Device.Name,
                new VmaDisk(d.Device.SizeBytes, d.FirstIndex, archive._table, file, archive._aside)));
        return disks.Any() ? new OpenImage(ImageFormat.Vma, [.. disks], archive._header.Configs)
            : throw ImageError.Unsupported(
                file.Path, "it is a VMA archive without a disk", "Back up a machine that has disks.");
    }

    private void Walk()
    {
        Span<byte> bytes = stackalloc byte[VmaExtentHeader.Bytes];
        for (long offset = _header.HeaderBytes; offset < _file.LengthBytes;)
        {
            _session.Cancellation.ThrowIfCancellationRequested();
            _file.Read(offset, bytes);
            var extent = VmaExtentHeader.Read(_file, offset, bytes, _header.Uuid);
            offset = WalkExtent(offset, extent, bytes);
        }

        foreach (var device in _devices.OfType<DeviceWalk>().Where(d => !d.Device.IsMemory))
        {
            if (device.FoundClusters != device.Device.ClusterCount)
            {
                throw ImageError.Damaged(
                    _file.Path, _file.LengthBytes,
                    $"it has {device.FoundClusters} of the {device.Device.ClusterCount} clusters of "
                    + device.Device.Name);
            }
        }
    }

    /// <summary>Notes the clusters of one extent and returns where the next extent begins.</summary>
    private long WalkExtent(long offset, VmaExtentHeader extent, ReadOnlySpan<byte> bytes)
    {
        var position = offset + VmaExtentHeader.Bytes;
        var end = position + (long)extent.StoredBlocks * VmaExtentHeader.BlockBytes;
        if (end > _file.LengthBytes)
        {
            throw ImageError.Damaged(
                _file.Path, offset, $"the extent ends at {end} and the file at {_file.LengthBytes}");
        }

        for (var i = 0; i < VmaExtentHeader.Clusters; i++)
        {
            var cluster = VmaExtentHeader.Cluster(bytes, i);
            if (cluster.DeviceId == 0)
            {
                continue;
            }

            if (cluster.StoredBytes > end - position)
            {
                throw ImageError.Damaged(_file.Path, offset, "the extent has fewer blocks than it names");
            }

            Note(offset, position, cluster);
            position += cluster.StoredBytes;
        }

        return position == end ? end
            : throw ImageError.Damaged(_file.Path, offset, "the extent has more blocks than it names");
    }

    private void Note(long extent, long position, VmaCluster cluster)
    {
        if (_devices[cluster.DeviceId] is not { } walk)
        {
            throw ImageError.Damaged(
                _file.Path, extent, $"it has a cluster of device {cluster.DeviceId}, which there is not");
        }

        if (walk.Device.IsMemory)
        {
            return;
        }

        var blocks = (walk.Device.SizeBytes - cluster.Number * (long)VmaExtentHeader.ClusterBytes
            + VmaExtentHeader.BlockBytes - 1) / VmaExtentHeader.BlockBytes;
        if (blocks <= 0 || (blocks < VmaExtentHeader.BlocksPerCluster && cluster.Mask >> (int)blocks != 0))
        {
            throw ImageError.Damaged(
                _file.Path, extent, $"cluster {cluster.Number} of {walk.Device.Name} lies behind its end");
        }

        var index = walk.FirstIndex + cluster.Number;
        if (_table[index].IsThere)
        {
            throw ImageError.Damaged(
                _file.Path, extent, $"cluster {cluster.Number} of {walk.Device.Name} comes twice");
        }

        var stays = !_file.IsForwardOnly || walk.CanStay(cluster.Number, position, _table);
        _table[index] = stays || cluster.Mask == 0
            ? new ClusterPlace(position, cluster.Mask, isAside: false)
            : new ClusterPlace(PutAside(position, cluster.StoredBytes), cluster.Mask, isAside: true);
        walk.FoundClusters++;
    }

    private long PutAside(long position, int length)
    {
        var bytes = _cluster.AsSpan(0, length);
        _file.Read(position, bytes);
        _aside ??= (ScratchFile)_session.Own(ScratchFile.Create(_file));
        var at = _aside.LengthBytes;
        _aside.Write(at, bytes);
        return at;
    }

    /// <summary>What the walk knows of a device.</summary>
    /// <param name="firstIndex">Where its clusters begin in the table.</param>
    private sealed class DeviceWalk(VmaDevice device, long firstIndex)
    {
        /// <summary>
        /// Put aside as a whole, so that reading an EFI disk or a TPM state does not unpack everything anew.
        /// </summary>
        private const long SmallBytes = 16 << 20;

        private readonly FrontToBack _order = new();

        public VmaDevice Device => device;

        public long FirstIndex => firstIndex;

        public long FoundClusters { get; set; }

        public bool CanStay(long cluster, long position, ClusterTable table) =>
            device.SizeBytes > SmallBytes
            && _order.CanStay(cluster, position, c => table[firstIndex + c].IsThere);
    }
}
