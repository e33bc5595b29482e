namespace BackupCopy.Images.Vhd;

internal static class VhdDisk
{
    public static VirtualDisk Open(ImageFile file, ImageSession session, ImageLineage lineage) =>
        throw new NotSupportedException();
}
