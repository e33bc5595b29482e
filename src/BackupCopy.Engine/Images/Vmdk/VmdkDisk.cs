namespace BackupCopy.Images.Vmdk;

internal static class VmdkDisk
{
    public static VirtualDisk Open(ImageFile file, ImageSession session, ImageLineage lineage) =>
        throw new NotSupportedException();
}
