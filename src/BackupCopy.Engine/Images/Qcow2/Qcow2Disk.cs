namespace BackupCopy.Images.Qcow2;

internal static class Qcow2Disk
{
    public static VirtualDisk Open(ImageFile file, ImageSession session, ImageLineage lineage) =>
        throw new NotSupportedException();
}
