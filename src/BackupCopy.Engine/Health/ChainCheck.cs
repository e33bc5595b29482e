using System.Runtime.ExceptionServices;
using BackupCopy.Chains;
using BackupCopy.Chains.Removal;
using BackupCopy.Format;

namespace BackupCopy.Health;

/// <summary>
/// Verifies one chain: its files, the maps of all points with the promises they prove, and the blocks of the
/// chosen points. Changes nothing but the chain's memory of its health. A storage that is away is an error;
/// what cannot be read or does not verify on one that is there is damage, and the check goes on beside it.
/// </summary>
internal sealed class ChainCheck
{
    private readonly Chain _chain;
    private readonly CheckRequest _request;
    private readonly CheckLocks _locks;
    private readonly CheckSelection _selection;
    private readonly HealthFile _memory;
    private readonly ExpectedBlocks _expected = new();
    private readonly List<ChainDamage> _found = [];
    private readonly long _begun = TimeProvider.System.GetTimestamp();
    private MapCheck? _maps;
    private BlockCheck? _blocks;
    private BlockOrder? _order;
    private RecordSet? _chosen;
    private bool _hasMore;
    private bool _isStopped;

    private ChainCheck(Chain chain, CheckRequest request, CheckLocks locks)
    {
        _chain = chain;
        _request = request;
        _locks = locks;
        _selection = CheckSelection.Of(request, chain, locks.Points, locks.Files);
        _memory = ChainMemory.Read(chain);
    }

    /// <summary>
    /// Ends early, with its position kept, when somebody waits to remove one of the points; so it does when
    /// it is cancelled, and then throws.
    /// </summary>
    public static Task<CheckOutcome> RunAsync(
        Chain chain, CheckRequest request, CancellationToken cancellation) => Task.Run(
        async () =>
        {
            using var locks = CheckLocks.Take(chain);
            return await new ChainCheck(chain, request, locks).RunAsync(cancellation);
        },
        CancellationToken.None);

    private CheckPosition? Resumed =>
        _memory.Position is { } position && position.Scope == _selection.Scope
            && position.Depth == _request.Depth.ToString()
            ? position : null;

    private ReadPosition From => Resumed is { } position
        ? new ReadPosition(position.File, position.Offset) : ReadPosition.Front;

    private DateTime SinceUtc => Resumed?.SinceUtc ?? _request.NowUtc;

    private bool IsAtEnd => _blocks?.IsAtEnd ?? false;

    private bool GaveWay => _maps is { GaveWay: true } || _blocks is { GaveWay: true };

    // A part that was asked for and read is all of such a check.
    private bool IsComplete => IsAtEnd
        || (_request.Scope == CheckScope.Percent && _blocks is { GaveWay: false } && !_isStopped);

    private async Task<CheckOutcome> RunAsync(CancellationToken cancellation)
    {
        using var store = _chain.OpenStore(_locks.Files.Count > 0 ? _locks.Files[^1].MachineId : default);
        try
        {
            await CheckAsync(store, cancellation);
        }
        catch (Exception error) when (error is OperationCanceledException or BackupCopyException)
        {
            _isStopped = true;
            KeepAfter(store, error);
            throw;
        }

        Locate(store, cancellation: default);
        Keep();
        return new CheckOutcome
        {
            Damage = _found,
            HasMoreDamage = _hasMore,
            Points = IsAtEnd ? Whole() : [],
            CheckedBytes = _blocks?.CheckedBytes ?? 0,
            CheckedBlocks = _blocks?.CheckedBlocks ?? 0,
            TotalBytes = _order?.TotalBytes ?? 0,
            Mark = _maps?.Proof,
            GaveWay = GaveWay,
            IsComplete = IsComplete,
        };
    }

    private async Task CheckAsync(RecordStore store, CancellationToken cancellation)
    {
        var files = _locks.Files;
        _found.AddRange(PointFilesCheck.Run(_chain, _locks.Points));
        _found.AddRange(BlockFilesCheck.Run(_chain, files, cancellation));
        var canProve = !_found.Exists(
            d => d.Kind == HealthFindingKind.DamagedIndex) && _locks.Points.All(p => p.File is not null);
        _maps = MapCheck.Run(_chain, files, store, _locks, _expected, cancellation);
        if (_maps.GaveWay)
        {
            return;
        }

        if (canProve && _maps.Bad.Count == 0)
        {
            _found.AddRange(_maps.Prove());
        }

        _chosen = Chosen(store);
        _order = new BlockOrder(_chain, _chosen, From);
        var blocks = new BlockCheck(
            _chain, _request, _selection, _locks, store, _order, _expected, From);
        _blocks = blocks;
        await blocks.RunAsync(cancellation);
    }

    // What all points use is known from the walk over their maps, where that found nothing wrong.
    private RecordSet Chosen(RecordStore store)
    {
        if (_maps is not { Bad.Count: 0, Proof.Violations.Count: 0 }
            || _selection.Points.Count < _locks.Files.Count)
        {
            return _selection.Records(store);
        }

        var chosen = new RecordSet();
        foreach (var file in _locks.Files.SelectMany(f => f.BlockFiles)
            .Where(f => f.Kind == BlockFileKind.Data).DistinctBy(f => f.Number))
        {
            chosen.AddAll(_maps.Used, file.Number);
        }

        return chosen;
    }

    /// <summary>Adds what is bad in maps and blocks, with all that the maps tell of it.</summary>
    private void Locate(RecordStore store, CancellationToken cancellation)
    {
        if (_maps is null)
        {
            return;
        }

        var lost = _order?.Placeless.Select(
            p => new BadBlock(p.Name, store.PathOf(p.Name.File), -1, default, p.Message)) ?? [];
        List<BadBlock> bad = [.. _blocks?.Bad ?? [], .. lost];
        _found.AddRange(DamageLocator.Run(_chain, store, _locks.Files, bad, _maps.Bad, cancellation));
        _found.AddRange(_expected.Disagreements.Select(_maps.Broken));
        _hasMore = _blocks is { MoreBad: > 0 } || _maps.Bad.Count > HealthFile.MostDamage;
    }

    // What was found so far and the position are worth keeping, as far as the storage is still there.
    private void KeepAfter(RecordStore store, Exception error)
    {
        try
        {
            Locate(store, cancellation: default);
            Keep();
        }
        catch (BackupCopyException)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    /// <summary>The chosen points of which nothing stayed unread.</summary>
    private List<long> Whole()
    {
        var unread = _found
            .Where(d => d.Kind is HealthFindingKind.DamagedMap or HealthFindingKind.DamagedIndex)
            .SelectMany(d => d.AffectedPoints).ToHashSet();
        return [.. _selection.Points.Select(p => p.Sequence).Where(s => !unread.Contains(s))];
    }

    private void Keep()
    {
        var end = _request.NowUtc + TimeProvider.System.GetElapsedTime(_begun);
        var depth = _request.Depth.ToString();
        var position = _blocks is null || _blocks.Position == ReadPosition.Front ? _memory.Position
            : IsAtEnd ? (Resumed is null ? _memory.Position : null)
            : new CheckPosition(
                _blocks.Position.File, _blocks.Position.Offset, depth, _selection.Scope, SinceUtc);
        var damage = KnownFrom.Merge(
            _chain, _memory, _found, _locks.Points,
            new CheckedPart(
                _maps is { GaveWay: false } && _chosen is not null,
                _maps is { Bad.Count: 0, GaveWay: false } ? _maps.Used : null, _chosen, From,
                IsAtEnd ? ReadPosition.End : _blocks?.Position ?? From));
        ChainMemory.Write(_chain, ChainMemory.Counted(_memory with
        {
            Last = new LastCheck(
                _request.NowUtc, end, depth, _request.Scope.ToString(), _blocks?.CheckedBytes ?? 0,
                _order?.TotalBytes ?? 0, _found.Count(d => !d.IsHarmless), IsComplete),
            Position = position,
            Points = Verified(depth),
            Damage = [.. damage.Take(HealthFile.MostDamage)],
            HasMoreDamage = _hasMore || damage.Count > HealthFile.MostDamage,
        }));
    }

    private List<VerifiedPoint> Verified(string depth)
    {
        var there = _locks.Points.Select(p => p.Sequence).ToHashSet();
        var now = IsAtEnd ? Whole() : [];
        return
        [
            .. _memory.Points.Where(p => there.Contains(p.Sequence) && !now.Contains(p.Sequence))
                .Concat(now.Select(s => new VerifiedPoint(s, SinceUtc, depth, 0)))
                .OrderBy(p => p.Sequence),
        ];
    }
}
