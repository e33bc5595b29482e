using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Copying;

/// <summary>
/// Copies a disk from one restore point into a new one of the same block size. Comparing the two maps finds
/// the missing blocks without reading a disk; their stored records move as they are, verified, unless the
/// target wants another codec or the record is sealed. Where the file system clones they are shared, not
/// written.
/// </summary>
internal sealed class DiskCopy
{
    // Cleared blocks weigh nothing, so a batch may name more of them than of records; the count still ends.
    private const int MostChanges = 1024;

    private readonly PointReader _source;
    private readonly DiskEntry _sourceDisk;
    private readonly DiskAppender _disk;
    private readonly CopyOptions _options;
    private readonly CopyProgress _progress;
    private readonly CancellationToken _cancellation;
    private readonly BatchGate _gate;
    private readonly RunCloner? _cloner;
    private readonly BlockMender _mender;
    private readonly IEnumerator<BlockDifference> _changes;
    private readonly int _blockSize;
    private readonly int _blocksPerBatch;

    private DiskCopy(
        PointReader source, DiskEntry sourceDisk, DiskAppender disk, RunCloner? cloner, CopyOptions options,
        CopyProgress progress, CancellationToken cancellation)
    {
        _source = source;
        _sourceDisk = sourceDisk;
        _disk = disk;
        _cloner = cloner;
        _options = options;
        _progress = progress;
        _cancellation = cancellation;
        _gate = new BatchGate(options);
        _mender = new BlockMender(options.OtherHolder, progress.AddMended);
        _blockSize = source.Point.BlockSizeBytes;
        _blocksPerBatch = options.BlocksPerBatch(_blockSize);
        _changes = MapDiff.Between(source.OpenMap(sourceDisk), disk.ParentMap).GetEnumerator();
    }

    public static async Task RunAsync(
        PointReader source, DiskEntry sourceDisk, DiskAppender disk, RunCloner? cloner, CopyOptions options,
        CopyProgress progress, CancellationToken cancellation)
    {
        var copy = new DiskCopy(source, sourceDisk, disk, cloner, options, progress, cancellation);
        using (copy._changes)
        {
            await new OrderedWorkers<Piece>
            {
                Create = copy.NewPiece,
                Next = copy.Next,
                Prepare = copy.Prepare,
                Commit = copy.Commit,
                Write = copy.Write,
            }.RunAsync(options.Workers, cancellation);
        }

        copy._gate.ThrowIfClosed();
        disk.Finish();
    }

    private Piece NewPiece()
    {
        var bytes = BlockFetcher.BufferFor(_blocksPerBatch * _blockSize, _blocksPerBatch);
        return new Piece(new BlockFetcher(_source, bytes), new BlockBatch(bytes), _blockSize);
    }

    private bool Next(Piece piece)
    {
        if (!_gate.IsOpen())
        {
            return false;
        }

        piece.Changes.Clear();
        var records = 0;
        while (records < _blocksPerBatch && piece.Changes.Count < MostChanges && _changes.MoveNext())
        {
            piece.Changes.Add(_changes.Current);
            records += _changes.Current.Now.IsEmpty ? 0 : 1;
        }

        return piece.Changes.Count > 0;
    }

    private void Prepare(Piece piece)
    {
        var begun = _progress.Now();
        piece.Batch.Reset();
        piece.Wanted.Clear();
        piece.Adopted.Clear();
        foreach (var change in piece.Changes)
        {
            if (change.Now.IsEmpty)
            {
                continue;
            }

            if (_disk.Point.Adoption.TryTake(change.Now.Digest, out var name))
            {
                piece.Adopted.Add(change.Block, name);
            }
            else
            {
                piece.Wanted.Add(new WantedBlock(change.Block, change.Now));
            }
        }

        piece.Fetcher.Fetch(piece.Wanted);
        var fetched = _progress.AddTime(CopyStage.Source, begun);
        var wanted = 0;
        foreach (var change in piece.Changes)
        {
            var length = BlockSize.LengthOf(change.Block, _sourceDisk.SizeBytes, _blockSize);
            if (change.Now.IsEmpty)
            {
                piece.Batch.Clear(change.Block);
            }
            else if (piece.Adopted.TryGetValue(change.Block, out var name))
            {
                piece.Batch.Adopt(change.Block, change.Now.Digest, name);
                _progress.AddReused(length);
            }
            else
            {
                Take(piece, piece.Wanted[wanted], wanted, length);
                _progress.AddRead(length);
                wanted++;
            }
        }

        _progress.AddTime(CopyStage.Cpu, fetched);
    }

    private void Take(Piece piece, WantedBlock wanted, int i, int length)
    {
        try
        {
            TakeStored(piece, wanted, i, length);
        }
        catch (BackupCopyException error) when (BlockMender.IsBad(error))
        {
            var plain = piece.Plain.AsMemory(0, length);
            if (!_mender.TryMend(_sourceDisk, wanted, plain))
            {
                throw;
            }

            RecordMaker.Store(
                piece.Batch, piece.Codec, _disk.Point, wanted.Block, wanted.Entry.Digest, plain.Span);
        }
    }

    private void TakeStored(Piece piece, WantedBlock wanted, int i, int length)
    {
        var slot = piece.Fetcher.Slot(_sourceDisk, wanted, i, out var header);
        if (Travels(header))
        {
            piece.Batch.Move(wanted.Block, header, slot, piece.Fetcher.Place(i), _disk.Point.Alignment);
            return;
        }

        var plain = piece.Plain.AsSpan(0, length);
        piece.Fetcher.Expand(_sourceDisk, wanted, i, slot, header, plain);
        RecordMaker.Store(piece.Batch, piece.Codec, _disk.Point, wanted.Block, header.Digest, plain);
    }

    private bool Travels(RecordHeader header)
    {
        var wanted = BlockCodec.CodecOf(_disk.Point.Compression);
        return _disk.Point.Key.IsEmpty && !header.Flags.HasFlag(RecordFlags.Sealed)
            && (header.Codec == wanted || header.Flags.HasFlag(RecordFlags.Incompressible));
    }

    private void Commit(Piece piece)
    {
        piece.AddedBytes = _disk.Commit(piece.Batch, out var blocks);
        piece.AddedBlocks = blocks;
    }

    private void Write(Piece piece)
    {
        var begun = _progress.Now();
        var cloned = _cloner?.Clone(piece.Batch) ?? 0;
        var waiting = _progress.AddTime(CopyStage.Target, begun);
        _options.Throttle.Take(piece.AddedBytes - cloned, _cancellation);
        var writing = _progress.AddTime(CopyStage.Limit, waiting);
        _disk.Write(piece.Batch);
        _progress.AddTime(CopyStage.Target, writing);
        _progress.AddCloned(cloned);
        _progress.AddStored(piece.AddedBytes - cloned, piece.AddedBlocks);
        _progress.AddDone((long)piece.Changes.Count * _blockSize);
    }

    private sealed class Piece(BlockFetcher fetcher, BlockBatch batch, int blockSize) : IDisposable
    {
        public BlockFetcher Fetcher { get; } = fetcher;

        public BlockBatch Batch { get; } = batch;

        public BlockCodec Codec { get; } = new();

        /// <summary>Room for a block that has to be compressed anew.</summary>
        public byte[] Plain { get; } = new byte[blockSize];

        public List<BlockDifference> Changes { get; } = [];

        public List<WantedBlock> Wanted { get; } = [];

        public Dictionary<long, RecordName> Adopted { get; } = [];

        public long AddedBytes { get; set; }

        public int AddedBlocks { get; set; }

        public void Dispose()
        {
            Fetcher.Dispose();
            Codec.Dispose();
            Batch.Dispose();
        }
    }
}
