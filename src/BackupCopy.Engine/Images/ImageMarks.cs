using System.Buffers.Binary;
using System.Text;
using BackupCopy.Images.Raw;
using BackupCopy.Images.Wrapped;

namespace BackupCopy.Images;

/// <summary>How the formats are told apart: the bytes that their files begin or end with.</summary>
internal static class ImageMarks
{
    private const int VhdFooterBytes = 512;
    private const string Convert = "Convert it with qemu-img convert -O qcow2.";

    private static readonly (ImageFormat Format, byte[] Mark)[] s_marks =
    [
        (ImageFormat.Vhdx, "vhdxfile"u8.ToArray()),
        (ImageFormat.Qcow2, [(byte)'Q', (byte)'F', (byte)'I', 0xfb]),
        (ImageFormat.Vmdk, "KDMV"u8.ToArray()),
        (ImageFormat.Vmdk, "COWD"u8.ToArray()),
        (ImageFormat.Vma, [(byte)'V', (byte)'M', (byte)'A', 0]),
        (ImageFormat.Vhd, "conectix"u8.ToArray()),
    ];

    private static readonly (int Offset, byte[] Mark, string What, string Remedy)[] s_foreign =
    [
        (64, [0x7f, 0x10, 0xda, 0xbe], "a VirtualBox disk (VDI)", Convert),
        (0, [0xbe, 0xba, 0xfe, 0xca, 0, 0, 0, 0, 1, 0, 0, 0, 2], "an seSparse extent of a VMware disk",
            "Consolidate the machine's snapshots, or copy the disk with vmkfstools -i."),
        (0, "QED\0"u8.ToArray(), "a QED disk", Convert),
        (0, "WithoutFreeSpace"u8.ToArray(), "a Parallels disk", Convert),
        (0, "WithouFreSpacExt"u8.ToArray(), "a Parallels disk", Convert),
        (0, [0x89, (byte)'L', (byte)'Z', (byte)'O'], "compressed by lzop", "Unpack it with lzop -d."),
        (0, [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], "compressed by xz",
            "Unpack it with unxz."),
        (0, "BZh"u8.ToArray(), "compressed by bzip2", "Unpack it with bunzip2."),
        (0, [0x04, 0x22, 0x4d, 0x18], "compressed by lz4", "Unpack it with lz4 -d."),
        (0, [(byte)'P', (byte)'K', 3, 4], "a ZIP archive", "Unpack it."),
        (0, [(byte)'7', (byte)'z', 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive", "Unpack it."),
        (257, "ustar"u8.ToArray(), "a tar archive", "Unpack it."),
    ];

    /// <summary>
    /// The format that the file says it has, raw where it looks like the bytes of a disk, null for neither.
    /// </summary>
    public static ImageFormat? FormatOf(ImageFile file)
    {
        Span<byte> head = stackalloc byte[(int)Math.Min(512, file.LengthBytes)];
        file.Read(0, head);
        foreach (var (format, mark) in s_marks)
        {
            if (head.StartsWith(mark))
            {
                return format;
            }
        }

        return IsVmdkDescriptor(head) ? ImageFormat.Vmdk
            : HasVhdFooter(file) ? ImageFormat.Vhd
            : RawContent.LooksLikeDisk(file) ? ImageFormat.Raw
            : null;
    }

    public static Wrapping WrappingOf(ImageFile file)
    {
        Span<byte> head = stackalloc byte[(int)Math.Min(4, file.LengthBytes)];
        file.Read(0, head);
        return head is [0x1f, 0x8b, 8, ..] ? Wrapping.Gzip
            : head is [0x28, 0xb5, 0x2f, 0xfd] || IsSkippableFrame(head) ? Wrapping.Zstd
            : Wrapping.None;
    }

    /// <summary>What an unreadable file is and what to do about it, where that can be told.</summary>
    public static (string What, string Remedy)? Foreign(ImageFile file)
    {
        Span<byte> head = stackalloc byte[(int)Math.Min(512, file.LengthBytes)];
        file.Read(0, head);
        foreach (var (offset, mark, what, remedy) in s_foreign)
        {
            if (head.Length >= offset + mark.Length && head[offset..].StartsWith(mark))
            {
                return (what, remedy);
            }
        }

        return null;
    }

    // Comments and blank lines may come before it.
    private static bool IsVmdkDescriptor(ReadOnlySpan<byte> head)
    {
        foreach (var line in Encoding.ASCII.GetString(head).Split('\n'))
        {
            var text = line.Trim();
            if (text.StartsWith("# Disk DescriptorFile", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }

            if (text.Length > 0 && text[0] != '#')
            {
                return text.StartsWith("version=", StringComparison.OrdinalIgnoreCase)
                    && Encoding.ASCII.GetString(head).Contains("CID=", StringComparison.OrdinalIgnoreCase);
            }
        }

        return false;
    }

    // A fixed VHD has its mark at the end only; one cut off by the writer is one byte shorter.
    private static bool HasVhdFooter(ImageFile file)
    {
        if (file.IsForwardOnly || file.LengthBytes < VhdFooterBytes)
        {
            return false;
        }

        Span<byte> tail = stackalloc byte[VhdFooterBytes];
        file.Read(file.LengthBytes - VhdFooterBytes, tail);
        return tail.StartsWith("conectix"u8) || tail[1..].StartsWith("conectix"u8);
    }

    private static bool IsSkippableFrame(ReadOnlySpan<byte> head) =>
        head.Length == 4 && (BinaryPrimitives.ReadUInt32LittleEndian(head) & 0xfffffff0) == 0x184d2a50;
}
