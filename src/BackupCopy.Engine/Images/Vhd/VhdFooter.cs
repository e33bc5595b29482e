using System.Buffers.Binary;

namespace BackupCopy.Images.Vhd;

internal enum VhdType
{
    Fixed = 2,
    Dynamic = 3,
    Differencing = 4,
}

/// <summary>
/// The structure that every VHD ends with. A dynamic or differencing disk begins with a copy of it, which
/// counts when the file's end was lost, as it is when a writer stops between a new block and the footer
/// behind it.
/// </summary>
/// <param name="CreatorApplication">Four characters that tell which field holds the size.</param>
internal readonly record struct VhdFooter(
    long HeaderOffset, uint CreatorApplication, ulong CurrentSizeBytes, long GeometrySectors, VhdType Type,
    UInt128 UniqueId)
{
    private const int SectorBytes = 512;

    /// <summary>What writers before Virtual PC 2004 left of it: the last byte is a reserved one.</summary>
    private const int ShortBytes = 511;

    /// <summary>65535 cylinders, 16 heads, 255 sectors: a larger disk has no geometry of its own.</summary>
    private const long LargestGeometrySectors = 65535L * 16 * 255;

    private const uint VirtualPc = 0x76706320;
    private const uint VirtualServer = 0x76732020;
    private const uint OldQemu = 0x71656d75;

    private static ReadOnlySpan<byte> Cookie => "conectix"u8;

    /// <summary>
    /// As the guest sees it. Virtual PC and its kin present the geometry and say a larger size in the size
    /// field; all others mean what that field says.
    /// </summary>
    public long SizeBytes =>
        CreatorApplication is VirtualPc or VirtualServer or OldQemu
        && GeometrySectors is > 0 and < LargestGeometrySectors
            ? GeometrySectors * SectorBytes
            : (long)(CurrentSizeBytes / SectorBytes) * SectorBytes;

    /// <summary>Reads the one that counts, and where it lies.</summary>
    public static VhdFooter Read(ImageFile file, out long offset)
    {
        var head = TryRead(file, 0, SectorBytes, out var headError);
        offset = Math.Max(0, file.LengthBytes - SectorBytes);
        var tail = TryRead(file, offset, SectorBytes, out var tailError);
        if (tail is null)
        {
            var oldOffset = file.LengthBytes - ShortBytes;
            tail = TryRead(file, oldOffset, ShortBytes, out var oldError);
            tailError ??= oldError;
            offset = tail is null ? offset : oldOffset;
        }

        var hasCopy = head is { Type: not VhdType.Fixed };
        if (tail is { } last && (!hasCopy || head!.Value.UniqueId == last.UniqueId
            || (last.Type == VhdType.Fixed && (ulong)offset == last.CurrentSizeBytes)))
        {
            return last;
        }

        if (hasCopy)
        {
            offset = 0;
            return head!.Value;
        }

        throw tailError ?? headError ?? ImageError.Damaged(
            file.Path, offset, "it has no footer of a VHD at its end, and no copy of one at its beginning");
    }

    /// <summary>Null without a cookie or with a wrong checksum; the latter with its error.</summary>
    private static VhdFooter? TryRead(
        ImageFile file, long offset, int length, out BackupCopyException? error)
    {
        error = null;
        if (offset < 0 || length > file.LengthBytes - offset)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[SectorBytes];
        bytes.Clear();
        file.Read(offset, bytes[..length]);
        if (!bytes.StartsWith(Cookie))
        {
            return null;
        }

        var stored = BinaryPrimitives.ReadUInt32BigEndian(bytes[Layout.Checksum..]);
        var computed = VhdChecksum.Of(bytes, Layout.Checksum);
        if (stored != computed)
        {
            error = ImageError.Damaged(
                file.Path, offset, $"the footer's checksum is {computed:x8} and should be {stored:x8}");
            return null;
        }

        return Parse(file, offset, bytes);
    }

    private static VhdFooter Parse(ImageFile file, long offset, ReadOnlySpan<byte> bytes)
    {
        var version = BinaryPrimitives.ReadUInt32BigEndian(bytes[Layout.Version..]);
        if (version >> 16 != 1)
        {
            throw ImageError.Unsupported(
                file.Path, $"it is a VHD of version {version >> 16}.{version & 0xffff}",
                "Convert it with qemu-img convert or Convert-VHD.");
        }

        var type = BinaryPrimitives.ReadUInt32BigEndian(bytes[Layout.Type..]);
        if (type is < (uint)VhdType.Fixed or > (uint)VhdType.Differencing)
        {
            throw ImageError.Damaged(file.Path, offset + Layout.Type, $"there is no VHD of the type {type}");
        }

        var size = BinaryPrimitives.ReadUInt64BigEndian(bytes[Layout.CurrentSize..]);
        if (size > long.MaxValue)
        {
            throw ImageError.Damaged(
                file.Path, offset + Layout.CurrentSize, $"it claims a disk of {size} bytes");
        }

        return new VhdFooter(
            BinaryPrimitives.ReadInt64BigEndian(bytes[Layout.HeaderOffset..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[Layout.Creator..]), size,
            (long)BinaryPrimitives.ReadUInt16BigEndian(bytes[Layout.Cylinders..])
                * bytes[Layout.Heads] * bytes[Layout.SectorsPerTrack],
            (VhdType)type, BinaryPrimitives.ReadUInt128BigEndian(bytes[Layout.UniqueId..]));
    }

    private static class Layout
    {
        public const int Features = 8;
        public const int Version = Features + 4;
        public const int HeaderOffset = Version + 4;
        public const int TimeStamp = HeaderOffset + 8;
        public const int Creator = TimeStamp + 4;
        public const int CreatorVersion = Creator + 4;
        public const int CreatorSystem = CreatorVersion + 4;
        public const int OriginalSize = CreatorSystem + 4;
        public const int CurrentSize = OriginalSize + 8;
        public const int Cylinders = CurrentSize + 8;
        public const int Heads = Cylinders + 2;
        public const int SectorsPerTrack = Heads + 1;
        public const int Type = SectorsPerTrack + 1;
        public const int Checksum = Type + 4;
        public const int UniqueId = Checksum + 4;
    }
}
