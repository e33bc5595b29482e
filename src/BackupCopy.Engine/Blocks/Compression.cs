using K4os.Compression.LZ4;

namespace BackupCopy.Blocks;

/// <summary>How blocks are compressed before they are stored.</summary>
public enum Compression
{
    /// <summary>Stored as they are.</summary>
    None,

    /// <summary>LZ4: least CPU.</summary>
    Fast,

    /// <summary>zstd level 3.</summary>
    Default,

    /// <summary>zstd level 9: smaller, several times the CPU; for slow links.</summary>
    High,
}

/// <summary>
/// The codec of one record, as its header names it. Retired values are never given out again.
/// </summary>
internal enum Codec : byte
{
    None = 0,
    Lz4 = 1,
    Zstd = 2,
}

/// <summary>
/// Compresses and expands blocks. Owns codec contexts, so one instance serves one thread at a time.
/// </summary>
internal sealed class BlockCodec : IDisposable
{
    private readonly ZstdCodec _zstd = new(NativeZstd.IsAvailable);

    /// <summary>The codec that a setting writes.</summary>
    public static Codec CodecOf(Compression setting) => setting switch
    {
        Compression.None => Codec.None,
        Compression.Fast => Codec.Lz4,
        _ => Codec.Zstd,
    };

    /// <summary>
    /// Compresses into <paramref name="target"/> when that saves at least 1/128 of the block (one 4 KiB page
    /// of a 512 KB block); returns the length, or 0 when the block is better stored as it is.
    /// </summary>
    public int TryCompress(Compression setting, ReadOnlySpan<byte> plain, Span<byte> target)
    {
        var room = target[..Math.Min(target.Length, plain.Length - Math.Max(1, plain.Length / 128))];
        return setting switch
        {
            Compression.None => 0,
            Compression.Fast => Math.Max(0, LZ4Codec.Encode(plain, room)),
            _ => _zstd.Compress(plain, room, setting == Compression.High ? 9 : 3),
        };
    }

    /// <summary>
    /// Expands exactly <c>plain.Length</c> bytes; false when the stored bytes say otherwise.
    /// </summary>
    public bool TryExpand(Codec codec, ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        switch (codec)
        {
            case Codec.None:
                if (stored.Length != plain.Length)
                {
                    return false;
                }

                stored.CopyTo(plain);
                return true;
            case Codec.Lz4:
                return LZ4Codec.Decode(stored, plain) == plain.Length;
            case Codec.Zstd:
                return _zstd.TryExpand(stored, plain);
            default:
                return false;
        }
    }

    public void Dispose() => _zstd.Dispose();
}
