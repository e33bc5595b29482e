using BackupCopy.Blocks;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Chains;

/// <summary>
/// Appends one disk to a new point. Batches are committed in the order of their blocks, one at a time; the
/// bytes of committed batches are then written from any thread.
/// </summary>
internal sealed class DiskAppender
{
    private readonly ChainAppender _point;
    private readonly MapBuilder _map;
    private readonly Guid _id;
    private readonly string _name;

    internal DiskAppender(ChainAppender point, Guid id, string name, long sizeBytes, DiskEntry? parent)
    {
        _point = point;
        _id = id;
        _name = name;
        SizeBytes = sizeBytes;
        ParentMap = MapOf(parent);

        // The builder walks the parent on the committing thread, the caller on its own: each has its reader.
        _map = new MapBuilder(
            MapOf(parent), sizeBytes, point.BlockSizeBytes, point.MapNodes.Write, point.CountUse);
    }

    public long SizeBytes { get; }

    /// <summary>
    /// The disk at the parent point; null when there is none. For the caller's one planning thread.
    /// </summary>
    public DiskMap? ParentMap { get; }

    public ChainAppender Point => _point;

    /// <summary>Makes a range of blocks zero.</summary>
    public void Clear(long from, long to) => _map.Clear(from, to);

    /// <summary>Gives every block of the batch its place. In order, one batch at a time.</summary>
    /// <param name="blocks">How many records are new.</param>
    /// <returns>The bytes of the new records.</returns>
    public long Commit(BlockBatch batch, out int blocks)
    {
        var added = 0L;
        blocks = 0;
        for (var i = 0; i < batch.Blocks.Count; i++)
        {
            var block = batch.Blocks[i];
            switch (block.Kind)
            {
                case PendingKind.Clear:
                    _map.Set(block.Block, default);
                    break;
                case PendingKind.Adopt:
                    _map.SetStored(block.Block, new MapEntry(block.Digest, block.Name));
                    break;
                case PendingKind.Store or PendingKind.Move when _map.TryShare(block.Block, block.Digest):
                    batch.Drop(i);
                    break;
                default:
                    batch.Run ??= _point.DataFiles.Begin(batch.SlotBytes, batch.Blocks.Count);
                    var name = _point.DataFiles.Add(batch.Run.Value, block.Slot.Count);
                    batch.Name(i, name);
                    _map.SetStored(block.Block, new MapEntry(block.Digest, name));
                    added += block.Slot.Count;
                    blocks++;
                    break;
            }
        }

        return added;
    }

    /// <summary>
    /// Finishes the records of a committed batch and writes those that are not cloned, neighbours by one
    /// write. From any thread.
    /// </summary>
    public void Write(BlockBatch batch)
    {
        if (batch.Run is not { } run)
        {
            return;
        }

        FinishStored(batch, run);
        foreach (var piece in batch.Pieces(
            (a, b) => a.IsCloned == b.IsCloned && a.Slot.Array == b.Slot.Array
                && a.Slot.Offset + a.Slot.Count == b.Slot.Offset))
        {
            var (slot, isCloned) = (batch.Blocks[piece.First].Slot, batch.Blocks[piece.First].IsCloned);
            if (!isCloned)
            {
                run.File.Handle.WriteAll(slot.Array.AsSpan(slot.Offset, piece.Length), piece.Offset);
            }
        }

        _point.DataFiles.Complete(run);
    }

    /// <summary>Completes the map once every batch is committed.</summary>
    public void Finish()
    {
        var (root, used) = _map.Finish();
        _point.Add(
            new DiskEntry { Id = _id, Name = _name, SizeBytes = SizeBytes, Root = root, UsedBytes = used });
    }

    private void FinishStored(BlockBatch batch, Reservation run)
    {
        var key = _point.Key;
        using var seal = key.IsEmpty ? null : new Seal(key.Span, run.File.Header.FileId, SealKind.DataFile);
        foreach (var block in batch.Blocks)
        {
            if (block.Kind == PendingKind.Store && block.Slot.Count > 0)
            {
                var header = block.Header with
                {
                    OriginFileId = run.File.Header.FileId,
                    OriginOrdinal = block.Name.Number,
                };
                Record.Finish(block.Slot, header, seal, _point.MachineId);
            }
        }
    }

    private DiskMap? MapOf(DiskEntry? parent) =>
        parent is null ? null : new DiskMap(_point.Store, parent, _point.BlockSizeBytes);
}
