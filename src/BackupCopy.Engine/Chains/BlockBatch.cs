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

    /// <summary>A finished record lies in the batch and moves as it is.</summary>
    Move,
}

/// <summary>One block on its way into a chain.</summary>
internal readonly record struct PendingBlock(
    PendingKind Kind, long Block, Digest Digest, RecordName Name, RecordHeader Header, int SlotOffset,
    int SlotLength);

/// <summary>
/// Consecutive blocks of one disk on their way into a chain, with the bytes of their records. Owned by one
/// worker, used again and again; its size bounds the worker's memory (I-6).
/// </summary>
internal sealed class BlockBatch : IDisposable
{
    private readonly List<PendingBlock> _blocks = [];
    private readonly byte[] _slots;
    private int _used;

    public BlockBatch(int slotBytes) => _slots = ArrayPool<byte>.Shared.Rent(slotBytes);

    public IReadOnlyList<PendingBlock> Blocks => _blocks;

    public int SlotBytes => _used;

    /// <summary>Where the next record's bytes go.</summary>
    public Span<byte> Free => _slots.AsSpan(_used);

    internal Reservation? Run { get; set; }

    public void Reset()
    {
        _blocks.Clear();
        _used = 0;
        Run = null;
    }

    public void Clear(long block) =>
        _blocks.Add(new PendingBlock(PendingKind.Clear, block, default, default, default, 0, 0));

    public void Adopt(long block, Digest digest, RecordName name) =>
        _blocks.Add(new PendingBlock(PendingKind.Adopt, block, digest, name, default, 0, 0));

    /// <summary>
    /// Takes the payload that lies behind the header's room at the front of <see cref="Free"/>.
    /// </summary>
    public void Store(long block, RecordHeader header, int alignment) =>
        Take(PendingKind.Store, block, header, RecordHeader.SlotLength(header.StoredLength, alignment));

    /// <summary>Takes the whole slot that lies at the front of <see cref="Free"/>.</summary>
    public void Move(long block, RecordHeader header, int alignment)
    {
        var slotLength = RecordHeader.SlotLength(header.StoredLength, alignment);
        Free[header.RecordLength..slotLength].Clear();
        Take(PendingKind.Move, block, header, slotLength);
    }

    internal Span<byte> Slot(in PendingBlock block) => _slots.AsSpan(block.SlotOffset, block.SlotLength);

    internal void Name(int index, RecordName name) => _blocks[index] = _blocks[index] with { Name = name };

    /// <summary>
    /// Leaves out a block that needs no room after all; its bytes are skipped when the run is written.
    /// </summary>
    internal void Drop(int index) => _blocks[index] = _blocks[index] with { SlotLength = 0 };

    /// <summary>Closes the gaps of dropped blocks and returns the run's bytes.</summary>
    internal ReadOnlySpan<byte> Gather()
    {
        var to = 0;
        foreach (var block in _blocks)
        {
            if (block.SlotLength > 0)
            {
                if (block.SlotOffset != to)
                {
                    Slot(block).CopyTo(_slots.AsSpan(to));
                }

                to += block.SlotLength;
            }
        }

        return _slots.AsSpan(0, to);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_slots);

    private void Take(PendingKind kind, long block, RecordHeader header, int slotLength)
    {
        _blocks.Add(new PendingBlock(kind, block, header.Digest, default, header, _used, slotLength));
        _used += slotLength;
    }
}
