using System.Buffers.Binary;

namespace BackupCopy.Images.Raw;

/// <summary>
/// Whether plain bytes look like a disk: a boot record, a partition table, or a file system or volume that
/// begins at its first byte. A disk on which nothing was ever written looks like one, too.
/// </summary>
internal static class RawContent
{
    /// <summary>Where the last of the marks ends.</summary>
    private const int HeadBytes = 68 << 10;

    private static readonly (int Offset, byte[] Mark)[] s_marks =
    [
        (512, "EFI PART"u8.ToArray()),
        (4096, "EFI PART"u8.ToArray()),
        (0, "XFSB"u8.ToArray()),
        (3, "NTFS    "u8.ToArray()),
        (3, "EXFAT   "u8.ToArray()),
        (3, "ReFS"u8.ToArray()),
        (0x10040, "_BHRfS_M"u8.ToArray()),
        (1024, "H+\0"u8.ToArray()),
        (1024, "HX\0"u8.ToArray()),
        (0, [(byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xba, 0xbe]),
        (512, "LABELONE"u8.ToArray()),
        (4086, "SWAPSPACE2"u8.ToArray()),
        (0x8001, "CD001"u8.ToArray()),
        (0, "hsqs"u8.ToArray()),
    ];

    /// <summary>The disk; an error that says how to go on where the bytes do not look like one.</summary>
    public static RawDisk Open(ImageFile file)
    {
        if (LooksLikeDisk(file))
        {
            return new RawDisk(file);
        }

        if (ImageMarks.Foreign(file) is var (what, remedy))
        {
            throw ImageError.Unsupported(file.Path, $"it is {what}", remedy);
        }

        throw new BackupCopyException(
            ErrorCode.ImageUnknown,
            $"The image {file.Path} has no format that is known: neither the mark of one nor a partition "
            + "table or file system at offset 0.",
            "Where the bytes of the file are those of the disk, or a plain dump, say so with -Raw.");
    }

    public static bool LooksLikeDisk(ImageFile file)
    {
        if (!file.IsForwardOnly && !file.TryNextData(0, out _, out _))
        {
            return file.LengthBytes > 0;
        }

        var head = new byte[(int)Math.Min(HeadBytes, file.LengthBytes)];
        file.Read(0, head);
        return HasBootRecord(head) || HasExtSuperblock(head)
            || s_marks.Any(m => head.Length >= m.Offset + m.Mark.Length
                && head.AsSpan(m.Offset).StartsWith(m.Mark));
    }

    private static bool HasBootRecord(ReadOnlySpan<byte> head) =>
        head.Length >= 512 && head[510] == 0x55 && head[511] == 0xaa;

    private static bool HasExtSuperblock(ReadOnlySpan<byte> head)
    {
        const int mark = 1024 + 56;
        return head.Length >= mark + 2 && BinaryPrimitives.ReadUInt16LittleEndian(head[mark..]) == 0xef53;
    }
}
