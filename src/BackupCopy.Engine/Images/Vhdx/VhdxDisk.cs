namespace BackupCopy.Images.Vhdx;

internal static class VhdxDisk
{
    public static VirtualDisk Open(ImageFile file, ImageSession session, ImageLineage lineage) =>
        throw new NotSupportedException();
}
