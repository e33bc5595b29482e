using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace BackupCopy.Tests.Images.Qcow2;

/// <summary>
/// Puts a small qcow2 image together after the specification, sound or not: header, L1 table, then L2 tables
/// and clusters in the order in which they are asked for. Reference counts are left out.
/// </summary>
internal sealed class Qcow2Builder
{
    public const ulong Copied = 1UL << 63;
    public const ulong IsCompressed = 1UL << 62;
    public const ulong ReadsAsZeros = 1;

    private readonly List<(uint Type, byte[] Bytes)> _extensions = [];
    private readonly Dictionary<long, long> _l2 = [];
    private byte[] _clusters = [];
    private long _length;

    public Qcow2Builder(
        int clusterBits, long size, ulong features = 0, uint version = 3, byte compression = 0)
    {
        (ClusterBits, Size, Features, Version, Compression) =
            (clusterBits, size, features, version, compression);
        L1Entries = (int)((size + L1Span - 1) / L1Span);
        Grow(ClusterBytes * (1L + (L1Entries * 8 + ClusterBytes - 1) / ClusterBytes));
    }

    public int ClusterBits { get; }

    public int ClusterBytes => 1 << ClusterBits;

    public long Size { get; }

    public ulong Features { get; }

    public uint Version { get; }

    public byte Compression { get; }

    public int L1Entries { get; }

    public string? Backing { get; init; }

    /// <summary>Where the structures lie, for fuzzing.</summary>
    public List<(int Offset, int Length)> Fields { get; } = [];

    private int EntryBytes => (Features & 16) != 0 ? 16 : 8;

    private long L1Span => (long)ClusterBytes / EntryBytes * ClusterBytes;

    public Qcow2Builder With(uint extension, string text)
    {
        _extensions.Add((extension, Encoding.UTF8.GetBytes(text)));
        return this;
    }

    /// <summary>Maps a cluster to a new one with these bytes.</summary>
    public Qcow2Builder Data(long cluster, byte[] bytes, ulong subclusters = uint.MaxValue) =>
        Entry(cluster, Copied | (ulong)Append(bytes, ClusterBytes), subclusters);

    public Qcow2Builder Deflated(long cluster, byte[] plain)
    {
        var deflated = new MemoryStream();
        using (var stream = new DeflateStream(deflated, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(plain);
        }

        return Stored(cluster, deflated.ToArray());
    }

    public Qcow2Builder Zstd(long cluster, byte[] plain)
    {
        using var compressor = new ZstdSharp.Compressor();
        return Stored(cluster, compressor.Wrap(plain).ToArray());
    }

    /// <summary>A compressed cluster of these bytes, right behind what was put there before.</summary>
    public Qcow2Builder Stored(long cluster, byte[] compressed)
    {
        var at = Append(compressed, 1);
        Fields.Add(((int)at, compressed.Length));
        return Entry(cluster, CompressedEntry(at, compressed.Length));
    }

    public ulong CompressedEntry(long at, int length)
    {
        var sectors = (at + length - 1) / 512 - at / 512;
        return IsCompressed | ((ulong)sectors << (62 - (ClusterBits - 8))) | (ulong)at;
    }

    public Qcow2Builder Entry(long cluster, ulong descriptor, ulong subclusters = 0)
    {
        var perTable = ClusterBytes / EntryBytes;
        if (!_l2.TryGetValue(cluster / perTable, out var table))
        {
            table = Append([], ClusterBytes);
            Grow(table + ClusterBytes);
            _l2.Add(cluster / perTable, table);
            L1(cluster / perTable, Copied | (ulong)table);
        }

        var at = table + cluster % perTable * EntryBytes;
        Fields.Add(((int)at, EntryBytes));
        Put(at, descriptor);
        if (EntryBytes == 16)
        {
            Put(at + 8, subclusters);
        }

        return this;
    }

    public Qcow2Builder L1(long index, ulong entry)
    {
        Fields.Add((ClusterBytes + (int)index * 8, 8));
        Put(ClusterBytes + index * 8, entry);
        return this;
    }

    /// <summary>The offset of the L2 table that holds the entry of a cluster.</summary>
    public long TableOf(long cluster) => _l2[cluster / (ClusterBytes / EntryBytes)];

    public byte[] Build()
    {
        Grow((_length + ClusterBytes - 1) / ClusterBytes * ClusterBytes);
        var bytes = _clusters[..(int)_length];
        var header = bytes.AsSpan();
        var headerBytes = Version == 2 ? 72 : 112;
        "QFI"u8.CopyTo(header);
        header[3] = 0xfb;
        UInt32(header, 4, Version);
        UInt32(header, 20, (uint)ClusterBits);
        BinaryPrimitives.WriteInt64BigEndian(header[24..], Size);
        UInt32(header, 36, (uint)L1Entries);
        BinaryPrimitives.WriteInt64BigEndian(header[40..], ClusterBytes);
        if (Version > 2)
        {
            BinaryPrimitives.WriteUInt64BigEndian(header[72..], Features);
            UInt32(header, 96, 4);
            UInt32(header, 100, (uint)headerBytes);
            header[104] = Compression;
        }

        var at = headerBytes;
        foreach (var (type, text) in _extensions)
        {
            UInt32(header, at, type);
            UInt32(header, at + 4, (uint)text.Length);
            text.CopyTo(header[(at + 8)..]);
            at += 8 + (text.Length + 7) / 8 * 8;
        }

        at += 8;
        if (Backing is not null)
        {
            var name = Encoding.UTF8.GetBytes(Backing);
            BinaryPrimitives.WriteInt64BigEndian(header[8..], at);
            UInt32(header, 16, (uint)name.Length);
            name.CopyTo(header[at..]);
            at += name.Length;
        }

        Fields.Add((4, at - 4));
        return bytes;
    }

    /// <summary>Bytes that compress, other ones for each number.</summary>
    public static byte[] Plain(int length, int number)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)(number * 31 + i % 13 + i / 50);
        }

        return bytes;
    }

    private static void UInt32(Span<byte> bytes, int at, uint value) =>
        BinaryPrimitives.WriteUInt32BigEndian(bytes[at..], value);

    private long Append(byte[] bytes, int alignment)
    {
        var at = (_length + alignment - 1) / alignment * alignment;
        Grow(at + bytes.Length);
        bytes.CopyTo(_clusters, at);
        return at;
    }

    private void Grow(long length)
    {
        _length = Math.Max(_length, length);
        if (_length > _clusters.Length)
        {
            Array.Resize(ref _clusters, (int)_length * 2);
        }
    }

    private void Put(long at, ulong value) =>
        BinaryPrimitives.WriteUInt64BigEndian(_clusters.AsSpan((int)at), value);
}
