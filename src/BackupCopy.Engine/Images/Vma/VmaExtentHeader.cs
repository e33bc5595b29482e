using System.Buffers.Binary;
using System.Numerics;

namespace BackupCopy.Images.Vma;

/// <summary>One cluster of 64 KiB: which of its blocks of 4 KiB are stored in the extent.</summary>
internal readonly record struct VmaCluster(int DeviceId, uint Number, ushort Mask)
{
    public int StoredBytes => BitOperations.PopCount(Mask) * VmaExtentHeader.BlockBytes;

    public static VmaCluster Read(ReadOnlySpan<byte> info) => new(
        info[3], BinaryPrimitives.ReadUInt32BigEndian(info[4..]), BinaryPrimitives.ReadUInt16BigEndian(info));
}

/// <summary>What each extent begins with: the clusters whose blocks follow, in this order.</summary>
internal readonly record struct VmaExtentHeader(int StoredBlocks)
{
    public const int Bytes = 512;
    public const int BlockBytes = 1 << 12;
    public const int BlocksPerCluster = 16;
    public const int ClusterBytes = BlockBytes * BlocksPerCluster;
    public const int Clusters = 59;

    private static class Layout
    {
        public const int Reserved = 4;
        public const int BlockCount = Reserved + 2;
        public const int Uuid = BlockCount + 2;
        public const int Checksum = Uuid + 16;
        public const int Clusters = Checksum + 16;
        public const int ClusterBytes = 8;
    }

    /// <summary>Verifies the header; changes the bytes while it does so.</summary>
    public static VmaExtentHeader Read(
        ImageFile file, long offset, Span<byte> bytes, ReadOnlySpan<byte> uuid)
    {
        if (!bytes.StartsWith("VMAE"u8) || bytes[Layout.Reserved..Layout.BlockCount] is not [0, 0])
        {
            throw ImageError.Damaged(file.Path, offset, "an extent begins here and its mark does not");
        }

        VmaHeader.EnsureChecksum(file, bytes, bytes[Layout.Checksum..Layout.Clusters], offset);
        if (!bytes[Layout.Uuid..Layout.Checksum].SequenceEqual(uuid))
        {
            throw ImageError.Damaged(file.Path, offset, "the extent belongs to another archive");
        }

        return new VmaExtentHeader(BinaryPrimitives.ReadUInt16BigEndian(bytes[Layout.BlockCount..]));
    }

    public static VmaCluster Cluster(ReadOnlySpan<byte> bytes, int index) =>
        VmaCluster.Read(bytes[(Layout.Clusters + index * Layout.ClusterBytes)..]);
}
