namespace BackupCopy.Images.Vmdk;

/// <summary>
/// A VMware disk: a descriptor with its extents, or one sparse file with the descriptor inside. A snapshot's
/// parent is known by the content id that it had when the snapshot was made; another one means that somebody
/// wrote to it since, and the two no longer fit.
/// </summary>
internal sealed class VmdkDisk : RunDisk
{
    private const string NameTheDescriptor =
        "Name the disk's descriptor instead, the small text file with the ending .vmdk beside it.";

    private readonly VmdkExtent[] _extents;
    private readonly long[] _starts;
    private readonly uint? _contentId;

    private VmdkDisk(
        ImageSession session, VmdkDescriptor descriptor, VmdkExtent[] extents, long[] starts, long sizeBytes,
        VirtualDisk? parent)
        : base(session, parent)
    {
        _extents = extents;
        _starts = starts;
        _contentId = descriptor.ContentId;
        SizeBytes = sizeBytes;
    }

    public override ImageFormat Format => ImageFormat.Vmdk;

    public override long SizeBytes { get; }

    public static VirtualDisk Open(ImageFile file, ImageSession session, ImageLineage lineage) =>
        OpenDisk(file, session, lineage);

    protected override DiskRun Find(long offset, long most)
    {
        var index = IndexOf(offset);
        var within = offset - _starts[index];
        return _extents[index].Find(within, Math.Min(most, _extents[index].SizeBytes - within));
    }

    protected override void ReadPacked(DiskRun run, long offset, Span<byte> to)
    {
        var index = IndexOf(offset);
        ((VmdkExtent.Sparse)_extents[index]).Packed!.Read(run.FileOffset, offset - _starts[index], to);
    }

    private static VmdkDisk OpenDisk(ImageFile file, ImageSession session, ImageLineage lineage)
    {
        var descriptor = ReadDescriptor(file, out var header);
        var opening = new VmdkExtents(file, session);
        VmdkExtent[] extents = header is { CapacitySectors: > 0 }
            ? [opening.OpenOwn(header.Value)]
            : [.. descriptor.Extents.Select(opening.Open)];
        var starts = StartsOf(file, extents, out var sizeBytes);
        var parent = descriptor.ParentContentId is { } id
            ? OpenParent(file, session, lineage, descriptor, id) : null;
        return new VmdkDisk(session, descriptor, extents, starts, sizeBytes, parent);
    }

    /// <param name="header">Of the sparse file that holds the descriptor; null of a text file.</param>
    private static VmdkDescriptor ReadDescriptor(ImageFile file, out SparseHeader? header)
    {
        header = null;
        Span<byte> mark = stackalloc byte[SparseHeader.Mark.Length];
        file.Read(0, mark);
        if (mark.SequenceEqual(CowdHeader.Mark))
        {
            throw ImageError.Unsupported(file.Path, "it is an extent of a VMware disk", NameTheDescriptor);
        }

        if (mark.SequenceEqual(SparseHeader.Mark))
        {
            const ulong sector = SparseHeader.SectorBytes;
            header = SparseHeader.Read(file);
            var (first, count) = (header.Value.DescriptorSector, header.Value.DescriptorSectors);
            if (first == 0 || count == 0)
            {
                throw ImageError.Unsupported(
                    file.Path, "it is an extent of a VMware disk", NameTheDescriptor);
            }

            return VmdkDescriptor.Read(
                file, (long)(Math.Min(first, long.MaxValue / sector) * sector),
                (long)(Math.Min(count, long.MaxValue / sector) * sector));
        }

        var descriptor = VmdkDescriptor.Read(file, 0, file.LengthBytes);
        if (descriptor.CreateType is "fullDevice" or "partitionedDevice")
        {
            throw ImageError.Unsupported(
                file.Path, "the machine has a disk of its host and no image",
                "Copy that disk as a block device, or copy the machine from inside.");
        }

        return descriptor.CreateType.Length > 0 ? descriptor : throw ImageError.Damaged(
            file.Path, 0, "its descriptor does not say what type of disk it describes");
    }

    private static long[] StartsOf(ImageFile file, VmdkExtent[] extents, out long sizeBytes)
    {
        var starts = new long[extents.Length];
        sizeBytes = 0;
        for (var i = 0; i < extents.Length; i++)
        {
            starts[i] = sizeBytes;
            sizeBytes = extents[i].SizeBytes <= long.MaxValue - sizeBytes
                ? sizeBytes + extents[i].SizeBytes
                : throw ImageError.Damaged(file.Path, 0, "its extents are larger than any disk");
        }

        return sizeBytes > 0 ? starts
            : throw ImageError.Damaged(file.Path, 0, "its descriptor has no extents");
    }

    private static VmdkDisk OpenParent(
        ImageFile file, ImageSession session, ImageLineage lineage, VmdkDescriptor descriptor,
        uint contentId)
    {
        var parentFile = ParentFiles.Open(
            session, file, descriptor.ParentName is { } name ? [name] : []);
        var below = lineage.Into(parentFile);
        if (ImageMarks.FormatOf(parentFile) != ImageFormat.Vmdk)
        {
            throw ImageError.Damaged(file.Path, 0, $"its parent {parentFile.Path} is no VMware disk");
        }

        var parent = OpenDisk(parentFile, session, below);
        return parent._contentId == contentId
            ? parent
            : throw ImageError.Damaged(
                file.Path, 0,
                $"its parent {parentFile.Path} was written to since: its content id is "
                + $"{parent._contentId:x8} and should be {contentId:x8}");
    }

    private int IndexOf(long offset)
    {
        var index = Array.BinarySearch(_starts, offset);
        return index >= 0 ? index : ~index - 1;
    }
}
