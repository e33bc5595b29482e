using BackupCopy.Blocks;
using BackupCopy.Chains;
using BackupCopy.Health;
using BackupCopy.Jobs;
using BackupCopy.Running.Upkeep;

namespace BackupCopy.Running.Transferring;

/// <summary>
/// Where the blocks of a source come from that do not verify there: the machine's chains in the job's
/// sources, the damaged one included since another of its points may hold the same content, then its copies
/// in the target. Looked for when the first one is asked for: a healthy source costs nothing.
/// </summary>
internal sealed class OtherHolders : IDisposable
{
    private readonly PhaseContext _context;
    private readonly CandidatePoint _point;
    private readonly Chain _target;
    private readonly Func<bool> _isCutOff;
    private readonly CancellationToken _cancellation;
    private readonly Lock _gate = new();
    private readonly SortedSet<string> _givers = new(StringComparer.Ordinal);
    private HolderSearch? _search;

    /// <param name="isCutOff">Whether a repository is away: then it is waited for, not replaced.</param>
    public OtherHolders(
        PhaseContext context, CandidatePoint point, Chain target, Func<bool> isCutOff,
        CancellationToken cancellation)
    {
        _context = context;
        _point = point;
        _target = target;
        _isCutOff = isCutOff;
        _cancellation = cancellation;
    }

    /// <summary>Those that gave something.</summary>
    public IReadOnlyCollection<string> Givers => _givers;

    /// <param name="blockSizeBytes">That of the source point.</param>
    public bool TryGive(Guid diskId, long block, Digest digest, int blockSizeBytes, Span<byte> plain)
    {
        // The workers of a copy ask at once, the search is for one at a time.
        lock (_gate)
        {
            if (_isCutOff())
            {
                return false;
            }

            _search ??= new HolderSearch(Holders(), _cancellation);
            var wish = new BlockWish(digest, diskId, block, blockSizeBytes, plain.Length);
            if (!_search.TryFetch(wish, plain, out var from))
            {
                return false;
            }

            _givers.Add(from);
            return true;
        }
    }

    public void Dispose() => _search?.Dispose();

    private List<Holder> Holders()
    {
        var repository = _context.Target.Repository;
        var name = _context.Engine.Repository(_context.Job.TargetRepositoryId).Name;
        return
        [
            .. HolderFinder.Of(
                _context.Engine, _context.Job, repository, _target, _point.MachineId, _point.Machine),
            new Holder($"the copies in {name}", _target),
        ];
    }
}
