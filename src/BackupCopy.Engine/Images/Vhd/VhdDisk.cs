namespace BackupCopy.Images.Vhd;

/// <summary>
/// A disk of Virtual PC or Hyper-V: fixed (the bytes, then a footer), dynamic (blocks as they were written)
/// or differencing (what was written since its parent was left alone). The parent is known by its id; the
/// time of its last change, which the child also holds, does not survive a copy of the files and is not
/// asked for.
/// </summary>
internal sealed class VhdDisk : RunDisk
{
    private readonly ImageFile _file;
    private readonly VhdBlocks? _blocks;
    private readonly UInt128 _uniqueId;

    private VhdDisk(
        ImageFile file, ImageSession session, VhdFooter footer, VhdBlocks? blocks, VirtualDisk? parent)
        : base(session, parent)
    {
        _file = file;
        _blocks = blocks;
        _uniqueId = footer.UniqueId;
        SizeBytes = footer.SizeBytes;
    }

    public override ImageFormat Format => ImageFormat.Vhd;

    public override long SizeBytes { get; }

    public static VirtualDisk Open(ImageFile file, ImageSession session, ImageLineage lineage)
    {
        var footer = VhdFooter.Read(file, out var offset);
        if (footer.Type == VhdType.Fixed)
        {
            return footer.SizeBytes <= offset
                ? new VhdDisk(file, session, footer, null, null)
                : throw ImageError.Damaged(
                    file.Path, offset,
                    $"a disk of {footer.SizeBytes} bytes does not fit ahead of the footer");
        }

        var header = VhdHeader.Read(file, footer);
        var isChild = footer.Type == VhdType.Differencing;
        return new VhdDisk(
            file, session, footer,
            new VhdBlocks(file, session.Pages, header, isChild ? RunKind.Base : RunKind.Zero),
            isChild ? OpenParent(file, session, lineage, header) : null);
    }

    protected override DiskRun Find(long offset, long most) =>
        _blocks?.Find(offset, most) ?? new DiskRun(RunKind.Stored, most, _file, offset);

    private static VirtualDisk OpenParent(
        ImageFile file, ImageSession session, ImageLineage lineage, VhdHeader header)
    {
        var parentFile = ParentFiles.Open(session, file, header.ParentNames);
        var parent = ImageFormats.OpenDisk(parentFile, session, lineage.Into(parentFile), isRaw: false);
        return parent is VhdDisk { _uniqueId: var id } && id == header.ParentId
            ? parent
            : throw ImageError.Damaged(
                file.Path, header.Offset, $"{parentFile.Path} is not the disk that it was made from");
    }
}
