using System.Buffers.Binary;

namespace BackupCopy.Images.Wrapped;

/// <summary>What has to be known of a zstd frame before it is unpacked (RFC 8878, 3.1.1.1).</summary>
internal readonly record struct ZstdFrameHeader(ulong WindowBytes, bool NeedsDictionary)
{
    public const int MostBytes = 18;

    /// <summary>The most that a frame may refer back to.</summary>
    public const int MostWindowBytes = 1 << MostWindowBits;

    public const int MostWindowBits = 25;

    public const uint Magic = 0xfd2fb528;

    /// <summary>False when the bytes end within the head.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ZstdFrameHeader header)
    {
        header = default;
        if (bytes.Length < sizeof(uint) + 1)
        {
            return false;
        }

        var descriptor = bytes[sizeof(uint)];
        var isSingleSegment = (descriptor & 0x20) != 0;
        var dictionaryBytes = (descriptor & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 };
        var contentBytes = (descriptor >> 6) switch { 0 => isSingleSegment ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        var rest = bytes[(sizeof(uint) + 1)..];
        if (rest.Length < (isSingleSegment ? 0 : 1) + dictionaryBytes + contentBytes)
        {
            return false;
        }

        ulong window = 0;
        if (!isSingleSegment)
        {
            var power = 1UL << (10 + (rest[0] >> 3));
            window = power + power / 8 * (ulong)(rest[0] & 7);
            rest = rest[1..];
        }

        var hasDictionary = rest[..dictionaryBytes].ContainsAnyExcept((byte)0);
        if (isSingleSegment)
        {
            // All of it is one window then.
            Span<byte> size = stackalloc byte[sizeof(ulong)];
            size.Clear();
            rest.Slice(dictionaryBytes, contentBytes).CopyTo(size);
            const ulong twoByteBase = 256;
            window = BinaryPrimitives.ReadUInt64LittleEndian(size) + (contentBytes == 2 ? twoByteBase : 0);
        }

        header = new ZstdFrameHeader(window, hasDictionary);
        return true;
    }
}
