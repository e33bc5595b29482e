using System.Buffers;
using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Sources;

namespace BackupCopy.Copying;

/// <summary>
/// Copies a disk of plain content into a new point: every data block is read, tested for zeros, digested,
/// compared with the parent, and compressed where it is new. Holes are passed by unread.
/// </summary>
internal sealed class DiskImport
{
    private readonly IDiskContent _content;
    private readonly DiskAppender _disk;
    private readonly CopyOptions _options;
    private readonly CopyProgress _progress;
    private readonly CancellationToken _cancellation;
    private readonly BatchGate _gate;
    private readonly int _blockSize;
    private readonly int _blocksPerBatch;
    private readonly long _blockCount;
    private long _next;
    private long _dataStart;
    private long _dataEnd;

    private DiskImport(
        IDiskContent content, DiskAppender disk, CopyOptions options, CopyProgress progress,
        CancellationToken cancellation)
    {
        _content = content;
        _disk = disk;
        _options = options;
        _progress = progress;
        _cancellation = cancellation;
        _gate = new BatchGate(options);
        _blockSize = disk.Point.BlockSizeBytes;
        _blocksPerBatch = options.BlocksPerBatch(_blockSize);
        _blockCount = BlockSize.CountFor(content.SizeBytes, _blockSize);
    }

    public static async Task RunAsync(
        IDiskContent content, DiskAppender disk, CopyOptions options, CopyProgress progress,
        CancellationToken cancellation)
    {
        var import = new DiskImport(content, disk, options, progress, cancellation);
        await new OrderedWorkers<Piece>
        {
            Create = import.NewPiece,
            Next = import.Next,
            Prepare = import.Prepare,
            Commit = import.Commit,
            Write = import.Write,
        }.RunAsync(options.Workers, cancellation);
        import._gate.ThrowIfClosed();
        disk.Clear(import._next, import._blockCount);
        progress.AddDone(Math.Max(0, content.SizeBytes - import._next * import._blockSize));
        disk.Finish();
    }

    private Piece NewPiece() => new(
        _content.OpenReader(), _blocksPerBatch * _blockSize,
        BlockFetcher.BufferFor(_blocksPerBatch * _blockSize, _blocksPerBatch), _blocksPerBatch);

    /// <summary>The next run of blocks that may hold data, and the hole before it.</summary>
    private bool Next(Piece piece)
    {
        piece.HoleFrom = _next;
        if (!_gate.IsOpen() || !FindData())
        {
            return false;
        }

        piece.First = Math.Max(_next, _dataStart / _blockSize);
        piece.Count = 0;
        do
        {
            piece.Count++;
            _next = piece.First + piece.Count;
        }
        while (piece.Count < _blocksPerBatch && FindData() && _dataStart < (_next + 1) * _blockSize);

        for (var i = 0; i < piece.Count; i++)
        {
            piece.Parents[i] = ParentEntry(piece.First + i);
        }

        _progress.AddDone((piece.First - piece.HoleFrom) * _blockSize);
        return true;
    }

    private bool FindData()
    {
        var from = _next * _blockSize;
        if (from >= _content.SizeBytes)
        {
            return false;
        }

        if (from < _dataEnd)
        {
            _dataStart = Math.Max(_dataStart, from);
            return true;
        }

        if (_content.TryNextData(from, out _dataStart, out _dataEnd))
        {
            return true;
        }

        _dataStart = _dataEnd = 0;
        return false;
    }

    private MapEntry ParentEntry(long block) =>
        _disk.ParentMap is { } parent && block < parent.BlockCount ? parent.Block(block) : default;

    private void Prepare(Piece piece)
    {
        var begun = _progress.Now();
        piece.Batch.Reset();
        var from = piece.First * _blockSize;
        var length = (int)Math.Min((long)piece.Count * _blockSize, _content.SizeBytes - from);
        piece.Reader.Read(from, piece.Plain.AsSpan(0, length));
        _progress.AddRead(length);
        var read = _progress.AddTime(CopyStage.Source, begun);
        for (var i = 0; i < piece.Count; i++)
        {
            var start = i * _blockSize;
            Prepare(piece, i, piece.Plain.AsSpan(start, Math.Min(_blockSize, length - start)));
        }

        _progress.AddTime(CopyStage.Cpu, read);
    }

    private void Prepare(Piece piece, int i, ReadOnlySpan<byte> plain)
    {
        var block = piece.First + i;
        if (BlockSize.IsZero(plain))
        {
            if (!piece.Parents[i].IsEmpty)
            {
                piece.Batch.Clear(block);
            }

            return;
        }

        var digest = Digest.Of(plain);
        if (digest == piece.Parents[i].Digest)
        {
            return;
        }

        if (_disk.Point.Adoption.TryTake(digest, out var name))
        {
            piece.Batch.Adopt(block, digest, name);
            _progress.AddReused(plain.Length);
            return;
        }

        RecordMaker.Store(piece.Batch, piece.Codec, _disk.Point, block, digest, plain);
    }

    private void Commit(Piece piece)
    {
        _disk.Clear(piece.HoleFrom, piece.First);
        piece.AddedBytes = _disk.Commit(piece.Batch, out var blocks);
        piece.AddedBlocks = blocks;
    }

    private void Write(Piece piece)
    {
        var waiting = _progress.Now();
        _options.Throttle.Take(piece.AddedBytes, _cancellation);
        var writing = _progress.AddTime(CopyStage.Limit, waiting);
        _disk.Write(piece.Batch);
        _progress.AddTime(CopyStage.Target, writing);
        _progress.AddStored(piece.AddedBytes, piece.AddedBlocks);
        _progress.AddDone((long)piece.Count * _blockSize);
    }

    private sealed class Piece(IContentReader reader, int plainBytes, int slotBytes, int blocks) : IDisposable
    {
        public IContentReader Reader { get; } = reader;

        public byte[] Plain { get; } = ArrayPool<byte>.Shared.Rent(plainBytes);

        public MapEntry[] Parents { get; } = new MapEntry[blocks];

        public BlockBatch Batch { get; } = new(slotBytes);

        public BlockCodec Codec { get; } = new();

        public long HoleFrom { get; set; }

        public long First { get; set; }

        public int Count { get; set; }

        public long AddedBytes { get; set; }

        public int AddedBlocks { get; set; }

        public void Dispose()
        {
            Reader.Dispose();
            Codec.Dispose();
            Batch.Dispose();
            ArrayPool<byte>.Shared.Return(Plain);
        }
    }
}
