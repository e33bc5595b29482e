using BackupCopy.Chains;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// Reads the chosen data records in the order in which they lie on the storage and verifies each, by its
/// checksum, by what the maps say of it and, in full, by its content. Ends at the end, at the part that was
/// asked for, or when somebody waits to remove a point; in each case the position tells how far it came.
/// </summary>
internal sealed class BlockCheck
{
    /// <summary>Small enough to stay in a core's cache from reading to digesting.</summary>
    public const int PieceBytes = 1 << 20;

    // One worker's turn: workers wait for each other's turns to end in order, so those are not too short.
    private const int TurnBytes = 4 << 20;

    // A look for wishes costs so much for each point as reading some of these bytes.
    private const long BytesBetweenLooksAtAPoint = 1 << 20;

    private readonly Chain _chain;
    private readonly CheckRequest _request;
    private readonly CheckSelection _selection;
    private readonly CheckLocks _locks;
    private readonly RecordStore _store;
    private readonly BlockOrder _order;
    private readonly ExpectedBlocks _expected;
    private readonly List<BadBlock> _bad = [];
    private readonly long _partBytes;
    private int _next;
    private long _handedOutBytes;
    private long _unlookedBytes;

    public BlockCheck(
        Chain chain, CheckRequest request, CheckSelection selection, CheckLocks locks, RecordStore store,
        BlockOrder order, ExpectedBlocks expected, ReadPosition from)
    {
        _chain = chain;
        _request = request;
        _selection = selection;
        _locks = locks;
        _store = store;
        _order = order;
        _expected = expected;
        Position = from;
        _partBytes = request.Scope == CheckScope.Percent
            ? Math.Min(
                order.BytesBehind,
                (long)Math.Ceiling(order.TotalBytes * Math.Clamp(request.Percent, 0, 100) / 100))
            : order.BytesBehind;
    }

    public IReadOnlyList<BadBlock> Bad => _bad;

    /// <summary>How many bad records there were beyond those that are kept.</summary>
    public long MoreBad { get; private set; }

    /// <summary>The last place up to which all was read.</summary>
    public ReadPosition Position { get; private set; }

    public long CheckedBytes { get; private set; }

    public long CheckedBlocks { get; private set; }

    public bool GaveWay { get; private set; }

    /// <summary>Whether nothing lies behind the position any more.</summary>
    public bool IsAtEnd { get; private set; }

    private bool IsPartDone =>
        _request.Scope == CheckScope.Percent && _handedOutBytes >= Math.Max(1, _partBytes);

    public async Task RunAsync(CancellationToken cancellation)
    {
        _request.Progress?.Invoke(0, _partBytes);
        while (!GaveWay)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!_order.Fill(Position))
            {
                IsAtEnd = true;
                return;
            }

            if (IsPartDone)
            {
                return;
            }

            _expected.Fill(_store, _selection.Points, _order.Slots, cancellation);
            _next = 0;
            var machine = _selection.Points[0].MachineId;
            await new OrderedWorkers<BlockReader>
            {
                Create = () => new BlockReader(_chain, _store, machine, _request.Depth, _expected),
                Next = TryTake,
                Prepare = turn => turn.Check(bytes => _request.Take(bytes, cancellation)),
                Commit = Commit,
                Write = _ => { },
            }.RunAsync(_request.Workers, cancellation);
        }
    }

    // The next records. One thread at a time.
    private bool TryTake(BlockReader turn)
    {
        var slots = _order.Slots;
        if (_next >= slots.Count || IsPartDone || IsWanted())
        {
            return false;
        }

        var first = _next;
        long bytes = slots[_next++].Place.SlotLength;
        while (_next < slots.Count && bytes + slots[_next].Place.SlotLength <= TurnBytes
            && !(_request.Scope == CheckScope.Percent && _handedOutBytes + bytes >= _partBytes))
        {
            bytes += slots[_next++].Place.SlotLength;
        }

        _handedOutBytes += bytes;
        _unlookedBytes += bytes;
        turn.Begin(slots, first, _next - first, bytes);
        return true;
    }

    private bool IsWanted()
    {
        if (_unlookedBytes >= BytesBetweenLooksAtAPoint * _locks.Points.Count)
        {
            _unlookedBytes = 0;
            GaveWay = _locks.IsAnyWanted;
        }

        return GaveWay;
    }

    private void Commit(BlockReader turn)
    {
        foreach (var bad in turn.Bad)
        {
            if (_bad.Count < HealthFile.MostDamage)
            {
                _bad.Add(bad);
            }
            else
            {
                MoreBad++;
            }
        }

        Position = ReadPosition.Of(turn.Slots[turn.First + turn.Count - 1].Place);
        CheckedBytes += turn.Bytes;
        CheckedBlocks += turn.Count;
        _request.Progress?.Invoke(CheckedBytes, _partBytes);
    }
}
