using System.IO.Hashing;
using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using Microsoft.Win32.SafeHandles;

namespace BackupCopy.Benchmarks.Rows;

/// <summary>
/// The yardstick of a health check: the block files read in large pieces by one thread a core, and either the
/// checksum of all bytes, or every block expanded and its digest computed. Nothing is compared, no map is
/// read, no index looked up.
/// </summary>
internal sealed class BareCheck
{
    private const int PieceBytes = 1 << 20;

    private readonly List<(SafeFileHandle File, long Offset, int Length)> _pieces = [];
    private readonly bool _isFull;
    private int _next = -1;

    private BareCheck(bool isFull) => _isFull = isFull;

    public static BareCheck Of(string repository, bool isFull)
    {
        var chain = EngineOperations.OpenChain(repository);
        var check = new BareCheck(isFull);
        foreach (var file in chain.Points().SelectMany(p => p.File!.BlockFiles).DistinctBy(f => f.Number)
            .Where(f => f.Kind == BlockFileKind.Data))
        {
            var handle = File.OpenHandle(Path.Combine(chain.Path, Names.BlockFile(file.Number)));
            if (isFull)
            {
                check.AddRecords(handle, BlockFiles.ReadIndex(chain, file));
            }
            else
            {
                check.AddAll(handle);
            }
        }

        return check;
    }

    public void Run() => Parallel.Invoke(
        [.. Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount, 2, 8)).Select(_ => (Action)Work)]);

    private void AddAll(SafeFileHandle file)
    {
        long length = RandomAccess.GetLength(file);
        for (long at = 0; at < length; at += PieceBytes)
        {
            _pieces.Add((file, at, (int)Math.Min(PieceBytes, length - at)));
        }
    }

    // Whole records, as many as fit.
    private void AddRecords(SafeFileHandle file, IndexFile index)
    {
        for (uint record = 0; record < index.Count;)
        {
            long from = index[record].Offset;
            int length = 0;
            while (record < index.Count && length + index[record].SlotLength <= PieceBytes)
            {
                length += index[record].SlotLength;
                record++;
            }

            _pieces.Add((file, from, length));
        }
    }

    private void Work()
    {
        using var codec = new BlockCodec();
        byte[] stored = new byte[PieceBytes];
        byte[] plain = new byte[BlockSize.Default];
        while (Interlocked.Increment(ref _next) is var next && next < _pieces.Count)
        {
            var (file, offset, length) = _pieces[next];
            var bytes = stored.AsSpan(0, length);
            if (RandomAccess.Read(file, bytes, offset) != length)
            {
                throw new IOException($"Only a part of {length} bytes was read.");
            }

            if (_isFull)
            {
                Expand(codec, bytes, plain);
            }
            else
            {
                XxHash128.HashToUInt128(bytes);
            }
        }
    }

    private static void Expand(BlockCodec codec, ReadOnlySpan<byte> slots, byte[] plain)
    {
        while (slots.Length > 0)
        {
            var header = RecordHeader.Read(slots, "", 0);
            var block = plain.AsSpan(0, header.PlainLength);
            if (!codec.TryExpand(
                    header.Codec, slots.Slice(RecordHeader.Layout.Size, header.StoredLength), block)
                || Digest.Of(block).IsEmpty)
            {
                throw new IOException("A block does not expand.");
            }

            slots = slots[RecordHeader.SlotLength(header.StoredLength, FormatLimits.PageAlignment)..];
        }
    }
}
