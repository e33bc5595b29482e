using BackupCopy.Blocks;
using BackupCopy.Format;

namespace BackupCopy.Chains.Compacting;

/// <summary>
/// Writes the records of one segment into a new file: read and verified side by side, given their places in
/// order, written side by side.
/// </summary>
internal sealed class SegmentMove
{
    private const long WritebackStepBytes = 32L << 20;

    private readonly Chain _chain;
    private readonly CompactRequest _request;
    private readonly Segment _segment;
    private readonly RecordStore _store;
    private readonly MovedRecords _to;
    private readonly Guid _machine;
    private readonly Compression? _wanted;
    private readonly Lock _gate = new();
    private int _next;
    private uint _ordinal;
    private long _writebackFrom;

    public SegmentMove(
        Chain chain, CompactRequest request, Segment segment, RecordStore store, MovedRecords to,
        Guid machine)
    {
        _chain = chain;
        _request = request;
        _segment = segment;
        _store = store;
        _to = to;
        _machine = machine;
        _wanted = segment.Kind == BlockFileKind.Data ? request.Compression : null;
        Moves = new RecordMoves(chain);
    }

    public RecordMoves Moves { get; }

    /// <summary>Told of a record that does not verify and stays where it is.</summary>
    public required Action<StateRecord, string> OnDamage { get; init; }

    /// <summary>Told of bytes written, from any thread.</summary>
    public required Action<long> OnWritten { get; init; }

    public Task RunAsync(CancellationToken cancellation) => new OrderedWorkers<MovePiece>
    {
        Create = () => new MovePiece(_store, _to.Alignment, _wanted),
        Next = Next,
        Prepare = piece => piece.Prepare(),
        Commit = Commit,
        Write = piece => Write(piece, cancellation),
    }.RunAsync(_request.Workers, cancellation);

    private bool Next(MovePiece piece)
    {
        piece.Records.Clear();
        var bytes = 0;
        for (; _next < _segment.Records.Count; _next++)
        {
            var record = _segment.Records[_next];
            var room = MovePiece.Room(record, _to.Alignment, _wanted);
            if (piece.Records.Count > 0 && bytes + room > MovePiece.Bytes)
            {
                break;
            }

            piece.Records.Add(record);
            bytes += room;
        }

        return piece.Records.Count > 0;
    }

    private void Commit(MovePiece piece)
    {
        piece.Damaged.ForEach(d => OnDamage(d.Record, d.Reason));
        for (var i = 0; i < piece.Slots.Count; i++)
        {
            var slot = piece.Slots[i];
            slot = slot with
            {
                To = _to.Reserve(slot.Slot.Count),
                Ordinal = slot.Fresh is null ? 0 : _ordinal++,
            };
            piece.Slots[i] = slot;
            Moves.Add(slot.Record.Name, slot.Record.Place, slot.To);
        }
    }

    private void Write(MovePiece piece, CancellationToken cancellation)
    {
        if (piece.Slots.Count == 0)
        {
            return;
        }

        Finish(piece);
        _request.Take(piece.Slots.Sum(s => (long)s.Slot.Count), cancellation);
        for (var first = 0; first < piece.Slots.Count;)
        {
            // Their places follow each other as they come; their bytes where no slot was left out between.
            var (slot, length) = (piece.Slots[first].Slot, piece.Slots[first].Slot.Count);
            var next = first + 1;
            while (next < piece.Slots.Count && piece.Slots[next].Slot is var other
                && other.Array == slot.Array && other.Offset == slot.Offset + length)
            {
                length += other.Count;
                next++;
            }

            _to.Write(piece.Slots[first].To, slot.Array.AsSpan(slot.Offset, length));
            OnWritten(length);
            first = next;
        }

        StartWriteback();
    }

    private void Finish(MovePiece piece)
    {
        var key = _chain.Repository.Key;
        using var seal = key.IsEmpty || piece.Slots.TrueForAll(s => s.Fresh is null)
            ? null : new Seal(key.Span, _to.FileId, SealKind.DataFile);
        foreach (var slot in piece.Slots)
        {
            if (slot.Fresh is { } header)
            {
                Record.Finish(
                    slot.Slot, header with { OriginFileId = _to.FileId, OriginOrdinal = slot.Ordinal }, seal,
                    _machine);
            }
        }
    }

    // Starting the disk early keeps the flush at the end short.
    private void StartWriteback()
    {
        long from, to;
        lock (_gate)
        {
            from = _writebackFrom;
            to = _to.End - from >= WritebackStepBytes ? _to.End : from;
            _writebackFrom = to;
        }

        if (to > from)
        {
            _to.StartWriteback(from, to - from);
        }
    }
}
