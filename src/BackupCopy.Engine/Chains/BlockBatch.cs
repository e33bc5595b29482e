using System.Buffers;
using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains;

/// <summary>What is to happen to one block of a batch.</summary>
internal enum PendingKind
{
    /// <summary>The block is zero now.</summary>
    Clear,

    /// <summary>A verified record of the unfinished point holds it.</summary>
    Adopt,

    /// <summary>Its payload lies in the batch; the header is written once its number is known.</summary>
    Store,

    /// <summary>A finished record of another chain moves as it is.</summary>
    Move,
}

/// <summary>One block on its way into a chain.</summary>
internal readonly record struct PendingBlock(PendingKind Kind, long Block, Digest Digest)
{
    public RecordName Name { get; init; }

    public RecordHeader Header { get; init; }

    /// <summary>The bytes of the record with its padding; empty where none need room.</summary>
    public ArraySegment<byte> Slot { get; init; }

    /// <summary>Where the same slot lies in the other chain; nowhere (released) otherwise.</summary>
    public RecordPlace Source { get; init; }

    /// <summary>The slot is in the block file already.</summary>
    public bool IsCloned { get; init; }
}

/// <summary>Blocks of a batch, from one index to another, whose slots go to one range of its run.</summary>
internal readonly record struct RunPiece(int First, int Last, long Offset, int Length);

/// <summary>
/// Consecutive blocks of one disk on their way into a chain, with the bytes of their records: its own, or
/// the buffer of whoever read them. Owned by one worker, used again and again; its size bounds the worker's
/// memory (I-6).
/// </summary>
internal sealed class BlockBatch : IDisposable
{
    private readonly List<PendingBlock> _blocks = [];
    private readonly byte[] _slots;
    private int _used;

    public BlockBatch(int slotBytes) => _slots = ArrayPool<byte>.Shared.Rent(slotBytes);

    public IReadOnlyList<PendingBlock> Blocks => _blocks;

    /// <summary>The room that the records need at most.</summary>
    public int SlotBytes { get; private set; }

    /// <summary>Where the next record's bytes go.</summary>
    public Span<byte> Free => _slots.AsSpan(_used);

    internal Reservation? Run { get; set; }

    public void Reset()
    {
        _blocks.Clear();
        _used = 0;
        SlotBytes = 0;
        Run = null;
    }

    public void Clear(long block) => _blocks.Add(new PendingBlock(PendingKind.Clear, block, default));

    public void Adopt(long block, Digest digest, RecordName name) =>
        _blocks.Add(new PendingBlock(PendingKind.Adopt, block, digest) { Name = name });

    /// <summary>
    /// Takes the payload that lies behind the header's room at the front of <see cref="Free"/>.
    /// </summary>
    public void Store(long block, RecordHeader header, int alignment) =>
        Take(PendingKind.Store, block, header, TakeRoom(header, alignment), source: default);

    /// <summary>
    /// Takes a whole slot, which stays its owner's and must not change until the batch is written. One of
    /// another alignment is copied.
    /// </summary>
    /// <param name="source">Where it was read, for a target that can clone.</param>
    public void Move(
        long block, RecordHeader header, ArraySegment<byte> slot, RecordPlace source, int alignment)
    {
        if (slot.Count != RecordHeader.SlotLength(header.StoredLength, alignment))
        {
            var room = TakeRoom(header, alignment);
            slot[..header.RecordLength].CopyTo(room);
            (slot, source) = (room, default);
        }

        slot[header.RecordLength..].AsSpan().Clear();
        Take(PendingKind.Move, block, header, slot, source);
    }

    internal void Name(int index, RecordName name) => _blocks[index] = _blocks[index] with { Name = name };

    /// <summary>Leaves out a block that needs no room after all.</summary>
    internal void Drop(int index) => _blocks[index] = _blocks[index] with { Slot = default };

    internal void MarkCloned(RunPiece piece)
    {
        for (var i = piece.First; i <= piece.Last; i++)
        {
            _blocks[i] = _blocks[i] with { IsCloned = true };
        }
    }

    /// <summary>
    /// The run's slots in their order, those together of which each one continues the one before. A list, so
    /// that the batch may change meanwhile.
    /// </summary>
    internal List<RunPiece> Pieces(Func<PendingBlock, PendingBlock, bool> continues)
    {
        var pieces = new List<RunPiece>();
        var offset = Run!.Value.Offset;
        var previous = default(PendingBlock);
        for (var i = 0; i < _blocks.Count; i++)
        {
            var block = _blocks[i];
            if (block.Slot.Count == 0)
            {
                continue;
            }

            if (pieces.Count > 0 && continues(previous, block))
            {
                var open = pieces[^1];
                pieces[^1] = open with { Last = i, Length = open.Length + block.Slot.Count };
            }
            else
            {
                pieces.Add(new RunPiece(i, i, offset, block.Slot.Count));
            }

            offset += block.Slot.Count;
            previous = block;
        }

        return pieces;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_slots);

    private ArraySegment<byte> TakeRoom(RecordHeader header, int alignment)
    {
        var length = RecordHeader.SlotLength(header.StoredLength, alignment);
        _used += length;
        return new ArraySegment<byte>(_slots, _used - length, length);
    }

    private void Take(
        PendingKind kind, long block, RecordHeader header, ArraySegment<byte> slot, RecordPlace source)
    {
        _blocks.Add(
            new PendingBlock(kind, block, header.Digest) { Header = header, Slot = slot, Source = source });
        SlotBytes += slot.Count;
    }
}
