namespace BackupCopy.Images.Qcow2;

/// <summary>
/// The incompatible features: whoever does not know one of them cannot read the image. Compatible and
/// auto-clear features say nothing to a reader.
/// </summary>
[Flags]
internal enum Qcow2Features : ulong
{
    /// <summary>The reference counts may be wrong; what is mapped is not.</summary>
    Dirty = 1,
    Corrupt = 2,

    /// <summary>The guest's bytes lie in another file.</summary>
    ExternalData = 4,
    CompressionType = 8,

    /// <summary>L2 entries of 128 bits that map 32 subclusters each.</summary>
    ExtendedL2 = 16,
}

/// <summary>How compressed clusters are compressed.</summary>
internal enum Qcow2Compression : byte
{
    /// <summary>Deflate without the zlib header.</summary>
    Zlib = 0,
    Zstd = 1,
}

internal static class Qcow2FeaturesExtensions
{
    private const int Offset = 72;

    private const Qcow2Features Known =
        Qcow2Features.Dirty | Qcow2Features.Corrupt | Qcow2Features.ExternalData
        | Qcow2Features.CompressionType | Qcow2Features.ExtendedL2;

    /// <summary>Throws where one of them keeps the image from being read.</summary>
    public static void Validate(this Qcow2Features features, string path)
    {
        if ((features & ~Known) != 0)
        {
            throw ImageError.Unsupported(
                path, $"it uses features that are not known (bits 0x{(ulong)(features & ~Known):x})",
                "Convert it with qemu-img convert -O qcow2 of the program that wrote it.");
        }

        if ((features & Qcow2Features.Corrupt) != 0)
        {
            throw ImageError.Damaged(path, Offset, "the program that wrote it marked it as corrupt");
        }
    }
}
