namespace BackupCopy.Images.Qcow2;

/// <summary>Opens what a qcow2 image names: its base and its external data file.</summary>
internal static class Qcow2Links
{
    private const string FilePrefix = "file:";

    private static readonly Dictionary<string, ImageFormat> s_formats = new()
    {
        ["raw"] = ImageFormat.Raw,
        ["qcow2"] = ImageFormat.Qcow2,
        ["vmdk"] = ImageFormat.Vmdk,
        ["vpc"] = ImageFormat.Vhd,
        ["vhdx"] = ImageFormat.Vhdx,
        // How older programs named a file or a block device whose bytes are the disk.
        ["file"] = ImageFormat.Raw,
        ["host_device"] = ImageFormat.Raw,
    };

    /// <summary>The image below; null where there is none.</summary>
    public static VirtualDisk? OpenBase(
        ImageFile file, in Qcow2Header header, Qcow2Extensions extensions, ImageSession session,
        ImageLineage lineage)
    {
        if (header.BackingOffset == 0)
        {
            return null;
        }

        var reference = Qcow2Extensions.ReadString(
            file, (long)header.BackingOffset, header.BackingLength);
        ImageFormat? format = extensions.BackingFormat switch
        {
            null or "" => null,
            var name when s_formats.TryGetValue(name, out var known) => known,
            var name => throw ImageError.Unsupported(
                file.Path, $"its base {reference} has the format {name}",
                "Convert it with qemu-img convert -O qcow2 into an image without a base."),
        };
        var from = session.OpenNeighbour(file, PathIn(file, reference));
        var disk = ImageFormats.OpenDisk(
            from, session, lineage.Into(from), isRaw: format == ImageFormat.Raw);
        return format is null || disk.Format == format
            ? disk
            : throw ImageError.Damaged(
                file.Path, (long)header.BackingOffset,
                $"its base {reference} should have the format {format} and has {disk.Format}");
    }

    /// <summary>The file that holds the guest's bytes, plain at the places that the tables name.</summary>
    public static ImageFile OpenData(
        ImageFile file, in Qcow2Header header, Qcow2Extensions extensions, ImageSession session,
        ImageLineage lineage)
    {
        if ((header.Features & Qcow2Features.ExternalData) == 0)
        {
            return file;
        }

        if (extensions.DataFile is not { Length: > 0 } reference)
        {
            throw ImageError.Damaged(
                file.Path, header.LengthBytes, "it has an external data file and does not name it");
        }

        var data = session.OpenNeighbour(file, PathIn(file, reference));
        lineage.Into(data);
        return data;
    }

    // What is before a colon is a protocol unless a slash comes first; one letter is a drive.
    private static string PathIn(ImageFile file, string reference)
    {
        if (reference.StartsWith(FilePrefix, StringComparison.Ordinal))
        {
            reference = reference[FilePrefix.Length..];
            reference = reference.StartsWith("///", StringComparison.Ordinal) ? reference[2..] : reference;
            return reference.Length > 0 ? reference : throw Nameless(file);
        }

        var colon = reference.IndexOf(':', StringComparison.Ordinal);
        var slash = reference.AsSpan().IndexOfAny('/', '\\');
        return colon > 1 && (slash < 0 || colon < slash)
            ? throw ImageError.Unsupported(
                file.Path, $"it is based on {reference}, which is not the path of a file",
                "Copy that image into the folder and name it with qemu-img rebase -u, or convert all into "
                + "one image with qemu-img convert.")
            : reference.Length > 0 ? reference : throw Nameless(file);
    }

    private static BackupCopyException Nameless(ImageFile file) =>
        ImageError.Damaged(file.Path, 0, "it names a file without a name");
}
