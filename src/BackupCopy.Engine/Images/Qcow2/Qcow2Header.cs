using System.Buffers.Binary;

namespace BackupCopy.Images.Qcow2;

/// <summary>
/// The fixed part of the header of versions 2 and 3. Read as it stands; <see cref="Validate"/> says whether
/// it can be believed and is something that is read here.
/// </summary>
internal readonly record struct Qcow2Header(
    uint Version, ulong BackingOffset, uint BackingLength, uint ClusterBits, ulong VirtualBytes,
    uint CryptMethod, uint L1Entries, ulong L1Offset, Qcow2Features Features, uint LengthBytes,
    Qcow2Compression Compression)
{
    /// <summary>What is read at most of the fixed part.</summary>
    public const int MostBytes = Layout.End;

    /// <summary>Where the header extensions of version 2 begin.</summary>
    private const int Version2Bytes = Layout.IncompatibleFeatures;

    private const int SubclusterShift = 5;
    private const uint LeastClusterBits = 9;
    private const uint MostClusterBits = 21;

    /// <summary>Each cluster has to hold 32 subclusters of whole sectors.</summary>
    private const uint LeastExtendedClusterBits = LeastClusterBits + SubclusterShift;

    private const uint MostBackingLength = 1023;
    private const int MostL1Bytes = 32 << 20;

    public int ClusterBytes => 1 << (int)ClusterBits;

    public bool HasSubclusters => (Features & Qcow2Features.ExtendedL2) != 0;

    /// <summary>The smallest part of a cluster that can be mapped by itself.</summary>
    public int UnitBytes => HasSubclusters ? ClusterBytes >> SubclusterShift : ClusterBytes;

    public int L2EntryBytes => HasSubclusters ? 2 * sizeof(ulong) : sizeof(ulong);

    public int L2Entries => ClusterBytes / L2EntryBytes;

    /// <summary>What one entry of the L1 table spans of the disk.</summary>
    public long L1SpanBytes => (long)L2Entries * ClusterBytes;

    /// <summary>As the guest sees it: whole sectors.</summary>
    public long SizeBytes => (long)(VirtualBytes & ~511UL);

    public static Qcow2Header Read(ReadOnlySpan<byte> bytes)
    {
        var version = UInt32(bytes, Layout.Version);
        var isVersion2 = version == 2;
        var length = isVersion2 ? Version2Bytes : UInt32(bytes, Layout.HeaderLength);
        return new Qcow2Header(
            version, UInt64(bytes, Layout.BackingOffset), UInt32(bytes, Layout.BackingLength),
            UInt32(bytes, Layout.ClusterBits), UInt64(bytes, Layout.VirtualBytes),
            UInt32(bytes, Layout.CryptMethod), UInt32(bytes, Layout.L1Entries),
            UInt64(bytes, Layout.L1Offset),
            isVersion2 ? 0 : (Qcow2Features)UInt64(bytes, Layout.IncompatibleFeatures),
            length, length > Layout.Compression ? (Qcow2Compression)bytes[Layout.Compression] : 0);
    }

    /// <summary>Throws unless it can be read here and fits its own file.</summary>
    public void Validate(ImageFile file)
    {
        if (Version is not (2 or 3))
        {
            throw ImageError.Unsupported(
                file.Path, $"it is a qcow image of version {Version}",
                "Convert it with qemu-img convert -O qcow2.");
        }

        Features.Validate(file.Path);
        if (CryptMethod != 0)
        {
            throw ImageError.Unsupported(
                file.Path, $"it is encrypted (method {CryptMethod})",
                "Convert it into a plain image with qemu-img convert and its secret.");
        }

        var least = HasSubclusters ? LeastExtendedClusterBits : LeastClusterBits;
        Ensure(
            ClusterBits >= least && ClusterBits <= MostClusterBits, file, Layout.ClusterBits,
            $"a cluster has 2^{ClusterBits} bytes");
        Ensure(
            Version == 2 || (LengthBytes >= Layout.Compression && LengthBytes <= ClusterBytes), file,
            Layout.HeaderLength, $"its header has {LengthBytes} bytes");
        ValidateCompression(file);
        ValidateL1(file);
        Ensure(
            BackingOffset == 0
                || (BackingLength is > 0 and <= MostBackingLength && BackingOffset >= LengthBytes
                    && BackingOffset <= (uint)ClusterBytes - BackingLength),
            file, Layout.BackingOffset,
            $"the name of its base has {BackingLength} bytes at {BackingOffset}");
    }

    private static void Ensure(bool isSound, ImageFile file, long offset, string what)
    {
        if (!isSound)
        {
            throw ImageError.Damaged(file.Path, offset, what);
        }
    }

    private static uint UInt32(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]);

    private static ulong UInt64(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt64BigEndian(bytes[offset..]);

    // The feature has to be set for all but zlib, so that older programs stop instead of inflating zstd.
    private void ValidateCompression(ImageFile file)
    {
        if (Compression > Qcow2Compression.Zstd)
        {
            throw ImageError.Unsupported(
                file.Path, $"its clusters are compressed in a way that is not known ({Compression})",
                "Convert it with qemu-img convert -O qcow2.");
        }

        Ensure(
            (Compression != Qcow2Compression.Zlib) == ((Features & Qcow2Features.CompressionType) != 0),
            file, Layout.Compression, "its compression type contradicts its feature bits");
    }

    private void ValidateL1(ImageFile file)
    {
        var bytes = (ulong)L1Entries * sizeof(ulong);
        Ensure(
            bytes <= MostL1Bytes, file, Layout.L1Entries,
            $"its L1 table has {L1Entries} entries, which is more than there may be");
        // L1Entries × L1SpanBytes is at most 2^22 × 2^39.
        Ensure(
            VirtualBytes <= (ulong)L1Entries * (ulong)L1SpanBytes, file, Layout.VirtualBytes,
            $"its {L1Entries} L1 entries do not cover {VirtualBytes} bytes");
        Ensure(
            L1Entries == 0
                || (L1Offset % (uint)ClusterBytes == 0 && L1Offset > 0
                    && L1Offset <= (ulong)file.LengthBytes
                    && bytes <= (ulong)file.LengthBytes - L1Offset),
            file, Layout.L1Offset, $"its L1 table of {bytes} bytes does not lie at {L1Offset}");
    }

    private static class Layout
    {
        public const int Version = 4;
        public const int BackingOffset = Version + sizeof(uint);
        public const int BackingLength = BackingOffset + sizeof(ulong);
        public const int ClusterBits = BackingLength + sizeof(uint);
        public const int VirtualBytes = ClusterBits + sizeof(uint);
        public const int CryptMethod = VirtualBytes + sizeof(ulong);
        public const int L1Entries = CryptMethod + sizeof(uint);
        public const int L1Offset = L1Entries + sizeof(uint);
        public const int RefcountTableOffset = L1Offset + sizeof(ulong);
        public const int RefcountTableClusters = RefcountTableOffset + sizeof(ulong);
        public const int SnapshotCount = RefcountTableClusters + sizeof(uint);
        public const int SnapshotsOffset = SnapshotCount + sizeof(uint);
        public const int IncompatibleFeatures = SnapshotsOffset + sizeof(ulong);
        public const int CompatibleFeatures = IncompatibleFeatures + sizeof(ulong);
        public const int AutoclearFeatures = CompatibleFeatures + sizeof(ulong);
        public const int RefcountOrder = AutoclearFeatures + sizeof(ulong);
        public const int HeaderLength = RefcountOrder + sizeof(uint);
        public const int Compression = HeaderLength + sizeof(uint);
        public const int End = Compression + sizeof(ulong);
    }
}
