using System.Buffers.Binary;
using System.Numerics;

namespace BackupCopy.Images.Qcow2;

/// <summary>Where a part of the disk comes from.</summary>
internal enum MappingKind
{
    /// <summary>From the base, zeros where there is none.</summary>
    Base,
    Zero,
    Data,
    Compressed,
}

/// <summary>
/// One entry of an L2 table: a cluster, or with <see cref="Qcow2Features.ExtendedL2"/> its 32 subclusters.
/// </summary>
/// <param name="Descriptor">What both kinds of entries have.</param>
/// <param name="Subclusters">Low half: which have data; high half: which are zeros.</param>
internal readonly record struct L2Entry(ulong Descriptor, ulong Subclusters)
{
    public const ulong OffsetMask = 0x00ff_ffff_ffff_fe00;
    public const int SubclusterCount = 32;

    private const int SectorBytes = 512;
    private const ulong ZeroFlag = 1;
    private const ulong CompressedFlag = 1UL << 62;
    private const ulong CopiedFlag = 1UL << 63;

    public bool IsCompressed => (Descriptor & CompressedFlag) != 0;

    /// <summary>Where the cluster lies, when it has one.</summary>
    public long HostOffset => (long)(Descriptor & OffsetMask);

    private uint WithData => (uint)Subclusters;

    private uint WithZeros => (uint)(Subclusters >> SubclusterCount);

    public static L2Entry Read(ReadOnlySpan<byte> bytes, bool hasSubclusters) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes),
        hasSubclusters ? BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]) : 0);

    /// <summary>
    /// The offset 0 is that of the header and means that there is no cluster; in an external data file it is
    /// a place like any other.
    /// </summary>
    public bool HasCluster(bool isExternal) =>
        HostOffset != 0 || (isExternal && (Descriptor & CopiedFlag) != 0);

    /// <summary>What the whole cluster is, where there are no subclusters.</summary>
    public MappingKind Kind(bool isExternal) =>
        IsCompressed ? MappingKind.Compressed
        : (Descriptor & ZeroFlag) != 0 ? MappingKind.Zero
        : HasCluster(isExternal) ? MappingKind.Data
        : MappingKind.Base;

    /// <summary>What a subcluster is, and how many from it on are the same.</summary>
    public (MappingKind Kind, int Count) Subcluster(int first)
    {
        var (data, zeros) = (WithData >> first, WithZeros >> first);
        var (kind, others) = (data & 1) != 0 ? (MappingKind.Data, ~data)
            : (zeros & 1) != 0 ? (MappingKind.Zero, ~zeros)
            : (MappingKind.Base, data | zeros);
        return (kind, Math.Min(BitOperations.TrailingZeroCount(others), SubclusterCount - first));
    }

    /// <summary>Both data and zeros, or data without a cluster to hold it, cannot be.</summary>
    public bool AreSubclustersSound(bool isExternal) =>
        (WithData & WithZeros) == 0 && (WithData == 0 || HasCluster(isExternal));

    /// <summary>
    /// Where a compressed cluster lies, in sectors counted from the one that it begins in: its last sector
    /// may hold the beginning of the next.
    /// </summary>
    public (long Offset, int Length) CompressedPlace(uint clusterBits)
    {
        var offsetBits = 62 - ((int)clusterBits - 8);
        var offset = (long)(Descriptor & ((1UL << offsetBits) - 1));
        var furtherSectors = (int)((Descriptor & (CompressedFlag - 1)) >> offsetBits);
        return (offset, (furtherSectors + 1) * SectorBytes - (int)(offset % SectorBytes));
    }
}
