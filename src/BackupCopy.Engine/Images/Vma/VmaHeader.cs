using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace BackupCopy.Images.Vma;

/// <summary>One disk, or the memory, of the machine in an archive.</summary>
internal sealed record VmaDevice(int Id, string Name, long SizeBytes)
{
    /// <summary>The saved memory of a machine that ran goes by this name.</summary>
    public bool IsMemory => Name == "vmstate";

    public long ClusterCount =>
        SizeBytes / VmaExtentHeader.ClusterBytes + (SizeBytes % VmaExtentHeader.ClusterBytes > 0 ? 1 : 0);
}

/// <summary>
/// What an archive begins with: its identity, the devices, and the configuration of the machine in a buffer
/// of blobs, each with its length before it.
/// </summary>
internal sealed record VmaHeader(
    byte[] Uuid, int HeaderBytes, IReadOnlyList<VmaDevice> Devices, IReadOnlyList<ImageAttachment> Configs)
{
    private const int SupportedVersion = 1;
    private const int MostConfigs = 64;

    /// <summary>256 pairs of a name and a configuration, as large as their lengths can say.</summary>
    private const int MostHeaderBytes = Layout.End + (256 << 17);

    private static class Layout
    {
        public const int Version = 4;
        public const int Uuid = Version + 4;
        public const int Created = Uuid + 16;
        public const int Checksum = Created + 8;
        public const int BlobOffset = Checksum + 16;
        public const int BlobBytes = BlobOffset + 4;
        public const int HeaderBytes = BlobBytes + 4;
        public const int Reserved = HeaderBytes + 4;
        public const int ConfigNames = Reserved + 1984;
        public const int ConfigData = ConfigNames + Count * 4;
        public const int Padding = ConfigData + Count * 4;
        public const int Devices = Padding + 4;
        public const int DeviceBytes = 32;
        public const int DeviceSize = 8;
        public const int End = Devices + Count * DeviceBytes;
        public const int Count = 256;
    }

    public static VmaHeader Read(ImageFile file)
    {
        var bytes = new byte[Layout.End];
        file.Read(0, bytes);
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(Layout.Version)) is var version
            && version != SupportedVersion)
        {
            throw ImageError.Unsupported(
                file.Path, $"it is a VMA archive of version {version}",
                "Make the archive with vzdump, which writes version 1.");
        }

        var size = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(Layout.HeaderBytes));
        if (size is <= Layout.End or > MostHeaderBytes)
        {
            throw ImageError.Damaged(file.Path, Layout.HeaderBytes, $"its header has {size} bytes");
        }

        // The range is checked before anything of this size is allocated.
        if (size > file.LengthBytes)
        {
            throw ImageError.Damaged(
                file.Path, Layout.HeaderBytes,
                $"its header has {size} bytes and the file ends at {file.LengthBytes}");
        }

        Array.Resize(ref bytes, (int)size);
        file.Read(Layout.End, bytes.AsSpan(Layout.End));
        EnsureChecksum(file, bytes, bytes.AsSpan(Layout.Checksum, 16), 0);
        var blobs = Blobs(file, bytes);
        return new VmaHeader(
            bytes[Layout.Uuid..Layout.Created], (int)size, ReadDevices(file, bytes, blobs.Span),
            ReadConfigs(file, bytes, blobs));
    }

    /// <summary>Throws unless the checksum is that of the structure with its own place zeroed.</summary>
    public static void EnsureChecksum(
        ImageFile file, Span<byte> structure, Span<byte> checksum, long offset)
    {
        Span<byte> stored = stackalloc byte[16];
        Span<byte> actual = stackalloc byte[16];
        checksum.CopyTo(stored);
        checksum.Clear();
#pragma warning disable CA5351 // The format says MD5; it stands against damage, not against anybody.
        MD5.HashData(structure, actual);
#pragma warning restore CA5351
        if (!stored.SequenceEqual(actual))
        {
            throw ImageError.Damaged(file.Path, offset, "the checksum of a header does not match");
        }
    }

    private static ReadOnlyMemory<byte> Blobs(ImageFile file, byte[] header)
    {
        var offset = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(Layout.BlobOffset));
        var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(Layout.BlobBytes));
        return offset >= Layout.End && (ulong)offset + length <= (ulong)header.Length
            ? header.AsMemory((int)offset, (int)length)
            : throw ImageError.Damaged(
                file.Path, Layout.BlobOffset,
                $"its names lie at {offset} with {length} bytes, outside of the header of {header.Length}");
    }

    private static List<VmaDevice> ReadDevices(ImageFile file, byte[] header, ReadOnlySpan<byte> blobs)
    {
        var names = new PlainNames();
        var devices = new List<VmaDevice>();

        // The first is no device: its number marks places in extents that are not used.
        for (var id = 1; id < Layout.Count; id++)
        {
            var offset = Layout.Devices + id * Layout.DeviceBytes;
            var name = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(offset));
            var size = BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(offset + Layout.DeviceSize));
            if (size == 0)
            {
                continue;
            }

            if (!TryText(blobs, name, out var text) || size > long.MaxValue)
            {
                throw ImageError.Damaged(file.Path, offset, $"device {id} has no sound name or size");
            }

            var device = new VmaDevice(id, names.Take(text, "disk"), (long)size);
            devices.Add(
                device.IsMemory || size % 512 == 0 ? device
                : throw ImageError.Damaged(
                    file.Path, offset, $"the size of device {id}, {size}, is not a multiple of 512"));
        }

        return devices.Count > 0 ? devices
            : throw ImageError.Damaged(file.Path, Layout.Devices, "it has no device");
    }

    private static List<ImageAttachment> ReadConfigs(
        ImageFile file, byte[] header, ReadOnlyMemory<byte> blobs)
    {
        var names = new PlainNames();
        var configs = new List<ImageAttachment>();
        for (var i = 0; i < Layout.Count; i++)
        {
            var nameAt = Layout.ConfigNames + i * sizeof(uint);
            var name = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(nameAt));
            var data = BinaryPrimitives.ReadUInt32BigEndian(
                header.AsSpan(Layout.ConfigData + i * sizeof(uint)));
            if (name == 0 || data == 0)
            {
                continue;
            }

            if (!TryText(blobs.Span, name, out var text) || !TryBlob(blobs.Span, data, out var content))
            {
                throw ImageError.Damaged(file.Path, nameAt, $"configuration {i} lies outside of the header");
            }

            if (configs.Count == MostConfigs)
            {
                throw ImageError.Unsupported(
                    file.Path, $"it has more than {MostConfigs} configuration files",
                    "Extract it with vma extract and make the restore point of the disks.");
            }

            configs.Add(new ImageAttachment(
                names.Take(text, "config"), blobs[content].ToArray()));
        }

        return configs;
    }

    private static bool TryBlob(ReadOnlySpan<byte> blobs, uint pointer, out Range content)
    {
        content = default;
        if (pointer == 0 || pointer + (ulong)sizeof(ushort) > (ulong)blobs.Length)
        {
            return false;
        }

        var start = (int)pointer + sizeof(ushort);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(blobs[(int)pointer..]);
        content = start..(start + length);
        return length <= blobs.Length - start;
    }

    private static bool TryText(ReadOnlySpan<byte> blobs, uint pointer, out string text)
    {
        text = "";
        if (!TryBlob(blobs, pointer, out var range) || blobs[range] is not [.. var content, 0])
        {
            return false;
        }

        var end = content.IndexOf((byte)0);
        text = Encoding.UTF8.GetString(end < 0 ? content : content[..end]);
        return true;
    }
}
