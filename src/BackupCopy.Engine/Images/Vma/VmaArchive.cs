namespace BackupCopy.Images.Vma;

internal static class VmaArchive
{
    public static OpenImage Open(ImageFile file, ImageSession session) => throw new NotSupportedException();
}
