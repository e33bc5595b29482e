using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace BackupCopy.Images.Qcow2;

/// <summary>
/// Expands compressed clusters, each to exactly its length: what follows in its last sector is not looked
/// at, and what would become longer is damage. For any thread.
/// </summary>
internal sealed class ClusterExpander
{
    private readonly ConcurrentBag<Decompressor> _idle = [];

    /// <param name="offset">Where the compressed bytes begin.</param>
    /// <param name="length">How many there are at most; the file may end before.</param>
    /// <param name="cluster">Becomes the whole cluster.</param>
    public void Expand(
        ImageFile file, long offset, int length, Qcow2Compression compression, Span<byte> cluster)
    {
        if (offset >= file.LengthBytes)
        {
            throw ImageError.Damaged(
                file.Path, offset, $"a compressed cluster lies beyond the end at {file.LengthBytes}");
        }

        length = (int)Math.Min(length, file.LengthBytes - offset);
        var stored = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            file.Read(offset, stored.AsSpan(0, length));
            if (compression == Qcow2Compression.Zlib)
            {
                using var inflated = new DeflateStream(
                    new MemoryStream(stored, 0, length), CompressionMode.Decompress);
                inflated.ReadExactly(cluster);
            }
            else
            {
                ExpandFrames(stored.AsSpan(0, length), cluster);
            }
        }
        catch (Exception error)
            when (error is InvalidDataException or EndOfStreamException or ZstdException)
        {
            throw ImageError.Damaged(
                file.Path, offset, $"a compressed cluster does not expand to {cluster.Length} bytes", error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    // One frame as a rule; a cluster may be divided into several.
    private void ExpandFrames(ReadOnlySpan<byte> stored, Span<byte> cluster)
    {
        var expander = _idle.TryTake(out var idle) ? idle : new Decompressor();
        try
        {
            while (cluster.Length > 0)
            {
                var length = FrameLength(stored);
                var written = expander.Unwrap(stored[..length], cluster);
                cluster = cluster[written..];
                stored = stored[length..];
            }
        }
        finally
        {
            _idle.Add(expander);
        }
    }

    private static unsafe int FrameLength(ReadOnlySpan<byte> stored)
    {
        fixed (byte* first = stored)
        {
            var length = Methods.ZSTD_findFrameCompressedSize(first, (nuint)stored.Length);
            return !Methods.ZSTD_isError(length) && length > 0 && length <= (nuint)stored.Length
                ? (int)length
                : throw new InvalidDataException("There is no whole zstd frame.");
        }
    }
}
