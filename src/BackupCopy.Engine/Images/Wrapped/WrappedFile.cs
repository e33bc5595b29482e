namespace BackupCopy.Images.Wrapped;

/// <summary>The compressions that whole image files come in.</summary>
internal enum Wrapping
{
    None,
    Gzip,
    Zstd,
}

internal static class WrappedFile
{
    public static ImageFile Open(ImageFile file, Wrapping wrapping, ImageSession session) =>
        throw new NotSupportedException();
}
