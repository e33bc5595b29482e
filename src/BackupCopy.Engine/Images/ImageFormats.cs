using BackupCopy.Images.Qcow2;
using BackupCopy.Images.Raw;
using BackupCopy.Images.Vhd;
using BackupCopy.Images.Vhdx;
using BackupCopy.Images.Vma;
using BackupCopy.Images.Vmdk;
using BackupCopy.Images.Wrapped;

namespace BackupCopy.Images;

/// <summary>
/// Opens images by what is in them; endings say nothing. What is nothing that is known is an error and never
/// taken for the bytes of a disk, unless it looks like one (<see cref="RawContent"/>) or the admin says so.
/// </summary>
internal static class ImageFormats
{
    /// <param name="isRaw">The admin says that the file's bytes are the disk.</param>
    public static OpenImage Open(ImageFile file, ImageSession session, bool isRaw)
    {
        if (isRaw || file is DiskFile { IsDevice: true })
        {
            return OpenImage.Of(new RawDisk(file));
        }

        var wrapping = ImageMarks.WrappingOf(file);
        if (wrapping == Wrapping.None)
        {
            return ImageMarks.FormatOf(file) == ImageFormat.Vma
                ? VmaArchive.Open(file, session)
                : OpenImage.Of(OpenDisk(file, session, new ImageLineage(file), isRaw: false));
        }

        var plain = session.Own(WrappedFile.Open(file, wrapping, session));
        return ImageMarks.FormatOf(plain) switch
        {
            ImageFormat.Vma => VmaArchive.Open(plain, session),
            null or ImageFormat.Raw => OpenImage.Of(RawContent.Open(plain)),
            var format => throw ImageError.Unsupported(
                file.Path, $"it is a {format} image inside {wrapping}, which is only read unpacked",
                $"Unpack it with {(wrapping == Wrapping.Gzip ? "gunzip" : "unzstd")}."),
        };
    }

    /// <summary>Opens one disk, also as the base of another.</summary>
    /// <param name="lineage">The way to this file, which it ends with.</param>
    /// <param name="isRaw">Whether the image that names it says that its bytes are the disk.</param>
    public static VirtualDisk OpenDisk(
        ImageFile file, ImageSession session, ImageLineage lineage, bool isRaw) =>
        isRaw ? new RawDisk(file) : ImageMarks.FormatOf(file) switch
        {
            ImageFormat.Vhd => VhdDisk.Open(file, session, lineage),
            ImageFormat.Vhdx => VhdxDisk.Open(file, session, lineage),
            ImageFormat.Vmdk => VmdkDisk.Open(file, session, lineage),
            ImageFormat.Qcow2 => Qcow2Disk.Open(file, session, lineage),
            ImageFormat.Vma => throw ImageError.Unsupported(
                file.Path, "it is an archive of a whole machine where one disk is wanted",
                "Make a restore point of the archive itself."),
            _ => RawContent.Open(file),
        };
}
