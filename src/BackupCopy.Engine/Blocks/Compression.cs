using K4os.Compression.LZ4;
using ZstdSharp;

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

/// <summary>The codec of one record, as its header names it. Retired values are never given out again.</summary>
internal enum Codec : byte
{
    None = 0,
    Lz4 = 1,
    Zstd = 2,
}

/// <summary>Compresses and expands blocks. Owns codec contexts, so one instance serves one thread at a time.</summary>
internal sealed class BlockCodec : IDisposable
{
    private Compressor? _compressor;
    private Compression _level;
    private Decompressor? _decompressor;

    /// <summary>The codec that a setting writes.</summary>
    public static Codec CodecOf(Compression setting) => setting switch
    {
        Compression.None => Codec.None,
        Compression.Fast => Codec.Lz4,
        _ => Codec.Zstd,
    };

    /// <summary>
    /// Compresses into <paramref name="target"/> when that saves at least 1/128 of the block (one 4 KiB page of a
    /// 512 KB block); returns the length, or 0 when the block is better stored as it is.
    /// </summary>
    public int TryCompress(Compression setting, ReadOnlySpan<byte> plain, Span<byte> target)
    {
        var room = target[..Math.Min(target.Length, plain.Length - Math.Max(1, plain.Length / 128))];
        switch (setting)
        {
            case Compression.None:
                return 0;
            case Compression.Fast:
                return Math.Max(0, LZ4Codec.Encode(plain, room));
            default:
                return CompressorFor(setting).TryWrap(plain, room, out var written) ? written : 0;
        }
    }

    /// <summary>Expands exactly <c>plain.Length</c> bytes; false when the stored bytes say otherwise.</summary>
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
                _decompressor ??= new Decompressor();
                try
                {
                    return _decompressor.TryUnwrap(stored, plain, out var written) && written == plain.Length;
                }
                catch (ZstdException)
                {
                    return false;
                }

            default:
                return false;
        }
    }

    public void Dispose()
    {
        _compressor?.Dispose();
        _decompressor?.Dispose();
    }

    private Compressor CompressorFor(Compression setting)
    {
        if (_compressor is null || _level != setting)
        {
            _compressor?.Dispose();
            _compressor = new Compressor(setting == Compression.High ? 9 : 3);
            _level = setting;
        }

        return _compressor;
    }
}
