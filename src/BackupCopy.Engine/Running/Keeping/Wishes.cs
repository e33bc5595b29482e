using BackupCopy.Chains;
using BackupCopy.Storage;

namespace BackupCopy.Running.Keeping;

/// <summary>
/// Asks the long readers of some points to give way, until disposed. A wish is a lock of its own, so it is
/// gone with the process that had it. The writer of a chain is not asked: it ends by itself.
/// </summary>
internal sealed class Wishes : IDisposable
{
    private const string Purpose = "waiting to remove the point";

    private readonly IReadOnlyList<(Chain Chain, BusyPoint Point)> _busy;
    private readonly List<(Chain Chain, HeldLock Lock)> _held = [];

    public Wishes(IReadOnlyList<(Chain Chain, BusyPoint Point)> busy)
    {
        _busy = busy;
        foreach (var (chain, point) in _busy.Where(b => b.Point.Stem.Length > 0))
        {
            try
            {
                // Somebody else who waits for the point has asked already.
                if (chain.Locks.TryExclusive(Chain.WishFor(point.Stem), Purpose, out _) is { } wish)
                {
                    _held.Add((chain, wish));
                }
            }
            catch (BackupCopyException)
            {
                // No room for a lock file, or no right to make one: the reader is waited for unasked.
            }
        }
    }

    /// <summary>Whether any of them can be had now.</summary>
    public bool IsAnyFree => _busy.Any(
        b => b.Point.Stem.Length > 0
            ? !b.Chain.Locks.IsHeld(b.Point.Stem)
            : !b.Chain.IsBeingWritten(out _));

    public void Dispose()
    {
        foreach (var (chain, wish) in _held)
        {
            chain.Locks.DisposeAndForget(wish);
        }

        _held.Clear();
    }
}
