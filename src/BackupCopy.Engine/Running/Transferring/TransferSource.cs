using BackupCopy.Chains;
using BackupCopy.Copying;
using BackupCopy.Format;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Transferring;

/// <summary>The source point of a transfer, open for one attempt.</summary>
internal abstract class TransferSource : IDisposable
{
    /// <summary>What was opened: the newest point where the chosen one has gone.</summary>
    public abstract CandidatePoint Point { get; }

    /// <summary>What the copy remembers of it.</summary>
    public abstract PointOrigin Origin { get; }

    /// <summary>Whether somebody waits to remove it.</summary>
    public virtual bool IsWanted => false;

    /// <summary>Who gave the blocks that it did not have any more.</summary>
    public virtual IReadOnlyCollection<string> Givers => [];

    /// <summary>Makes the point in the target's chain.</summary>
    public abstract Task<PointFile> CopyAsync(
        Chain target, AppendRequest request, CopyOptions options, CopyProgress progress,
        CancellationToken cancellation);

    public virtual void Dispose() => GC.SuppressFinalize(this);
}
