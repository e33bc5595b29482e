using BackupCopy.Chains;
using BackupCopy.Storage;

namespace BackupCopy.Running;

/// <summary>
/// Asks the long readers of some points to give way, until disposed. A wish is a lock of its own, so it is
/// gone with the process that had it.
/// </summary>
internal sealed class Wishes : IDisposable
{
    private readonly List<(Chain Chain, string Stem)> _points;
    private readonly List<HeldLock> _held = [];

    public Wishes(IReadOnlyList<Chain> chains, IReadOnlyList<BusyPoint> busy)
    {
        _points =
        [
            .. from point in busy.Where(b => b.Stem.Length > 0)
               from chain in chains
               where chain.Repository.Storage.FileExists(
                   Path.Combine(chain.Path, point.Stem + Format.Names.Point))
               select (chain, point.Stem),
        ];
        foreach (var (chain, stem) in _points)
        {
            // Somebody else who waits for the point has asked already.
            const string purpose = "waiting to remove the point";
            if (chain.Locks.TryExclusive(Chain.WishFor(stem), purpose, out _) is { } wish)
            {
                _held.Add(wish);
            }
        }
    }

    /// <summary>Whether every point can be had now.</summary>
    public bool AreFree => _points.Count > 0 && _points.TrueForAll(p => !p.Chain.Locks.IsHeld(p.Stem));

    public void Dispose()
    {
        _held.ForEach(h => h.Dispose());
        foreach (var (chain, stem) in _points)
        {
            chain.Locks.Forget([Chain.WishFor(stem)]);
        }
    }
}
