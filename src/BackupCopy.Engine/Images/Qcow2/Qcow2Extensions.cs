using System.Buffers.Binary;
using System.Text;

namespace BackupCopy.Images.Qcow2;

/// <summary>
/// What is used of the header extensions, which lie between the header and the name of the base, all in the
/// first cluster. The others (names of features, bitmaps) mean nothing to a reader and are passed over.
/// </summary>
/// <param name="BackingFormat">The format of the base; null where the image does not say.</param>
/// <param name="DataFile">The name of the external data file.</param>
internal sealed record Qcow2Extensions(string? BackingFormat, string? DataFile)
{
    private const int HeadBytes = 2 * sizeof(uint);
    private const int Alignment = 8;

    /// <summary>Far more than all names that they hold have together.</summary>
    private const int MostStringBytes = 4096;

    private const uint EndType = 0;
    private const uint BackingFormatType = 0xe2792aca;
    private const uint DataFileType = 0x44415441;

    public static Qcow2Extensions Read(ImageFile file, in Qcow2Header header, ImagePages pages)
    {
        string? format = null, dataFile = null;
        long at = header.LengthBytes;
        var end = Math.Min(
            file.LengthBytes,
            header.BackingOffset > 0 ? (long)header.BackingOffset : header.ClusterBytes);
        Span<byte> head = stackalloc byte[HeadBytes];
        while (at <= end - HeadBytes)
        {
            pages.Read(file, at, head);
            var type = BinaryPrimitives.ReadUInt32BigEndian(head);
            var length = BinaryPrimitives.ReadUInt32BigEndian(head[sizeof(uint)..]);
            if (type == EndType)
            {
                break;
            }

            if (length > end - at - HeadBytes)
            {
                throw ImageError.Damaged(
                    file.Path, at, $"the header extension 0x{type:x8} has {length} bytes");
            }

            switch (type)
            {
                case BackingFormatType:
                    format = ReadString(file, at + HeadBytes, length);
                    break;
                case DataFileType:
                    dataFile = ReadString(file, at + HeadBytes, length);
                    break;
            }

            at += HeadBytes + (length + Alignment - 1L) / Alignment * Alignment;
        }

        return new Qcow2Extensions(format, dataFile);
    }

    /// <summary>A string of the header; names are bytes of the system that wrote it, mostly UTF-8.</summary>
    public static string ReadString(ImageFile file, long offset, uint length)
    {
        if (length > MostStringBytes)
        {
            throw ImageError.Damaged(file.Path, offset, $"a name has {length} bytes");
        }

        var bytes = new byte[length];
        file.Read(offset, bytes);
        var text = Encoding.UTF8.GetString(bytes).TrimEnd('\0');
        return !text.Contains('\0', StringComparison.Ordinal)
            ? text : throw ImageError.Damaged(file.Path, offset, "a name goes on behind its end");
    }
}
