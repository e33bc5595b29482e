using ZstdSharp;

namespace BackupCopy.Blocks;

/// <summary>
/// zstd by the native library where it loads, by the managed port elsewhere. For one thread at a time.
/// </summary>
internal sealed class ZstdCodec(bool useNative) : IDisposable
{
    private NativeZstd.Context? _nativeCompressor;
    private NativeZstd.Context? _nativeExpander;
    private Compressor? _compressor;
    private Decompressor? _expander;

    /// <summary>The compressed length; 0 when it does not fit into the target.</summary>
    public int Compress(ReadOnlySpan<byte> plain, Span<byte> target, int level)
    {
        if (useNative)
        {
            return NativeZstd.Compress(_nativeCompressor ??= new(compresses: true), plain, target, level);
        }

        _compressor ??= new Compressor(level);
        _compressor.Level = level;
        return _compressor.TryWrap(plain, target, out var written) ? written : 0;
    }

    /// <summary>Whether the frame expanded to exactly the length of <paramref name="plain"/>.</summary>
    public bool TryExpand(ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        if (useNative)
        {
            return NativeZstd.TryExpand(_nativeExpander ??= new(compresses: false), stored, plain);
        }

        _expander ??= new Decompressor();
        try
        {
            return _expander.TryUnwrap(stored, plain, out var written) && written == plain.Length;
        }
        catch (ZstdException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _nativeCompressor?.Dispose();
        _nativeExpander?.Dispose();
        _compressor?.Dispose();
        _expander?.Dispose();
    }
}
