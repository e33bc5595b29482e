using System.Buffers.Binary;
using System.Security.Cryptography;
using BackupCopy.Blocks;

namespace BackupCopy.Format;

/// <summary>
/// The logical name of a record: the number of a block file and the record's number in it. Never reused.
/// </summary>
internal readonly record struct RecordName(uint File, uint Number)
{
    public override string ToString() => $"{File}/{Number}";
}

[Flags]
internal enum MapEntryFlags : byte
{
    None = 0,

    /// <summary>The record is named by more than one entry of the point (I-2).</summary>
    Shared = 1,
}

/// <summary>
/// One of 256 children. In a leaf: a block's digest and its record. In an inner node: the child's content
/// digest and record. The default value is "nothing here": a zero block or an empty subtree.
/// </summary>
internal readonly record struct MapEntry(
    Digest Digest, RecordName Name, MapEntryFlags Flags = MapEntryFlags.None)
{
    public const int SizeBytes = Digest.SizeBytes + 4 + 4 + 4;

    public bool IsEmpty => Digest.IsEmpty;
}

/// <summary>
/// A node of a disk's map: up to 256 entries, empty ones left out by a bitmap. The body names its own place
/// in the tree so that a node is never taken for another one.
/// </summary>
internal static class MapNode
{
    private const int BitmapBytes = FormatLimits.FanOut / 8;

    public const int HeaderBytes = 4 + 4 + 8 + BitmapBytes;
    public const int LargestBytes = HeaderBytes + FormatLimits.FanOut * MapEntry.SizeBytes;

    /// <summary>How many blocks one child of a node at this level covers.</summary>
    public static long BlocksPerChild(int level) => 1L << (8 * level);

    /// <summary>The level of the root that covers this many blocks; 0 is a leaf.</summary>
    public static int RootLevelFor(long blockCount)
    {
        var level = 0;
        while (BlocksPerChild(level + 1) < blockCount)
        {
            level++;
        }

        return level;
    }

    public static int Write(Span<byte> to, int level, long index, ReadOnlySpan<MapEntry> entries)
    {
        var writer = new ByteWriter(to);
        writer.U8((byte)level);
        writer.Zeros(3);
        Span<byte> bitmap = stackalloc byte[BitmapBytes];
        bitmap.Clear();
        var count = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            if (!entries[i].IsEmpty)
            {
                bitmap[i >> 3] |= (byte)(1 << (i & 7));
                count++;
            }
        }

        writer.U32((uint)count);
        writer.I64(index);
        writer.Bytes(bitmap);
        foreach (ref readonly var entry in entries)
        {
            if (!entry.IsEmpty)
            {
                Put(ref writer, entry);
            }
        }

        return writer.Position;
    }

    /// <summary>Where a node says that it stands.</summary>
    public static (int Level, long Index) PlaceOf(ReadOnlySpan<byte> from, string file)
    {
        var reader = new ByteReader(from, file);
        var level = reader.U8();
        reader.Zeros(3);
        reader.U32();
        return (level, reader.I64());
    }

    /// <summary>
    /// Fills all 256 <paramref name="entries"/>; the node must be the one expected at this place.
    /// </summary>
    public static void Read(
        ReadOnlySpan<byte> from, int level, long index, Span<MapEntry> entries, string file)
    {
        var reader = new ByteReader(from, file);
        var actualLevel = reader.U8();
        reader.Zeros(3);
        var count = reader.Count(FormatLimits.FanOut);
        var actualIndex = reader.I64();
        if (actualLevel != level || actualIndex != index)
        {
            throw reader.Damaged(
                $"map node {index} of level {level}", $"{actualIndex} of level {actualLevel}");
        }

        var bitmap = reader.Bytes(BitmapBytes);
        var present = 0;
        for (var i = 0; i < FormatLimits.FanOut; i++)
        {
            if ((bitmap[i >> 3] >> (i & 7) & 1) == 0)
            {
                entries[i] = default;
                continue;
            }

            present++;
            entries[i] = Take(ref reader);
            if (entries[i].IsEmpty)
            {
                throw reader.Damaged("a digest", "zero");
            }
        }

        if (present != count || reader.Remaining != 0)
        {
            throw reader.Damaged($"{count} entries and the end", $"{present} and {reader.Remaining} bytes");
        }
    }

    /// <summary>
    /// The digest over the children's digests alone, empty ones as zeros: equal for equal content, wherever
    /// and in whichever repository the records lie. An empty subtree has the empty digest.
    /// </summary>
    public static Digest ContentDigest(int level, ReadOnlySpan<MapEntry> entries)
    {
        Span<byte> bytes = stackalloc byte[4 + FormatLimits.FanOut * Digest.SizeBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, level);
        var any = false;
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i].Digest.Write(bytes[(4 + i * Digest.SizeBytes)..]);
            any |= !entries[i].IsEmpty;
        }

        if (!any)
        {
            return Digest.Empty;
        }

        Span<byte> hash = stackalloc byte[Digest.SizeBytes];
        SHA256.HashData(bytes, hash);
        return Digest.Read(hash);
    }

    public static void Put(ref ByteWriter writer, in MapEntry entry)
    {
        writer.Digest(entry.Digest);
        writer.U32(entry.Name.File);
        writer.U32(entry.Name.Number);
        writer.U8((byte)entry.Flags);
        writer.Zeros(3);
    }

    public static MapEntry Take(ref ByteReader reader)
    {
        var digest = reader.Digest();
        var name = new RecordName(reader.U32(), reader.U32());
        var flags = reader.U8();
        reader.Zeros(3);
        return flags <= 1
            ? new MapEntry(digest, name, (MapEntryFlags)flags)
            : throw reader.Damaged("entry flags 0 or 1", $"{flags}");
    }
}
