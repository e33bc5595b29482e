using BackupCopy.Chains;
using BackupCopy.Format;
using BackupCopy.Storage;

namespace BackupCopy.Health;

/// <summary>
/// What a health check holds: every point of the chain as a reader, so that nothing is released while it
/// looks, and a lock of its own, so that two checks of one chain come one after the other. A read-only
/// repository has no locks.
/// </summary>
internal sealed class CheckLocks : IDisposable
{
    private const string Purpose = "checking the chain";
    private const string OwnLock = "health";

    private readonly List<PointReader> _readers = [];
    private readonly HeldLock? _own;

    private CheckLocks(HeldLock? own) => _own = own;

    /// <summary>
    /// All points, those included that cannot be opened; without those that went meanwhile.
    /// </summary>
    public IReadOnlyList<ChainPoint> Points { get; private set; } = [];

    /// <summary>The point files that can be read, by sequence.</summary>
    public IReadOnlyList<PointFile> Files => [.. _readers.Select(r => r.Point)];

    public static CheckLocks Take(Chain chain)
    {
        var locks = new CheckLocks(TakeOwn(chain));
        try
        {
            locks.Points = [.. chain.Points().Where(p => p.File is null || locks.TryOpen(chain, p))];
            return locks;
        }
        catch
        {
            locks.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether somebody waits to remove one of the points. A look at each of them: to be asked the more
    /// seldom the more points there are.
    /// </summary>
    public bool IsAnyWanted => _readers.Exists(r => r.IsWanted);

    public void Dispose()
    {
        _readers.ForEach(r => r.Dispose());
        _own?.Dispose();
    }

    private bool TryOpen(Chain chain, ChainPoint point)
    {
        try
        {
            _readers.Add(chain.OpenPoint(point, Purpose));
            return true;
        }
        catch (BackupCopyException error) when (error.Code is ErrorCode.PointGone or ErrorCode.PointLocked)
        {
            return false;
        }
    }

    private static HeldLock? TakeOwn(Chain chain)
    {
        if (chain.Repository.IsReadOnly)
        {
            return null;
        }

        try
        {
            return chain.Locks.TryExclusive(OwnLock, Purpose, out var holder)
                ?? throw new BackupCopyException(
                    ErrorCode.ChainLocked,
                    $"{chain.Path} is being checked by {holder?.ToString() ?? "another process"}.",
                    "Wait until that check has ended, or stop it; then run the command again.");
        }
        catch (BackupCopyException error) when (error.Code == ErrorCode.TargetFull)
        {
            // No room for a lock file: a full repository can still be checked.
            return null;
        }
    }
}
