using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace BackupCopy.Tests.Images.Vma;

/// <summary>
/// Writes VMA archives from the public specification: header, blobs, extents of up to 59 clusters of which
/// only the blocks that are not zeros are stored.
/// </summary>
internal sealed class VmaBuilder
{
    public const int HeaderBytes = 12288;
    public const int ClusterBytes = 65536;
    public const int BlockBytes = 4096;
    public const int ExtentHeaderBytes = 512;

    private readonly List<(string Name, byte[] Content)> _devices = [];
    private readonly List<(string Name, byte[] Content)> _configs = [];

    public byte[] Uuid { get; } = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    /// <summary>vzdump fills an extent with 58 clusters.</summary>
    public int ClustersPerExtent { get; init; } = 58;

    public VmaBuilder Device(string name, byte[] content)
    {
        _devices.Add((name, content));
        return this;
    }

    public VmaBuilder Config(string name, string content)
    {
        _configs.Add((name, Encoding.UTF8.GetBytes(content)));
        return this;
    }

    /// <summary>All clusters of the first device, then those of the second, and so on.</summary>
    public IEnumerable<(int Device, int Cluster)> InOrder() =>
        _devices.SelectMany((d, i) => Enumerable.Range(0, ClusterCount(d.Content)).Select(c => (i + 1, c)));

    public byte[] Build(IEnumerable<(int Device, int Cluster)>? order = null)
    {
        var archive = new MemoryStream();
        WriteHeader(archive);
        foreach (var extent in (order ?? InOrder()).Chunk(ClustersPerExtent))
        {
            WriteExtent(archive, extent);
        }

        return archive.ToArray();
    }

    /// <summary>Puts the right checksums into the header and every extent that can be found.</summary>
    public static void Fix(byte[] archive)
    {
        if (archive.Length < HeaderBytes)
        {
            return;
        }

        var size = BinaryPrimitives.ReadUInt32BigEndian(archive.AsSpan(56));
        if (size < HeaderBytes || size > archive.Length)
        {
            return;
        }

        Sign(archive.AsSpan(0, (int)size), 32);
        for (var at = (int)size; at <= archive.Length - ExtentHeaderBytes;)
        {
            Sign(archive.AsSpan(at, ExtentHeaderBytes), 24);
            at += ExtentHeaderBytes
                + BlockBytes * BinaryPrimitives.ReadUInt16BigEndian(archive.AsSpan(at + 6));
        }
    }

    private static int ClusterCount(byte[] content) => (content.Length + ClusterBytes - 1) / ClusterBytes;

    private static void Sign(Span<byte> structure, int at)
    {
        structure.Slice(at, 16).Clear();
#pragma warning disable CA5351 // The format says MD5.
        MD5.HashData(structure, structure.Slice(at, 16));
#pragma warning restore CA5351
    }

    private void WriteHeader(MemoryStream archive)
    {
        var header = new byte[HeaderBytes];
        var blobs = new MemoryStream();
        blobs.WriteByte(0);
        "VMA\0"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), 1);
        Uuid.CopyTo(header.AsSpan(8));
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(24), 1_700_000_000);
        for (var i = 0; i < _configs.Count; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(
                header.AsSpan(2044 + 4 * i), Blob(blobs, Encoding.UTF8.GetBytes(_configs[i].Name + '\0')));
            BinaryPrimitives.WriteUInt32BigEndian(
                header.AsSpan(3068 + 4 * i), Blob(blobs, _configs[i].Content));
        }

        for (var i = 0; i < _devices.Count; i++)
        {
            var at = 4096 + 32 * (i + 1);
            BinaryPrimitives.WriteUInt32BigEndian(
                header.AsSpan(at), Blob(blobs, Encoding.UTF8.GetBytes(_devices[i].Name + '\0')));
            BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(at + 8), _devices[i].Content.Length);
        }

        var blobBytes = (int)blobs.Length;
        blobs.SetLength((blobBytes + 511) / 512 * 512);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(48), HeaderBytes);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(52), blobBytes);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(56), HeaderBytes + (int)blobs.Length);
        byte[] all = [.. header, .. blobs.ToArray()];
        Sign(all, 32);
        archive.Write(all);
    }

    private static uint Blob(MemoryStream blobs, byte[] content)
    {
        var at = (uint)blobs.Position;
        blobs.Write([(byte)content.Length, (byte)(content.Length >> 8), .. content]);
        return at;
    }

    private void WriteExtent(MemoryStream archive, (int Device, int Cluster)[] clusters)
    {
        var header = new byte[ExtentHeaderBytes];
        var blocks = new MemoryStream();
        for (var i = 0; i < clusters.Length; i++)
        {
            var (device, cluster) = clusters[i];
            ushort mask = 0;
            for (var block = 0; block < 16; block++)
            {
                var content = BlockAt(_devices[device - 1].Content, cluster * 16 + block);
                if (content.ContainsAnyExcept((byte)0))
                {
                    mask |= (ushort)(1 << block);
                    blocks.Write(content);
                    blocks.SetLength((blocks.Length + BlockBytes - 1) / BlockBytes * BlockBytes);
                    blocks.Position = blocks.Length;
                }
            }

            BinaryPrimitives.WriteUInt64BigEndian(
                header.AsSpan(40 + 8 * i), (ulong)mask << 48 | (ulong)device << 32 | (uint)cluster);
        }

        "VMAE"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), (ushort)(blocks.Length / BlockBytes));
        Uuid.CopyTo(header.AsSpan(8));
        Sign(header, 24);
        archive.Write(header);
        blocks.WriteTo(archive);
    }

    private static ReadOnlySpan<byte> BlockAt(byte[] content, int block)
    {
        var at = Math.Min(content.Length, (long)block * BlockBytes);
        return content.AsSpan((int)at, (int)Math.Min(BlockBytes, content.Length - at));
    }
}
